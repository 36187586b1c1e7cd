"""One department of Amazon 2014 as a shop of its own, whose aisles are its largest categories.

    CROSSAISLE_DATA=folder python benchmarks/department.py Toys FOLDER

Writes items.tsv.gz and interactions.tsv.gz to the folder; build them with `crossaisle graph build
--preset amazon14 --products ... --events ... --store ...`. A product's aisle is the largest of its
categories that holds less than 35 % of the department, and at least 60 products.
"""

import os
import sys
from pathlib import Path

import polars as pl

SMALLEST, LARGEST = 60, 0.35
COUNTRIES = "International Shipping Available"
"""What some categories of Clothing end in that say nothing of a product."""


def main(department: str, output: Path) -> None:
    """Write both files."""
    data = os.environ.get("CROSSAISLE_DATA")
    if data is None:
        raise SystemExit("set CROSSAISLE_DATA to the folder that holds amazon14/")
    files = {name: Path(data) / "amazon14" / f"{name}.tsv.gz" for name in ("items", "interactions")}
    read = {
        name: pl.read_csv(file, separator="\t", quote_char=None, infer_schema=False)
        for name, file in files.items()
    }
    items = read["items"].filter(pl.col("domain") == department)
    if not items.height:
        raise SystemExit(f"there is no department {department!r}")
    held = items.select("item", category=pl.col("categories").str.split("|")).explode("category")
    held = held.unique().filter(~pl.col("category").str.ends_with(COUNTRIES))
    held = held.with_columns(size=pl.len().over("category"))
    held = held.filter(pl.col("size").is_between(SMALLEST, LARGEST * items.height))
    aisles = held.sort("size", "category", descending=True).group_by("item").first()
    aisle = aisles.select("item", domain="category")
    items = items.drop("domain").join(aisle, on="item", how="left")
    items = items.with_columns(pl.col("domain").fill_null("other")).sort("item")
    log = read["interactions"].filter(pl.col("domain") == department)
    log = log.join(items.select("item"), on="item", how="semi")
    output.mkdir(parents=True, exist_ok=True)
    for name, frame in (("items", items), ("interactions", log)):
        frame.write_csv(
            output / f"{name}.tsv.gz", separator="\t", quote_style="never", compression="gzip"
        )
    sizes = items.group_by("domain").len().sort("len", descending=True)
    print(f"{items.height:,} products, {log.height:,} events, {sizes.height} aisles")
    print(", ".join(f"{name} {count:,}" for name, count in sizes.iter_rows()))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
