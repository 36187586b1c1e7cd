"""The whole load: a mapping's files to one validated catalogue."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.graph.catalogue import (
    CATEGORY_MAP,
    EVENTS,
    PRODUCT_ATTRIBUTES,
    PRODUCT_CATEGORIES,
    REJECTED,
    TWINS,
    USERS,
    Catalogue,
)
from crossaisle.graph.store import Progress, silent
from crossaisle.loaders.attributes import GROUP, GTIN, attributes_table
from crossaisle.loaders.categories import aisles_of, categories_table
from crossaisle.loaders.category_map import mapped
from crossaisle.loaders.events import read_events
from crossaisle.loaders.find import find
from crossaisle.loaders.find_brands import brands_in_titles
from crossaisle.loaders.join import join
from crossaisle.loaders.mapping import (
    EventColumns,
    Mapping,
    MappingError,
    ProductColumns,
    UserColumns,
)
from crossaisle.loaders.prices import bands
from crossaisle.loaders.products import (
    products_of_events,
    products_table,
    read_products,
    unmapped_columns,
)
from crossaisle.loaders.read import LoadError, read_all
from crossaisle.loaders.sieve import Sieve
from crossaisle.loaders.triples import read_triples
from crossaisle.loaders.values import ids
from crossaisle.loaders.variants import with_groups

Encode = Callable[[list[str]], np.ndarray]
"""Texts to unit vectors, float32 (texts, d)."""


def load(
    mapping: Mapping,
    *,
    now: dt.datetime | None = None,
    encode: Encode | None = None,
    progress: Progress = silent,
) -> Catalogue:
    """Read every file that a mapping names and return what is usable, and what is not with reasons.

    Args:
        mapping: which columns mean what.
        now: events dated more than a day later are left out; the present by default.
        encode: a sentence encoder that helps to find categories in titles; without it words decide.
        progress: told of each step.

    Raises:
        LoadError: a file or column is missing, or no product is left.
        MappingError: the mapping names neither products nor events.
    """
    notes: list[str] = []
    rejected: list[pl.DataFrame] = []
    steps = 4
    progress("reading events", 0, steps)
    events = _events(mapping, now or dt.datetime.now(dt.UTC), rejected)
    progress("reading products", 1, steps)
    products, categories, attributes = _products(mapping, events, rejected, notes)
    events, strangers = _known_products(events, products, mapping)
    rejected.append(strangers)
    progress("finding categories and attributes", 2, steps)
    if mapping.triples:
        more = read_triples(mapping.triples, products["id"], rejected)
        categories, attributes = pl.concat([categories, more[0]]), pl.concat([attributes, more[1]])
    if mapping.products.find == "auto":
        brands = brands_in_titles(products, attributes)
        categories, attributes = _found(products, categories, attributes, encode, mapping, notes)
        if brands.height:
            attributes = pl.concat([attributes, brands])
            notes.append(f"the titles of {brands.height:,} products without a brand name one")
    twins = pl.DataFrame(schema=dict(TWINS))
    if mapping.products.find == "auto":
        attributes, twins = with_groups(products, attributes, categories, notes)
    progress("naming aisles", 3, steps)
    products = _with_aisles(products, categories, mapping.products, notes)
    category_map = pl.DataFrame(schema=dict(CATEGORY_MAP))
    if mapping.products.category_map:  # after the aisles: these stay the shop's own
        fed = categories.filter(pl.col("source") == "feed")
        gained, category_map, note = mapped(fed, products, Path(mapping.products.category_map))
        categories = pl.concat([categories, gained])
        notes.append(note)
    if mapping.products.price and mapping.products.price_bands:
        attributes = pl.concat([attributes, bands(products, mapping.products.price_bands)])
    if mapping.events and mapping.events.purchases:
        counted = events["type"].is_in(mapping.events.purchases).fill_null(value=False).sum()
        notes.append(f"{counted:,} of {events.height:,} events count as purchases")
    users = _users(mapping.users, rejected) if mapping.users else pl.DataFrame(schema=dict(USERS))
    progress("naming aisles", steps, steps)
    return Catalogue(
        products=products,
        product_categories=categories,
        product_attributes=attributes,
        events=events.select(*EVENTS),
        users=users,
        rejected=pl.concat(rejected),
        purchases=mapping.events.purchases if mapping.events else (),
        twins=twins,
        category_map=category_map,
        notes=tuple(notes),
    )


def _events(mapping: Mapping, now: dt.datetime, rejected: list[pl.DataFrame]) -> pl.DataFrame:
    columns = mapping.events
    if columns is None or not columns.path:
        if not mapping.products.path:
            raise MappingError("the mapping names neither a products file nor an events file")
        return pl.DataFrame(schema=dict(EVENTS))
    sieve = _sieve(columns, rejected)
    events = read_events(sieve, columns, now)
    rejected.append(sieve.rejected())
    # Where each event stood is needed once more: its product may be unknown.
    lines = sieve.frame.select(pl.selectors.starts_with("_line"))
    return events.hstack(lines).with_columns(sieve.frame["_file"])


def _sieve(
    columns: ProductColumns | EventColumns | UserColumns, rejected: list[pl.DataFrame]
) -> Sieve:
    files = read_all(columns.path, columns.encoding, columns.format, columns.header)
    if not isinstance(columns, UserColumns):
        join(files, columns.join, rejected)
    sieve = Sieve(*files)
    if not sieve.frame.height:
        raise LoadError(f"{sieve.file} has a header but no rows")
    return sieve


Tables = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def _products(
    mapping: Mapping, events: pl.DataFrame, rejected: list[pl.DataFrame], notes: list[str]
) -> Tables:
    columns = mapping.products
    categories = pl.DataFrame(schema=dict(PRODUCT_CATEGORIES))
    attributes = pl.DataFrame(schema=dict(PRODUCT_ATTRIBUTES))
    if not columns.path:
        if "title" not in events.columns:
            raise MappingError("without products.path, events.title must name the titles' column")
        products, several = products_of_events(events)
        if not products.height:
            raise LoadError("no product is left; see the reasons of the rejected rows")
        notes.append(
            f"{products.height:,} products come from the events; {several:,} had several titles "
            "and got the one on most lines"
        )
        return products, categories, attributes
    sieve = _sieve(columns, rejected)
    rows = read_products(sieve, columns)
    rejected.append(sieve.rejected())
    unused = unmapped_columns(rows, columns)
    if unused:
        notes.append(
            f"columns of {Path(sieve.file).name} that the mapping names nowhere: "
            f"{', '.join(unused)} (list them under products.attributes or products.ignore)"
        )
    if columns.category:
        categories, note = categories_table(rows, columns)
        notes.append(note)
    return products_table(rows, columns), categories, attributes_table(rows, columns)


def _known_products(
    events: pl.DataFrame, products: pl.DataFrame, mapping: Mapping
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split events into those of known products and, as rejected rows, the others."""
    known = events["product"].is_in(products["id"].implode())
    lost = events.filter(~known)
    if not lost.height:
        return events, pl.DataFrame(schema=dict(REJECTED))
    data = [name for name in lost.columns if not name.startswith("_")]
    where = ", ".join(Path(name).name for name in mapping.products.path)
    return events.filter(known), lost.select(
        file=pl.col("_file"),
        line=pl.col("_line").cast(pl.UInt32),
        reason=pl.lit(f"the product is not in {where}"),
        action=pl.lit("row left out"),
        content=pl.struct(data).struct.json_encode(),
    )


def _found(
    products: pl.DataFrame,
    categories: pl.DataFrame,
    attributes: pl.DataFrame,
    encode: Encode | None,
    mapping: Mapping,
    notes: list[str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fill what the feed does not give from titles: categories, attributes, or both."""
    wants_categories = not categories.height
    wants_attributes = attributes.filter(~pl.col("kind").is_in(["brand", GTIN, GROUP])).is_empty()
    if (
        not (wants_categories or wants_attributes)
        or products["title"].null_count() == products.height
    ):
        return categories, attributes
    found = find(products.select("id", "title", "description"), encode=encode)
    count = products.height
    if wants_categories:
        paths = found.categories
        categories = paths.select(
            product="id",
            path=pl.col("path").str.split(" > "),
            source="source",
            confidence="confidence",
        )
        held = categories["product"].n_unique()
        notes.append(f"a category was found in the titles of {held:,} of {count:,} products")
    if wants_attributes:
        given = attributes.select("product", "kind").unique()
        fresh = found.attributes.rename({"id": "product"}).join(
            given, on=["product", "kind"], how="anti"
        )
        attributes = pl.concat([attributes, fresh.select(*PRODUCT_ATTRIBUTES)])
        held = fresh["product"].n_unique()
        notes.append(f"attribute values were found in the titles of {held:,} of {count:,} products")
    return categories, attributes


def _with_aisles(
    products: pl.DataFrame, categories: pl.DataFrame, columns: ProductColumns, notes: list[str]
) -> pl.DataFrame:
    if products["aisle"].null_count() == products.height and categories.height:
        aisles, note = aisles_of(categories, columns.aisle_level)
        notes.append(note)
        products = (
            products.drop("aisle")
            .join(aisles, left_on="id", right_on="product", how="left", maintain_order="left")
            .select(products.columns)
        )
    nowhere = products["aisle"].null_count()
    if nowhere:
        notes.append(f"{nowhere:,} products are in no aisle: they are history, never asked for")
    return products


def _users(columns: UserColumns, rejected: list[pl.DataFrame]) -> pl.DataFrame:
    if not columns.path:
        raise MappingError("users.path is missing")
    sieve = _sieve(columns, rejected)
    named = {f"columns ({name})": name for name in columns.columns}
    sieve.require({"id": columns.id, "text": columns.text, **named}, "users", columns.optional)
    sieve.frame = sieve.frame.with_columns(ids(sieve.frame[columns.id]).alias("_id"))
    sieve.reject(sieve.frame["_id"].is_null(), f"no user id in column {columns.id}")
    sieve.reject(~sieve.frame["_id"].is_first_distinct(), "the user stands above")
    rejected.append(sieve.rejected())
    parts = [pl.col(columns.text)] if columns.text else []
    parts += [
        pl.concat_str(pl.lit(f"{name}: "), pl.col(name), ignore_nulls=False)
        for name in columns.columns
    ]
    if not parts:
        return sieve.frame.select(id="_id", text=pl.lit(None, pl.String))
    return sieve.frame.select(
        id="_id", text=pl.concat_str(parts, separator=". ", ignore_nulls=True)
    )
