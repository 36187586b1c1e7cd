"""How well is another shop's category tree mapped onto the taxonomy? On Google's, by names alone.

    CROSSAISLE_DATA=folder python benchmarks/find_mapped.py [--held-out] [--leaf] [--same]

The folder holds taxonomy/ with Shopify's archive and Google's list. Truth is the mapping that
Shopify publishes (from its categories to Google's): a proposal is right at a level when some
category that maps to Google's has the same path down to that level (or down to its own end); to
be right at all depths is to be one of them, or above or below one. Rows above level 2 in Google's
tree, and those that nothing maps to, are left out. Half of the rest, by the number's parity, was
used to choose ABOVE. Shopify's tree grew out of Google's: categories whose last name is a name of
the taxonomy too are left out, unless --same asks for them. --leaf hides the wider names: what a
shop with bare names would get; --chinese takes Google's Chinese names.
"""

import argparse
import os
import tarfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from crossaisle.loaders.category_map import propose
from crossaisle.loaders.taxonomy import SEPARATOR, load_taxonomy, path_in

MAPPINGS = "data/integrations/google/2021-09-21/mappings/from_shopify.yml"


def main() -> None:
    """Print coverage and precision."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--held-out", action="store_true", help="the other half")
    parser.add_argument("--leaf", action="store_true", help="only the last name of each path")
    parser.add_argument("--same", action="store_true", help="names that the taxonomy has, too")
    parser.add_argument("--chinese", action="store_true", help="the names in Chinese")
    options = parser.parse_args()
    data = os.environ.get("CROSSAISLE_DATA")
    if not data:
        raise SystemExit("set CROSSAISLE_DATA to the folder that holds taxonomy/")
    folder = Path(data) / "taxonomy"
    truth = _truth(next(folder.glob("shopify-product-taxonomy-*.tar.gz")))
    listed = folder / f"taxonomy-with-ids.{'zh-CN' if options.chinese else 'en-US'}.txt"
    rows = load_taxonomy().categories
    taken = set() if options.same else {name.lower() for name in [*rows["name"], *rows["name_zh"]]}
    own = {}
    for line in listed.read_text(encoding="utf-8").splitlines():
        number, _, path = line.partition(" - ")
        names = path.split(SEPARATOR)
        fresh = len(names) > 1 and names[-1].lower() not in taken
        if number in truth and fresh and int(number) % 2 == options.held_out:
            own[number] = names[-1:] if options.leaf else names
    table = pl.DataFrame({"product": list(own), "path": list(own.values())})
    table = table.with_columns(source=pl.lit("feed"), confidence=pl.lit(1.0))
    products = pl.DataFrame(schema={"id": pl.String, "title": pl.String})
    found = propose(table, products).select("category", "taxonomy", "confidence")
    language = path_in(load_taxonomy().categories, "zh" if options.chinese else "en")
    path_of = dict(language.iter_rows())
    joined = table.select("product", category=pl.col("path").list.join(SEPARATOR)).join(
        found, on="category"
    )
    judged = [
        (sure, *_right(taxonomy, [path_of[key] for key in truth[number] if key in path_of]))
        for number, taxonomy, sure in joined.select("product", "taxonomy", "confidence").iter_rows()
        if taxonomy
    ]
    print(f"{len(own)} categories, proposed for {len(judged) / len(own):.3f}")
    right = np.array(judged)
    for name, column in (("first", 1), ("second", 2), ("all", 3)):
        print(f"  {name:<7}level(s) right {right[:, column].mean():.3f}")
    for low, high in ((0.63, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        part = right[(right[:, 0] >= low) & (right[:, 0] < high)]
        if len(part):
            print(f"  confidence {low:.2f}-{high:.2f}: {len(part)}, second {part[:, 2].mean():.3f}")


def _truth(archive: Path) -> dict[str, list[str]]:
    """Return Google's number -> the ids of the categories that map to it."""
    with tarfile.open(archive) as tar:
        member = next(one for one in tar if one.name.endswith(MAPPINGS))
        rules = yaml.load(tar.extractfile(member), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found = defaultdict(list)
    for rule in rules["rules"]:
        for number in rule["output"]["product_category_id"]:
            found[number].append(rule["input"]["product_category_id"])
    return found


def _right(proposed: str, paths: list[str]) -> tuple[bool, bool, bool]:
    mine = proposed.split(SEPARATOR)
    true = [path.split(SEPARATOR) for path in paths]
    first, second = (any(mine[:level] == path[:level] for path in true) for level in (1, 2))
    along = any(mine[: len(path)] == path[: len(mine)] for path in true)
    return first, second, along


if __name__ == "__main__":
    main()
