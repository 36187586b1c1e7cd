"""How much of what a feed gives is found again from titles alone?

    CROSSAISLE_DATA=folder python benchmarks/find_again.py [--titles 4000]

On amazon14 (a folder with amazon14/items.tsv.gz; research data, its rows stay where they are):
brands and categories are hidden, then found from titles. Brand: share of branded titles that say
their brand word for word: no finder can get more; and what
:func:`crossaisle.loaders.find_brands.brands_in_titles` finds, all products of the department read,
the brands of a random half of them hidden. Categories: the taxonomy's path, one
and two levels below its top, is mapped to the Amazon name that most products of a random half have
with it; right on the other half when the product has that name (Amazon's names are sets without
order, and the department's own name does not count).
"""

import argparse
import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.loaders.find import find
from crossaisle.loaders.find_brands import brands_in_titles
from crossaisle.loaders.find_words import words
from crossaisle.loaders.taxonomy import parent_paths

TOP = {"Beauty": "Beauty", "Sports": "Sports & Outdoors", "Toys": "Toys & Games"}


def main() -> None:
    """Print one block a department."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--titles", type=int, default=4000, help="titles drawn a department")
    options = parser.parse_args()
    data = os.environ.get("CROSSAISLE_DATA")
    if not data:
        raise SystemExit("set CROSSAISLE_DATA to the folder that holds amazon14/")
    file = Path(data) / "amazon14" / "items.tsv.gz"
    items = pl.read_csv(file, separator="\t", quote_char=None, infer_schema=False)
    items = items.filter(pl.col("title").fill_null("") != "")
    parts = [
        part.sample(min(options.titles, part.height), seed=0)
        for part in items.partition_by("domain", maintain_order=True)
    ]
    drawn = pl.concat(parts)
    every = {str(part["domain"][0]): part for part in items.partition_by("domain")}
    found = find(drawn.select(id="item", title="title")).categories
    drawn = drawn.join(found.select(item="id", path="path"), on="item", how="left")
    for part in drawn.partition_by("domain", maintain_order=True):
        print(f"{part['domain'][0]}: {part.height} titles")
        _brands(part)
        _brands_found(every[str(part["domain"][0])])
        _categories(part)


def _brands(part: pl.DataFrame) -> None:
    branded = part.filter(pl.col("brand").fill_null("") != "")
    if not branded.height:
        print("  no brand is given")
        return
    said = [
        _holds(words(title), words(brand))
        for title, brand in branded.select("title", "brand").iter_rows()
    ]
    print(f"  the title says its brand     {np.mean(said):.3f} of {branded.height}")


def _brands_found(part: pl.DataFrame) -> None:
    branded = part.filter(pl.col("brand").fill_null("") != "")
    if not branded.height:
        return
    hidden = np.random.default_rng(0).random(branded.height) < 0.5
    given = branded.filter(~hidden).select(
        product="item", kind=pl.lit("brand"), value="brand", source=pl.lit("feed"),
        confidence=pl.lit(1.0),
    )  # fmt: skip
    asked = branded.filter(hidden)
    found = brands_in_titles(branded.select(id="item", title="title", aisle="domain"), given)
    both = asked.select("item", "brand").join(
        found.select(item="product", value="value"), on="item", how="left"
    )
    pairs = both.filter(pl.col("value").is_not_null()).select("value", "brand").iter_rows()
    right = [words(value) == words(brand) for value, brand in pairs]
    print(
        f"  brands found again: precision {np.mean(right):.3f} of {len(right)}, "
        f"recall {np.sum(right) / asked.height:.3f} of {asked.height}"
    )


def _holds(title: list[str], brand: list[str]) -> bool:
    return any(title[at : at + len(brand)] == brand for at in range(len(title)))


def _categories(part: pl.DataFrame) -> None:
    top = TOP[part["domain"][0]]
    rows = [
        (path, [name for name in (names or "").split("|") if name and name != top])
        for path, names in part.select("path", "categories").iter_rows()
    ]
    half = np.random.default_rng(0).random(len(rows)) < 0.5
    given = np.mean([path is not None for path, _ in rows])
    print(f"  a category is found for      {given:.3f}")
    for level in (1, 2):
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for (path, names), learn in zip(rows, half, strict=True):
            if learn and path:
                votes[_at(path, level)].update(set(names))
        usual = sum(votes.values(), Counter()).most_common(1)[0][0]
        judged = [
            (votes[_at(path, level)].most_common(1), names)
            for (path, names), learn in zip(rows, half, strict=True)
            if not learn and path and names
        ]
        right = np.mean([bool(best) and best[0][0] in names for best, names in judged])
        base = np.mean([usual in names for _, names in judged])
        print(f"  level {level} right after mapping   {right:.3f} (always {usual}: {base:.3f})")


def _at(path: str, level: int) -> str:
    """Return the taxonomy's path one level below what a whole department shares."""
    return parent_paths(path)[: level + 1][-1]


if __name__ == "__main__":
    main()
