"""Prices: amount and currency out of text, and bands of prices in each aisle."""

import numpy as np
import polars as pl

from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES
from crossaisle.loaders.values import numbers

KIND = "price band"
FEWEST = 10
"""Priced products that a band needs in an aisle; an aisle with fewer has no bands."""

_SIGNS = {
    "$": "USD", "US$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "￥": "CNY", "元": "CNY",
    "₹": "INR", "₩": "KRW",
}  # fmt: skip
_NAMES = {
    2: ("lower", "upper"),
    3: ("low", "middle", "high"),
    5: ("lowest", "low", "middle", "high", "highest"),
}


def prices(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return (amount, currency): float64, null where no number; the ISO 4217 code, null if unsaid.

    "19.99 USD", "US$ 1,234.50", "1.234,50 €". A comma is the decimal sign where it is the last of
    the signs and does not stand before exactly three digits.
    """
    none = pl.Series(column.name, [None] * column.len(), dtype=pl.String)
    if column.dtype.is_numeric():
        return numbers(column), none
    text = column.cast(pl.String).str.strip_chars()
    sign = text.str.extract(r"^([^\d\s.,+-]{1,4})\s*[\d.,-]").fill_null(
        text.str.extract(r"\d\s*([^\d\s.,]{1,4})\.?$")
    )
    known = sign.str.contains(r"^[A-Za-z]{3}$")
    code = sign.replace(_SIGNS).set(~(known | sign.is_in(list(_SIGNS))).fill_null(value=True), None)
    bare = text.str.replace(r"^[^\d\s.,+-]{1,4}\s*", "").str.replace(r"\s*[^\d\s.,]{1,4}\.?$", "")
    european = bare.str.contains(r"^-?\d{1,3}([. ]\d{3})*,\d{1,2}$|^-?\d+,(\d{1,2}|\d{4,})$")
    turned = bare.str.replace_all(r"[. ]", "").str.replace(",", ".", literal=True)
    return numbers(bare.zip_with(~european.fill_null(value=False), turned)), code.str.to_uppercase()


def bands(products: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return each priced product's band in its aisle, as attributes of the catalogue.

    The limits of ``count`` bands are the aisle's quantiles k / count (linear interpolation); a
    price belongs to the first band whose upper limit it does not exceed.
    """
    priced = products.filter(pl.col("price").is_not_null() & pl.col("aisle").is_not_null())
    made = [pl.DataFrame(schema=dict(PRODUCT_ATTRIBUTES))]
    names = _NAMES.get(count, tuple(f"{k} of {count}" for k in range(1, count + 1)))
    for (_,), part in priced.group_by(["aisle"], maintain_order=True):
        price = part["price"].to_numpy()
        limits = np.quantile(price, np.arange(1, count) / count) if count > 1 else np.array([])
        if count < 2 or part.height < FEWEST * count or len(np.unique(limits)) < count - 1:
            continue
        band = np.searchsorted(limits, price, side="left")
        made.append(
            part.select(
                product="id",
                kind=pl.lit(KIND),
                value=pl.Series([names[k] for k in band], dtype=pl.String),
                source=pl.lit("inferred"),
                confidence=pl.lit(1.0),
            )
        )
    return pl.concat(made)
