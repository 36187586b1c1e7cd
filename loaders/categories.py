"""Categories as a feed writes them, and the aisles that a category tree makes."""

import polars as pl

from crossaisle.graph.catalogue import PRODUCT_CATEGORIES
from crossaisle.loaders.mapping import ProductColumns
from crossaisle.loaders.values import ids

ORDERED = 0.8
"""A list of names is a path when, for this share of the names' uses, the name before is the one
that most often stands before it."""

SMALL = 25
"""An aisle derived from categories that has fewer products (or 1 % of them, if that is less)
joins the aisle above it; one that is small even then is none."""


def categories_table(rows: pl.DataFrame, columns: ProductColumns) -> tuple[pl.DataFrame, str]:
    """Split the category column: (table of the catalogue, a note on how it was understood).

    A path ("Home > Kitchen > Mugs") becomes one category with its ancestors. A set of names in
    no order ("Beauty|Face|Makeup" beside "Beauty|Makeup|Nails") becomes one category a name.
    """
    separator = columns.category_separator
    if len(columns.category) > 1:  # a level in each column
        levels = pl.concat_list(ids(rows[name]) for name in columns.category).list.drop_nulls()
        parts = rows.select(product="_id", path=levels)
    else:
        values = ids(rows[columns.category[0]])
        between = columns.category_alternatives
        listed = values.str.split(between) if between else values.reshape((-1, 1)).arr.to_list()
        parts = pl.DataFrame({"product": rows["_id"], "path": listed}).explode("path")
        parts = parts.with_columns(pl.col("path").str.split(separator))
    parts = parts.filter(pl.col("path").is_not_null()).with_columns(
        pl.col("path").list.eval(pl.element().str.strip_chars().filter(pl.element() != ""))
    )
    parts = parts.filter(pl.col("path").list.len() > 0)
    order = columns.category_order
    if order == "auto":
        order = "path" if is_ordered(parts["path"]) else "set"
    if order == "set":
        parts = parts.explode("path").with_columns(pl.col("path").reshape((-1, 1)).arr.to_list())
    table = (
        parts.unique(maintain_order=True)
        .with_columns(source=pl.lit("feed"), confidence=pl.lit(1.0))
        .select(*PRODUCT_CATEGORIES)
    )
    meaning = "paths from wide to narrow" if order == "path" else "sets of names in no order"
    return table, f"the categories in column {', '.join(columns.category)} are taken as {meaning}"


def is_ordered(paths: pl.Series) -> bool:
    """Whether lists of names go from wide to narrow: each name mostly follows one and the same."""
    pairs = (
        pl.DataFrame({"name": paths})
        .with_columns(before=pl.col("name").list.shift(1))
        .explode("name", "before")
        .filter(pl.col("before").is_not_null())
        .group_by("name", "before")
        .len()
    )
    if not pairs.height:
        return True
    usual = pairs.group_by("name").agg(pl.col("len").max())["len"].sum()
    return int(usual) >= ORDERED * int(pairs["len"].sum())


def aisles_of(categories: pl.DataFrame, level: int | None) -> tuple[pl.DataFrame, str]:
    """Derive aisles from a category tree: (product, aisle) and a note.

    Without a level, the first is taken at which no single aisle holds nine tenths of the
    products. Small aisles (:data:`SMALL`) are folded into the one above.
    """
    best = categories.sort("confidence", descending=True, maintain_order=True).unique(
        "product", keep="first", maintain_order=True
    )
    if level is None:
        level = 1
        deepest = best["path"].list.len().max()
        while level < (deepest if isinstance(deepest, int) else 1):
            shares = best["path"].list.get(level - 1, null_on_oob=True).value_counts(normalize=True)
            if shares["proportion"].max() < 0.9:  # type: ignore[operator]
                break
            level += 1
    named = best.select("product", path=pl.col("path").list.head(level))
    small = pl.len().over("path") < min(SMALL, named.height // 100)
    for _ in range(level - 1):
        shorter = pl.col("path").list.head(pl.max_horizontal(pl.col("path").list.len() - 1, 1))
        named = named.with_columns(path=pl.when(small).then(shorter).otherwise("path"))
    aisles = named.filter(~small).select("product", aisle=pl.col("path").list.join(" > "))
    return (
        aisles,
        f"aisles are level {level} of the categories: {aisles['aisle'].n_unique()} aisles",
    )
