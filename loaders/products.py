"""A product feed, or the products that a log names, to validated tables."""

import polars as pl

from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES, PRODUCTS
from crossaisle.loaders.mapping import ProductColumns
from crossaisle.loaders.read import LINE, LoadError
from crossaisle.loaders.sieve import Sieve
from crossaisle.loaders.values import ids, numbers

_ID, _PRICE = "_id", "_price"


def read_products(sieve: Sieve, columns: ProductColumns) -> pl.DataFrame:
    """Narrow a feed to one row a product: its own columns, plus ``_id`` and ``_price``.

    A second row of the same product is merged in silence when it says the same, and left out with
    a reason when it differs: the first one counts.

    Raises:
        LoadError: a named column is missing, or no product is left.
    """
    sieve.require(
        {
            "id": columns.id,
            "title": columns.title,
            "description": columns.description,
            "category": columns.category,
            "aisle": columns.aisle,
            "brand": columns.brand,
            "price": columns.price,
            "image": columns.image,
            **{f"attributes ({name})": name for name in columns.attributes},
            **{f"reject ({rule.column})": rule.column for rule in columns.reject},
        },
        "products",
    )
    sieve.apply(columns.reject)
    sieve.frame = sieve.frame.with_columns(ids(sieve.frame[columns.id]).alias(_ID))
    sieve.reject(sieve.frame[_ID].is_null(), f"no product id in column {columns.id}")
    if columns.price:
        price = numbers(sieve.frame[columns.price])
        given = ids(sieve.frame[columns.price]).is_not_null()
        sieve.frame = sieve.frame.with_columns(price.alias(_PRICE))
        sieve.blank(_PRICE, given & price.is_null(), f"{columns.price} is not a number")
        sieve.blank(_PRICE, sieve.frame[_PRICE] < 0, f"{columns.price} is negative")
    data = [name for name in sieve.frame.columns if name != LINE]
    sieve.frame = sieve.frame.unique(data, keep="first", maintain_order=True)
    sieve.reject(
        ~sieve.frame[_ID].is_first_distinct(), "the product stands above with different data"
    )
    if not sieve.frame.height:
        raise LoadError(f"{sieve.file}: no product is left; see the reasons of the rejected rows")
    return sieve.frame


def products_table(rows: pl.DataFrame, columns: ProductColumns) -> pl.DataFrame:
    """Return the catalogue's products from the rows of :func:`read_products`."""
    named = {
        "title": columns.title,
        "description": columns.description,
        "aisle": columns.aisle,
        "image": columns.image,
    }
    return rows.select(
        pl.col(_ID).alias("id"),
        *(
            ids(rows[column]).alias(name) if column else pl.lit(None, pl.String).alias(name)
            for name, column in named.items()
        ),
        (pl.col(_PRICE) if columns.price else pl.lit(None, pl.Float64)).alias("price"),
    ).select(*PRODUCTS)


def attributes_table(rows: pl.DataFrame, columns: ProductColumns) -> pl.DataFrame:
    """Return the catalogue's attributes that stand in columns: brand, and those listed."""
    kinds = {column: column for column in columns.attributes}
    if columns.brand:
        kinds["brand"] = columns.brand
    tables = [pl.DataFrame(schema=dict(PRODUCT_ATTRIBUTES))]
    for kind, column in kinds.items():
        values = ids(rows[column])
        split = columns.attribute_separator if kind != "brand" else None
        listed = values.str.split(split) if split else values.reshape((-1, 1)).arr.to_list()
        tables.append(
            rows.select(product=_ID, kind=pl.lit(kind.lower()), value=listed)
            .explode("value")
            .with_columns(pl.col("value").str.strip_chars())
            .filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
            .with_columns(source=pl.lit("feed"), confidence=pl.lit(1.0))
            .select(*PRODUCT_ATTRIBUTES)
        )
    return pl.concat(tables).unique(maintain_order=True)


def unmapped_columns(rows: pl.DataFrame, columns: ProductColumns) -> list[str]:
    """Return the feed's columns that the mapping neither uses nor ignores."""
    used = {
        columns.id,
        columns.title,
        columns.description,
        columns.category,
        columns.aisle,
        columns.brand,
        columns.price,
        columns.image,
        *columns.attributes,
        *columns.ignore,
        *(rule.column for rule in columns.reject),
    }
    return [name for name in rows.columns if name not in used and not name.startswith("_")]


def products_of_events(events: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Make products of a log that carries their titles: (products, how many had several titles).

    The title is the one on most lines (of equals the longer, then the first in the alphabet), the
    price the median.
    """
    titles = (
        events.filter(pl.col("title").is_not_null())
        .group_by("product", "title")
        .len()
        .with_columns(length=pl.col("title").str.len_chars())
        .sort("len", "length", "title", descending=[True, True, False])
    )
    several = titles.group_by("product").len().filter(pl.col("len") > 1).height
    best = titles.unique("product", keep="first", maintain_order=True)
    prices = events.group_by(id="product").agg(pl.col("price").median())
    table = prices.join(best.select(id="product", title="title"), on="id", how="left")
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in PRODUCTS.items()
        if name not in table.columns
    ]
    return table.with_columns(missing).select(*PRODUCTS).sort("id"), several
