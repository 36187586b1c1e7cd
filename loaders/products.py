"""A product feed, or the products that a log names, to validated tables."""

import polars as pl

from crossaisle.graph.catalogue import PRODUCTS
from crossaisle.loaders.gtin import gtins
from crossaisle.loaders.mapping import ProductColumns
from crossaisle.loaders.prices import prices
from crossaisle.loaders.rows import MANY, LoadError
from crossaisle.loaders.sieve import Sieve
from crossaisle.loaders.text import without_html
from crossaisle.loaders.values import given, ids

_ID, _PRICE, _GTIN = "_id", "_price", "_gtin"


def read_products(sieve: Sieve, columns: ProductColumns) -> pl.DataFrame:
    """Narrow a feed to one row a product: its columns, plus ``_id``, ``_price`` and ``_gtin``.

    A second row of the same product is merged in silence when it says the same, and left out with
    a reason when it differs: the first one counts.

    Raises:
        LoadError: a named column is missing, or no product is left.
    """
    sieve.require(
        {
            "id": columns.id,
            "title": columns.title,
            "aisle": columns.aisle,
            "brand": columns.brand,
            "price": columns.price,
            "image": columns.image,
            "gtin": columns.gtin,
            "group": columns.group,
            "properties": columns.properties,
            **{f"description ({name})": name for name in columns.description},
            **{f"category ({name})": name for name in columns.category},
            **{f"attributes ({name})": name for name in columns.attributes},
            **{f"reject ({rule.column})": rule.column for rule in columns.reject},
        },
        "products",
        columns.optional,
    )
    sieve.apply(columns.reject)
    sieve.frame = sieve.frame.with_columns(ids(sieve.frame[columns.id]).alias(_ID))
    sieve.reject(sieve.frame[_ID].is_null(), f"no product id in column {columns.id}")
    if columns.price:
        _price(sieve, columns.price)
    if columns.gtin:
        sieve.frame = sieve.frame.with_columns(gtins(ids(sieve.frame[columns.gtin])).alias(_GTIN))
        wrong = given(sieve.frame[columns.gtin]) & sieve.frame[_GTIN].is_null()
        sieve.blank(_GTIN, wrong, f"{columns.gtin} is no GTIN, or its check digit is wrong")
    # What the mapping does not use may differ: a log that names products has a line a purchase.
    used = {*_named(columns), _ID, _PRICE, _GTIN}
    data = [name for name in sieve.frame.columns if name in used]
    sieve.frame = sieve.frame.unique(data, keep="first", maintain_order=True)
    sieve.reject(
        ~sieve.frame[_ID].is_first_distinct(), "the product stands above with different data"
    )
    if not sieve.frame.height:
        raise LoadError(f"{sieve.file}: no product is left; see the reasons of the rejected rows")
    return sieve.frame


def _price(sieve: Sieve, column: str) -> None:
    """Read the prices; those in another currency than most are left out, for want of a rate."""
    price, currency = prices(sieve.frame[column])
    stated = given(sieve.frame[column])
    sieve.frame = sieve.frame.with_columns(price.alias(_PRICE))
    sieve.blank(_PRICE, stated & price.is_null(), f"{column} is not a number")
    sieve.blank(_PRICE, sieve.frame[_PRICE] < 0, f"{column} is negative")
    usual = currency.drop_nulls().mode().sort()
    if usual.len():
        other = currency.is_not_null() & (currency != usual[0])
        sieve.blank(_PRICE, other, f"{column} is in another currency than most, {usual[0]}")


def products_table(rows: pl.DataFrame, columns: ProductColumns) -> pl.DataFrame:
    """Return the catalogue's products from the rows of :func:`read_products`."""
    named = {"title": columns.title, "aisle": columns.aisle}
    image = ids(rows[columns.image]).str.split(MANY).list.first() if columns.image else None
    texts = [without_html(ids(rows[name])) for name in columns.description]
    parts = pl.DataFrame([text.alias(str(k)) for k, text in enumerate(texts)])
    description = None
    if parts.width:
        joined = parts.select(
            pl.concat_str(pl.all(), separator=". ", ignore_nulls=True)
        ).to_series()
        joined = joined.str.replace_all(MANY, ". ", literal=True)
        description = ids(joined.str.replace_all(r"([.!?])(\. |\|)", "$1 "))
    made = {"description": description, "image": image}
    return rows.select(
        pl.col(_ID).alias("id"),
        *(
            ids(rows[column]).alias(name) if column else pl.lit(None, pl.String).alias(name)
            for name, column in named.items()
        ),
        *(
            pl.lit(None, pl.String).alias(name) if column is None else column.alias(name)
            for name, column in made.items()
        ),
        (pl.col(_PRICE) if columns.price else pl.lit(None, pl.Float64)).alias("price"),
    ).select(*PRODUCTS)


def unmapped_columns(rows: pl.DataFrame, columns: ProductColumns) -> list[str]:
    """Return the feed's columns that the mapping neither uses nor ignores."""
    used = {*_named(columns), *columns.ignore, *(rule.column for rule in columns.reject)}
    used |= {one.on for one in columns.join}
    return [name for name in rows.columns if name not in used and not name.startswith("_")]


def _named(columns: ProductColumns) -> set[str | None]:
    """Return the columns that tell of a product."""
    return {
        columns.id,
        columns.title,
        *columns.description,
        *columns.category,
        columns.gtin,
        columns.group,
        columns.properties,
        columns.aisle,
        columns.brand,
        columns.price,
        columns.image,
        *columns.attributes,
    }


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
