"""Shopify's product export: several rows a product, of which only the first says what it is.

Columns: https://help.shopify.com/en/manual/products/import-export/using-csv. Rows of one Handle
follow each other; each that has a variant (a price, an SKU or an option's value) becomes a row with
what the product's first row says, and rows that only add a picture join ``Images``.
"""

import json

import polars as pl

from crossaisle.loaders.rows import LINE, MANY, LoadError, Rows

HANDLE = "Handle"
_OWN = ("Variant ", "Option1 Value", "Option2 Value", "Option3 Value", "Image ")
_VARIANT = ("Variant SKU", "Variant Price", "Option1 Value")
ADDED = ("Id", "Options", "Images")
"""The columns this reader makes: the variant's SKU (or handle and options), its options as JSON
objects of name and value, every picture of the product."""


def read(content: bytes, rows: Rows, form: str) -> None:
    """Fill ``rows`` with one row a variant.

    Raises:
        LoadError: there is no column Handle.
    """
    from crossaisle.loaders.read import read_csv

    read_csv(content, rows)
    frame = rows.frame
    if HANDLE not in frame.columns:
        raise LoadError(f"{rows.file} has no column {HANDLE}: it is no product export of Shopify")
    shared = [name for name in frame.columns if name != LINE and not name.startswith(_OWN)]
    shared = [name for name in shared if name != HANDLE]
    # Only the first row of a handle has the product's own fields; the others stay empty.
    frame = frame.with_columns(pl.col(HANDLE).forward_fill()).with_columns(
        pl.col(shared).first().over(HANDLE)
    )
    pictures = pl.lit(None, pl.String)
    if "Image Src" in frame.columns:
        pictures = pl.col("Image Src").drop_nulls().unique(maintain_order=True).str.join(MANY)
    frame = frame.with_columns(Images=pictures.over(HANDLE))
    present = [name for name in _VARIANT if name in frame.columns]
    if present:
        first = pl.col(HANDLE).is_first_distinct()
        frame = frame.filter(first | pl.any_horizontal(pl.col(present).is_not_null()))
    numbers = [n for n in (1, 2, 3) if f"Option{n} Value" in frame.columns]
    values = [pl.col(f"Option{n} Value") for n in numbers]
    handle = pl.concat_str([pl.col(HANDLE), *values], separator="/", ignore_nulls=True)
    sku = pl.col("Variant SKU") if "Variant SKU" in frame.columns else pl.lit(None, pl.String)
    frame = frame.with_columns(Id=pl.coalesce(sku.str.strip_chars("' ").replace("", None), handle))
    rows.frame = frame.with_columns(
        pl.Series(
            "Options", [_options(row, numbers) for row in frame.iter_rows(named=True)], pl.String
        )
    )


def _options(row: dict[str, str | None], numbers: list[int]) -> str | None:
    said = [
        {"name": row.get(f"Option{n} Name") or f"option {n}", "value": row[f"Option{n} Value"]}
        for n in numbers
        if row[f"Option{n} Value"] not in (None, "Default Title")
    ]
    return json.dumps(said, ensure_ascii=False) if said else None
