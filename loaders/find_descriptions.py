"""Attribute values in descriptions: believed less than titles, and only where a title is silent."""

from collections.abc import Mapping

import polars as pl

from crossaisle.loaders.find_attributes import Value, title_values
from crossaisle.loaders.find_chinese import chinese_values, in_words_of, is_chinese, segment
from crossaisle.loaders.find_values import tasted

TRUST = 0.65
"""Factor on the confidence: a description also speaks of other products, uses and occasions."""

KINDS = ("colour", "material", "pattern", "style", "shape", "flavour", "occasion", "size")
"""What is looked for; motifs, ages and numbers in running text are mostly about something else."""

LONGEST = 1000
"""Characters that are read: what comes later is about the shop."""

MANY = 3
"""A text with more values of one kind lists what else there is, and says nothing of this one."""


def described(
    products: pl.DataFrame, paths: Mapping[str, str], known: pl.DataFrame, *, in_chinese: bool
) -> pl.DataFrame:
    """Find attribute values in descriptions, of kinds that the product's title does not give.

    Args:
        products: ``id`` and ``description``.
        paths: the category of each product, "" for none.
        known: the attributes from titles: ``id``, ``kind`` and more.
        in_chinese: whether values of Chinese texts are written in Chinese.

    Returns:
        A frame like ``known``, with source "description".
    """
    rows = []
    for key, text in products.select("id", "description").drop_nulls().iter_rows():
        found = [one for one in _values(text[:LONGEST], paths[key]) if one.kind in KINDS]
        counts = {kind: sum(one.kind == kind for one in found) for kind in KINDS}
        han = in_chinese and is_chinese(text)
        rows += [
            (
                key,
                one.kind,
                in_words_of(han, one.kind, one.value),
                TRUST * one.confidence,
                "description",
            )
            for one in found
            if counts[one.kind] <= MANY
        ]
    table = pl.DataFrame(rows, schema=known.schema, orient="row")
    return table.join(known, on=["id", "kind"], how="anti", maintain_order="left")


def _values(text: str, path: str) -> list[Value]:
    edible = path in tasted()
    if is_chinese(text):
        return chinese_values(text, segment(text), edible=edible)
    return title_values(text, edible=edible)
