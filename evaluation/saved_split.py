"""A split on disk: ``split.json`` and Parquet tables, tied to one graph by a fingerprint."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from crossaisle.evaluation.hiding import ANY, Held, SplitError
from crossaisle.graph import Graph

CASES, HIDDEN, COLD = "cases.parquet", "hidden_events.parquet", "cold_products.parquet"
GIVEN = "given_histories.parquet"


def fingerprint(graph: Graph) -> str:
    """SHA-256 over ids and aisles of products, ids of customers, and the log's rows and order.

    Titles, attributes and categories may change and a split still fits: it names events only.
    """
    digest = hashlib.sha256()
    for words in (graph.products["id"], graph.products["aisle"], graph.customers["id"]):
        digest.update("\x00".join(words.fill_null("\x01").to_list()).encode())
        digest.update(b"\x02")
    for frame in (graph.bought, graph.contains):
        for name in ("head", "tail", "time", "position"):
            if name in frame.columns:
                numbers = frame[name].cast(pl.Int64 if name != "position" else pl.Float64)
                digest.update(numbers.fill_null(-1).to_numpy().tobytes())
        digest.update(b"\x02")
    return digest.hexdigest()


def write_held(
    folder: Path, head: Mapping[str, Any], folds: Mapping[str, Held], graph: Graph
) -> None:
    """Write what the folds hide. Cases are written with ids, for people; events as rows."""
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[int, str | None] = {ANY: None, **dict(enumerate(graph.aisles))}
    cases, events, cold, given = [], [], [], []
    for fold, held in folds.items():
        cases.append(
            held.cases.select(
                pl.lit(fold).alias("fold"),
                graph.customers["id"].gather(held.cases["user"]).alias("user"),
                pl.col("aisle").replace_strict(names, return_dtype=pl.String),
                graph.products["id"].gather(held.cases["product"]).alias("product"),
            )
        )
        for table in ("bought", "contains"):
            rows = pl.Series("row", np.flatnonzero(getattr(held, table)), dtype=pl.Int64)
            events.append(
                rows.to_frame().select(
                    pl.lit(fold).alias("fold"), pl.lit(table).alias("table"), "row"
                )
            )
        if held.cold is not None:
            products = graph.products["id"].gather(held.cold).alias("product")
            cold.append(products.to_frame().select(pl.lit(fold).alias("fold"), "product"))
        if held.given is not None:
            given.append(
                held.given.select(
                    pl.lit(fold).alias("fold"),
                    graph.customers["id"].gather(held.given["user"]).alias("user"),
                    "size",
                    graph.products["id"].gather(held.given["product"]).alias("product"),
                )
            )
    pl.concat(cases).write_parquet(folder / CASES)
    pl.concat(events).write_parquet(folder / HIDDEN)
    if cold:
        pl.concat(cold).write_parquet(folder / COLD)
    if given:
        pl.concat(given).write_parquet(folder / GIVEN)
    # Last: a folder without split.json is not yet a split.
    mixed = any(held.mixed for held in folds.values())
    more = {"cold": bool(cold), "given": bool(given), "mixed": mixed}
    (folder / "split.json").write_text(json.dumps(dict(head) | more, indent=2))


def read_held(folder: Path, graph: Graph) -> tuple[dict[str, Any], dict[str, Held]]:
    """Read :func:`write_held`'s folder back for the same graph.

    Raises:
        SplitError: no split there, damaged, or made of another graph.
    """
    try:
        head: dict[str, Any] = json.loads((folder / "split.json").read_text())
        mark = head["fingerprint"]
        cases, events = pl.read_parquet(folder / CASES), pl.read_parquet(folder / HIDDEN)
        cold = pl.read_parquet(folder / COLD) if head["cold"] else None
        given = pl.read_parquet(folder / GIVEN) if head.get("given") else None
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise SplitError(f"{folder} holds no readable split ({error}): make it anew") from error
    if mark != fingerprint(graph):
        raise SplitError(
            f"the split in {folder} was made of another graph (the log or the products differ):"
            " delete it, or use the graph it was made of"
        )
    return head, {
        fold: Held(
            _cases(cases.filter(pl.col("fold") == fold), graph),
            _mask(events, fold, "bought", graph.bought.height),
            _mask(events, fold, "contains", graph.contains.height),
            None if cold is None else _rows(cold.filter(pl.col("fold") == fold), graph),
            bool(head.get("mixed")),
            None if given is None else _given(given.filter(pl.col("fold") == fold), graph),
        )
        for fold in ("validation", "test")
    }


def _cases(frame: pl.DataFrame, graph: Graph) -> pl.DataFrame:
    users = graph.customers.select(user="id").with_row_index("_user")
    products = graph.products.select(product="id").with_row_index("_product")
    codes = {None: ANY} | {name: code for code, name in enumerate(graph.aisles)}
    return (
        frame.join(users, on="user")
        .join(products, on="product")
        .select(
            user=pl.col("_user"),
            aisle=pl.col("aisle").replace_strict(codes, return_dtype=pl.Int32),
            product=pl.col("_product"),
        )
        .sort("user", "aisle", "product")
    )


def _given(frame: pl.DataFrame, graph: Graph) -> pl.DataFrame:
    users = graph.customers.select(user="id").with_row_index("_user")
    products = graph.products.select(product="id").with_row_index("_product")
    found = frame.join(users, on="user").join(products, on="product")
    named = found.select(user=pl.col("_user"), size="size", product=pl.col("_product"))
    return named.sort("user", "size", "product")


def _mask(events: pl.DataFrame, fold: str, table: str, height: int) -> np.ndarray:
    mask = np.zeros(height, dtype=bool)
    chosen = events.filter(pl.col("fold") == fold, pl.col("table") == table)
    mask[chosen["row"].to_numpy()] = True
    return mask


def _rows(frame: pl.DataFrame, graph: Graph) -> np.ndarray:
    products = graph.products.select(product="id").with_row_index("_product")
    return np.sort(frame.join(products, on="product")["_product"].to_numpy()).astype(np.int64)
