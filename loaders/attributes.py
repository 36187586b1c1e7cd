"""Attributes as a feed gives them: columns, named properties, GTIN, the group of variants."""

import json
import re

import polars as pl

from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES
from crossaisle.loaders.mapping import ProductColumns
from crossaisle.loaders.rows import MANY
from crossaisle.loaders.units import quantities
from crossaisle.loaders.values import ids

GROUP = "item group"
GTIN = "gtin"
_KNOWN_AS = {"color": "colour", "age_group": "age group"}  # one kind for one thing, as the finder


def attributes_table(rows: pl.DataFrame, columns: ProductColumns) -> pl.DataFrame:
    """Return the catalogue's attributes that stand in columns.

    Brand, the columns listed (their name in lower case is the kind), what ``properties`` names,
    the GTIN of 14 digits, and what variants of a product share. Quantities are in common units.
    """
    tables = [pl.DataFrame(schema=dict(PRODUCT_ATTRIBUTES))]
    for column in columns.attributes:
        values = ids(rows[column])
        split = columns.attribute_separator
        listed = values.str.split(split) if split else values.reshape((-1, 1)).arr.to_list()
        tables.append(_table(rows["_id"], column, listed))
    single = {"brand": columns.brand, GROUP: columns.group, GTIN: columns.gtin}
    for kind, named in single.items():
        if named:
            values = rows["_gtin"] if kind == GTIN else ids(rows[named])
            tables.append(_table(rows["_id"], kind, values.reshape((-1, 1)).arr.to_list()))
    if columns.properties:
        tables.append(_properties(rows["_id"], rows[columns.properties]))
    return pl.concat(tables).unique(maintain_order=True)


def _table(product: pl.Series, kind: str, values: pl.Series) -> pl.DataFrame:
    return _tidy(
        pl.DataFrame({"product": product, "value": values})
        .explode("value")
        .with_columns(kind=pl.lit(kind))
    )


def _properties(product: pl.Series, column: pl.Series) -> pl.DataFrame:
    text = ids(column)
    read = {one: _pairs(one) for one in text.drop_nulls().unique()}
    found = [
        (key, name, value)
        for key, one in zip(product, text, strict=True)
        if one is not None
        for name, value in read[one]
    ]
    schema = {"product": pl.String, "kind": pl.String, "value": pl.String}
    return _tidy(pl.DataFrame(found, schema=schema, orient="row"))


def _tidy(table: pl.DataFrame) -> pl.DataFrame:
    named = table.with_columns(
        ids(table["kind"]).str.to_lowercase().replace(_KNOWN_AS), ids(table["value"])
    )
    named = named.filter(pl.col("value").is_not_null() & pl.col("kind").is_not_null())
    return named.with_columns(
        quantities(named["value"]), source=pl.lit("feed"), confidence=pl.lit(1.0)
    ).select(*PRODUCT_ATTRIBUTES)


def _pairs(text: str) -> list[tuple[str, str]]:
    """Read named values: JSON (an object, or objects of name and value), or section:name:value."""
    found = []
    for part in text.split(MANY):
        try:
            value = json.loads(part)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict | list):
            found += _of_json(value)
        else:
            for detail in part.split(","):
                names = [name.strip() for name in re.split(r"(?<!\\):", detail)]
                found += [(names[-2], names[-1])] if len(names) > 1 else []
    return [(name, value) for name, value in found if _is_text(name + value)]


def _of_json(value: object) -> list[tuple[str, str]]:
    if isinstance(value, list):
        return [pair for part in value if isinstance(part, dict) for pair in _of_json(part)]
    assert isinstance(value, dict)
    if value.keys() >= {"name", "value"}:
        value = {value["name"]: value["value"]}
    found = []
    for name, said in value.items():
        several = said if isinstance(said, list) else [said]
        texts = [str(one) for one in several if isinstance(one, str | int | float)]
        found += [(str(name), text) for text in texts]
    return found


def _is_text(text: str) -> bool:
    """Whether UTF-8 can hold it: JSON can name half of a surrogate pair."""
    return text.isascii() or not re.search("[\ud800-\udfff]", text)
