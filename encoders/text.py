"""What of a product is read: one template from title to category, the same for every model."""

import polars as pl

from crossaisle.graph import Graph


def product_texts(graph: Graph) -> pl.Series:
    """Return one text a product: ``title. description. kind: value, ... Category; Category``.

    Parts that are not there are left out, so a product of which nothing is known has the empty
    text. Values and categories stand in alphabetical order: the same product, the same text.
    """
    names = graph.categories["name"]
    categories = _listed(graph.in_category, names, "; ", graph.products.height)
    pairs = graph.attributes.select(
        pl.concat_str(pl.col("kind"), pl.lit(": "), pl.col("value"))
    ).to_series()
    attributes = _listed(graph.has_attribute, pairs, ", ", graph.products.height)
    return (
        graph.products.with_columns(categories=categories, attributes=attributes)
        .select(
            text=pl.concat_str(
                _clean("title"),
                _clean("description"),
                _clean("attributes"),
                _clean("categories"),
                separator=". ",
                ignore_nulls=True,
            )
        )
        .to_series()
    )


def _clean(column: str) -> pl.Expr:
    text = pl.col(column).str.replace_all(r"[\s\x00-\x1f]+", " ").str.strip_chars(" .")
    return pl.when(text != "").then(text)


def _listed(edges: pl.DataFrame, names: pl.Series, separator: str, count: int) -> pl.Series:
    listed = (
        edges.select("head", name=names.gather(edges["tail"]))
        .sort("head", "name")
        .group_by("head", maintain_order=True)
        .agg(pl.col("name").unique(maintain_order=True).str.join(separator))
    )
    rows = pl.DataFrame({"head": pl.Series(range(count), dtype=pl.UInt32)})
    return rows.join(listed, on="head", how="left", maintain_order="left")["name"]
