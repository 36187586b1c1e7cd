"""Which format a file has: its name says it, or, where that is not enough, its beginning."""

import re
from typing import Literal, get_args

from crossaisle.loaders.rows import LoadError

Format = Literal[
    "csv",
    "tsv",
    "jsonl",
    "merchant",
    "schema-org",
    "shopify",
    "ga4-events",
    "ga4-items",
    "recbole",
    "triples",
]
FORMATS: tuple[str, ...] = get_args(Format)
"""The formats of a mapping's ``format``. ``csv`` finds its delimiter; ``triples`` are lines of
three names parted by blanks or tabs, without header."""

_ENDINGS = {
    "schema-org": (".jsonld", ".ttl", ".nt", ".rdf", ".html", ".htm"),
    "recbole": (".inter", ".item", ".user", ".kg", ".link"),
    "tsv": (".tsv", ".tab"),
    "csv": (".csv", ".txt", ".data", ".dat"),
    "jsonl": (".jsonl", ".ndjson"),
}
_COMPRESSIONS = (".gz", ".zst", ".zstd")
_BEGINNING = 20_000


def bare(name: str) -> str:
    """Return a file's name in lower case, without what says its compression."""
    name = name.lower()
    for compression in _COMPRESSIONS:
        name = name.removesuffix(compression)
    return name


def format_of(name: str, content: bytes) -> str:
    """Return the format of a file.

    Raises:
        LoadError: neither its name nor its beginning says it.
    """
    plain = bare(name)
    for form, endings in _ENDINGS.items():
        if plain.endswith(endings):
            return "jsonl" if form == "csv" and _is_json(content) else form
    start = content[:_BEGINNING].lstrip()
    if plain.endswith(".xml") or (name == "standard input" and start.startswith(b"<")):
        return (
            "schema-org"
            if re.search(rb"<(\w+:)?RDF\b|(?i:<!doctype html|<html)", start)
            else "merchant"
        )
    if plain.endswith(".json") or (name == "standard input" and _is_json(start)):
        return "schema-org" if b'"@type"' in start or b'"@graph"' in start else "jsonl"
    if name == "standard input":
        return "csv"
    raise LoadError(
        f"{name}: unknown format; files end in .csv, .tsv, .txt, .jsonl, .ndjson, .json, .xml, "
        ".jsonld, .ttl, .nt, .rdf, .html, .inter, .item, .user, .kg, .link, all of them also in "
        ".gz, .zst or .zip, or in .parquet; or say `format` in the mapping"
    )


def _is_json(content: bytes) -> bool:
    """Whether a text begins as a JSON object or an array of them."""
    return re.match(rb'\s*(\[\s*)?\{\s*["\'}]', content[:1000]) is not None
