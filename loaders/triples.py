"""A knowledge graph's triples to attributes and categories of products."""

from pathlib import Path

import polars as pl

from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES, PRODUCT_CATEGORIES
from crossaisle.loaders.mapping import TripleColumns
from crossaisle.loaders.read import read_all, read_rows
from crossaisle.loaders.sieve import Sieve
from crossaisle.loaders.values import ids

DEEPEST = 20
"""Levels of categories that are followed upwards."""


def read_triples(
    columns: TripleColumns, products: pl.Series, rejected: list[pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return (categories, attributes) of the catalogue that the triples state.

    A triple with a product at one end is an attribute: its kind is the relation (or the relation's
    name), its value the entity at the other end; "of" is put behind the kind when the product is
    the tail. Relations that the mapping names as categories become categories, with what is above
    them. Left out: triples without a product, those between two products, and parents of no use.

    Raises:
        LoadError: a file or column is missing.
    """
    sieve = Sieve(*read_all(columns.path, columns.encoding, columns.format, columns.header))
    ends = {"head": columns.head, "relation": columns.relation, "tail": columns.tail}
    sieve.require(dict(ends), "triples")
    named = {key: ids(sieve.frame[column]) for key, column in ends.items()}
    sieve.frame = sieve.frame.with_columns(
        **{f"_{key}": column for key, column in named.items()},
        _name=named["relation"].replace(dict(columns.names)),
    )
    empty = pl.any_horizontal(pl.col("_head", "_relation", "_tail").is_null())
    sieve.reject(sieve.frame.select(empty).to_series(), "a triple without head, relation or tail")
    products_of = _links(columns, products)
    for end in ("_head", "_tail"):
        sieve.frame = sieve.frame.join(
            products_of.rename({"entity": end, "product": f"{end}_product"}),
            on=end,
            how="left",
            maintain_order="left",
        )
    above = sieve.frame.filter(pl.col("_relation").is_in(columns.parents))
    sieve.frame = sieve.frame.filter(~pl.col("_relation").is_in(columns.parents))
    both = sieve.frame["_head_product"].is_not_null() & sieve.frame["_tail_product"].is_not_null()
    sieve.reject(both, "a triple between two products: only the log says what goes together")
    none = sieve.frame["_head_product"].is_null() & sieve.frame["_tail_product"].is_null()
    sieve.reject(none, "neither end of the triple is a product")
    rejected.append(sieve.rejected())
    is_category = pl.col("_relation").is_in(columns.categories)
    return (
        _categories(sieve.frame.filter(is_category), above),
        _attributes(sieve.frame.filter(~is_category)),
    )


def _links(columns: TripleColumns, products: pl.Series) -> pl.DataFrame:
    """Return (entity, product): as the link file says, or products under their own ids."""
    if columns.link is None:
        return pl.DataFrame({"entity": products, "product": products})
    sieve = Sieve(read_rows(Path(columns.link), columns.encoding))
    named = {"product": columns.link_product, "head": columns.link_entity}
    sieve.require(dict(named), "triples.link")
    pairs = sieve.frame.select(
        entity=ids(sieve.frame[columns.link_entity]), product=ids(sieve.frame[columns.link_product])
    ).drop_nulls()
    known = pairs.filter(pl.col("product").is_in(products.implode()))
    return known.unique("entity", keep="first", maintain_order=True)


def _attributes(triples: pl.DataFrame) -> pl.DataFrame:
    forward = pl.col("_head_product").is_not_null()
    kind = pl.col("_name").str.to_lowercase()
    return triples.select(
        product=pl.coalesce("_head_product", "_tail_product"),
        kind=pl.when(forward).then(kind).otherwise(pl.concat_str(kind, pl.lit(" of"))),
        # RecBole writes what kind of thing an entity is before its name, as does our own export.
        value=pl.when(forward)
        .then("_tail")
        .otherwise("_head")
        .str.replace(r"^Attribute:[^=]*=", ""),
        source=pl.lit("feed"),
        confidence=pl.lit(1.0),
    ).select(*PRODUCT_ATTRIBUTES)


def _categories(triples: pl.DataFrame, above: pl.DataFrame) -> pl.DataFrame:
    parent = dict(above.select("_head", "_tail").iter_rows())
    path: dict[str, list[str]] = {}
    for name in triples["_tail"].unique():
        chain = [name]
        while chain[0] in parent and parent[chain[0]] not in chain and len(chain) < DEEPEST:
            chain.insert(0, parent[chain[0]])
        # Our own categories are called by their whole path.
        own = [part.removeprefix("Category:") for part in chain]
        path[name] = own[-1].split(" > ") if name.startswith("Category:") else own
    return (
        triples.select(
            product=pl.col("_head_product"),
            path=pl.col("_tail").replace_strict(
                path, default=None, return_dtype=pl.List(pl.String)
            ),
            source=pl.lit("feed"),
            confidence=pl.lit(1.0),
        )
        .filter(pl.col("product").is_not_null())
        .select(*PRODUCT_CATEGORIES)
    )
