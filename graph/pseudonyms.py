"""Pseudonyms: customers under names that only the holder of a key can lead back to them."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import polars as pl

from crossaisle.graph.graph import Graph, GraphError

SHORTEST_KEY = 16  # bytes: a shorter one can be tried out


def read_key(file: Path) -> bytes:
    """Read the key that a file holds; where there is no file yet, make a key of 256 bits.

    Only its owner can read the file made. Keep it, away from the graph: without it tomorrow's log
    does not join today's, and with it a guess can be tested.

    Raises:
        GraphError: the file cannot be read or made, or holds less than 16 bytes.
    """
    try:
        if not file.exists():
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write(secrets.token_hex(32) + "\n")
        key = file.read_bytes().strip()
    except OSError as error:
        raise GraphError(f"the key of the pseudonyms, {file}: {error.strerror or error}") from None
    _check(key)
    return key


def pseudonym(customer: str, key: bytes) -> str:
    """Return HMAC-SHA256(key, customer), the first 128 bits in hexadecimal.

    The same key gives the same pseudonym, so that tomorrow's events join today's; without the key
    nobody can test a guess, as they could against a plain hash of a customer number.
    """
    return hmac.new(key, customer.encode(), hashlib.sha256).hexdigest()[:32]


def with_pseudonyms(graph: Graph, key: bytes) -> Graph:
    """Return the graph with a pseudonym in place of each customer's id, and without their texts.

    Baskets and everything about products stay as they are.

    Raises:
        GraphError: the key is shorter than 16 bytes.
    """
    _check(key)
    names = {one: pseudonym(one, key) for one in graph.customers["id"]}
    renamed = pl.col("id").replace_strict(names, return_dtype=pl.String)
    text = pl.lit(None, pl.String).alias("text")
    # Rows are sorted by id: the new order of the customers moves their events.
    customers = graph.customers.with_columns(renamed, text).with_row_index("_old").sort("id")
    place = customers.select("_old").with_row_index("_new")
    bought = (
        graph.bought.join(place, left_on="head", right_on="_old", how="left", maintain_order="left")
        .with_columns(head=pl.col("_new"))
        .select(graph.bought.columns)
    )
    bought = bought.sort(bought.columns, maintain_order=True)
    return graph.replace(customers=customers.drop("_old"), bought=bought)


def _check(key: bytes) -> None:
    if len(key) < SHORTEST_KEY:
        raise GraphError(f"the key of the pseudonyms has {len(key)} bytes: take 16 or more")
