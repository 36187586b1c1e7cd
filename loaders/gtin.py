"""GTIN, EAN, UPC, ISBN-13: the check digit, and one form for all of them."""

import polars as pl

LENGTHS = (8, 12, 13, 14)


def gtins(column: pl.Series) -> pl.Series:
    """Return GTINs of 14 digits, null where there is none or its check digit is wrong.

    From the right, digits count 3 and 1 by turns, and the sum with the check digit is a multiple of
    10 (GS1 General Specifications, section 7.9). Blanks and hyphens go, zeros come before.
    """
    digits = column.cast(pl.String).str.replace_all(r"[\s-]", "").str.strip_suffix(".0")
    fits = digits.str.contains(r"^\d{8}$|^\d{12,14}$") & ~digits.str.contains("^0+$")
    padded = digits.str.pad_start(14, "0")
    total = pl.Series([0], dtype=pl.Int64).new_from_index(0, column.len())
    for place in range(14):
        digit = padded.str.slice(place, 1).cast(pl.Int64, strict=False)
        total = total + digit * (1 if place % 2 else 3)
    right = fits & (total % 10 == 0)
    return padded.set(~right.fill_null(value=False), None).alias(column.name)
