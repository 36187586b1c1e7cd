"""A shop's own categories laid over the taxonomy: by their names and by their products."""

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.graph.catalogue import CATEGORY_MAP, PRODUCT_CATEGORIES
from crossaisle.loaders.find import (
    CALIBRATION,
    CONFIDENT,
    find,
    lexicon_of,
    narrow,
    second_level,
    shares_of,
)
from crossaisle.loaders.find_categories import Lexicon, candidates, parse
from crossaisle.loaders.find_chinese import chinese_candidates, is_chinese, segment
from crossaisle.loaders.find_names import Names, phrase, split_name, taxonomy_names
from crossaisle.loaders.find_words import words
from crossaisle.loaders.read import LoadError, read_rows
from crossaisle.loaders.rows import LINE
from crossaisle.loaders.taxonomy import SEPARATOR, load_taxonomy, path_in

ABOVE = 0.6
"""What a taxonomy category gains when all words of the wider own categories are in its path."""

VOTERS = 30
"""Products of an own category whose titles are asked, at most."""

DOUBT = 3.0
"""Products that weigh as much as the name."""


def propose(categories: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Propose a category of the taxonomy for each of a shop's own (``CATEGORY_MAP``).

    The name is read like a title (:func:`crossaisle.loaders.find_categories.candidates`), each
    part of "Bath & Body" for itself; words of the wider own categories that stand in the
    taxonomy's path add up to :data:`ABOVE`. Of n products whose titles give a category, the shares
    are the mean. Both are one opinion by a linear pool (Stone 1961), weights DOUBT and n. As for
    titles, no category is proposed below :data:`crossaisle.loaders.find.CONFIDENT`.

    Args:
        categories: a catalogue's ``product_categories``, from the feed.
        products: ``id`` and ``title``.
    """
    if not categories.height:
        return pl.DataFrame(schema=dict(CATEGORY_MAP))
    held = categories.select("product", category=pl.col("path").list.join(SEPARATOR)).unique()
    own = held.group_by("category").agg(products=pl.len()).sort("category")
    names = taxonomy_names()
    lexicon = lexicon_of(names)
    paths = own["category"].to_list()
    scores = [_named(path.split(SEPARATOR), names, lexicon) for path in paths]
    by_name = shares_of(scores, np.zeros(len(names.paths)), len(names.paths))
    votes, voters = _votes(held, products, paths, names)
    weight = (voters / (voters + DOUBT))[:, None]
    shares = sparse.csr_array(by_name.multiply(1 - weight) + votes.multiply(weight))
    coarse, _ = second_level(names)
    rows, confidence = narrow(shares, coarse, names)
    confidence = confidence**CALIBRATION
    chinese = 2 * sum(is_chinese(path) for path in paths) > len(paths)
    written = path_in(load_taxonomy().categories, "zh" if chinese else "en")["path"].to_list()
    said = [
        written[row] if row >= 0 and sure >= CONFIDENT else None
        for row, sure in zip(rows, confidence, strict=True)
    ]
    found = own.with_columns(
        taxonomy=pl.Series(said, dtype=pl.String),
        found=pl.Series(said, dtype=pl.String),
        confidence=pl.Series(np.round(confidence, 3)),
        products=pl.col("products").cast(pl.UInt32),
        decided=pl.lit("found"),
    )
    sure = pl.when(pl.col("found").is_not_null()).then("confidence")
    return found.with_columns(confidence=sure).select(*CATEGORY_MAP)


def _named(path: list[str], names: Names, lexicon: Lexicon) -> dict[int, float]:
    """Score the taxonomy's categories by an own category's names: row -> about 0 to 2."""
    found: dict[int, float] = {}
    if is_chinese(path[-1]):
        found = chinese_candidates(segment(path[-1]))
        above = {said for name in path[:-1] for said in segment(name) if len(said) > 1}
        return {row: score + _wider(above, _chinese()[row]) for row, score in found.items()}
    for part in split_name(path[-1]):
        for row, score in candidates(parse(words(part), lexicon), names).items():
            found[row] = max(found.get(row, 0.0), score)
    above = {said for name in path[:-1] for said in phrase(name)}
    return {
        row: score + _wider(above, set(phrase(names.paths[row]))) for row, score in found.items()
    }


def _wider(above: set[str], inside: str | set[str]) -> float:
    return ABOVE * sum(said in inside for said in above) / max(len(above), 1)


@cache
def _chinese() -> list[str]:
    return path_in(load_taxonomy().categories, "zh")["path"].to_list()


def _votes(
    held: pl.DataFrame, products: pl.DataFrame, own: list[str], names: Names
) -> tuple[sparse.csr_array, np.ndarray]:
    """Return what the products say: mean shares (own, taxonomy rows), and how many said it."""
    titled = products.filter(pl.col("title").fill_null("") != "").select("id", "title")
    asked = (
        held.join(titled, left_on="product", right_on="id")
        .sort("category", "product")
        .group_by("category", maintain_order=True)
        .head(VOTERS)
    )
    found = find(asked.select("title", id="product").unique("id", maintain_order=True)).categories
    said = asked.join(
        found.select("id", "taxonomy_id", "confidence"), left_on="product", right_on="id"
    )
    row_of = {path: row for row, path in enumerate(own)}
    column_of = {key: row for row, key in enumerate(names.ids)}
    rows = np.array([row_of[path] for path in said["category"]], dtype=np.int64)
    columns = np.array([column_of[key] for key in said["taxonomy_id"]], dtype=np.int64)
    voters = np.bincount(rows, minlength=len(own)).astype(np.float64)
    shares = said["confidence"].to_numpy() ** (1 / CALIBRATION) / voters[rows]
    shape = (len(own), len(names.paths))
    return sparse.csr_array((shares, (rows, columns)), shape=shape), voters


@dataclass(frozen=True)
class Decision:
    """What a person wrote for one own category: a path of the taxonomy, or None for none."""

    category: str
    taxonomy: str | None


def read_decisions(file: Path) -> list[Decision]:
    """Read what a person decided: rows whose ``taxonomy`` is not what was ``found``.

    Rows with ``decided`` "person" count in any case.

    Raises:
        LoadError: the file cannot be read, lacks a column, decides a category twice, or names one
            that the taxonomy has not; the sentence says the line.
    """
    rows = read_rows(file)
    for name in ("category", "taxonomy"):
        if name not in rows.frame.columns:
            raise LoadError(f"{file} has no column {name}: keep the header that was written there")
    if rows.broken:
        line, reason, _ = rows.broken[0]
        raise LoadError(f"{file}, line {line}: {reason}")
    for name in ("found", "decided"):
        if name not in rows.frame.columns:
            rows.frame = rows.frame.with_columns(pl.lit(None, pl.String).alias(name))
    decided: dict[str, Decision] = {}
    columns = [LINE, "category", "taxonomy", "found", "decided"]
    for line, *texts in rows.frame.select(columns).iter_rows():
        category, taxonomy, found, by = (str(text or "").strip() for text in texts)
        if not category or (taxonomy == found and by != "person"):
            continue
        if category in decided:
            raise LoadError(f"{file}, line {line}: {category!r} is decided above: keep one of them")
        if taxonomy and taxonomy not in _known():
            raise LoadError(f"{file}, line {line}, column taxonomy: {_unknown(taxonomy)}")
        decided[category] = Decision(category, taxonomy or None)
    return list(decided.values())


@cache
def _known() -> frozenset[str]:
    both = (path_in(load_taxonomy().categories, language)["path"] for language in ("en", "zh"))
    return frozenset(path for paths in both for path in paths)


def _unknown(taxonomy: str) -> str:
    close = difflib.get_close_matches(taxonomy, _known(), n=1)
    hint = f"did you mean {close[0]!r}?" if close else "write a whole path of it."
    return (
        f"{taxonomy!r} is no category of the taxonomy: {hint} "
        "An empty field leaves the shop's category alone."
    )


def overruled(proposals: pl.DataFrame, decisions: list[Decision]) -> pl.DataFrame:
    """Return the proposals with a person's decisions in them, which are certain.

    A decision on a category that the shop has no more is kept, with 0 products.
    """
    fresh = pl.DataFrame(
        {
            "category": [one.category for one in decisions],
            "taxonomy": [one.taxonomy for one in decisions],
            "confidence": [1.0 if one.taxonomy else None for one in decisions],
            "decided": ["person"] * len(decisions),
        },
        schema={
            name: CATEGORY_MAP[name] for name in ("category", "taxonomy", "confidence", "decided")
        },
    )
    known = proposals.select("category", "found", "products")
    person = fresh.join(known, on="category", how="left").with_columns(
        pl.col("products").fill_null(0)
    )
    rest = proposals.join(fresh, on="category", how="anti")
    return pl.concat([rest, person.select(*CATEGORY_MAP)]).sort("category")


def mapped(
    categories: pl.DataFrame, products: pl.DataFrame, file: Path
) -> tuple[pl.DataFrame, pl.DataFrame, str]:
    """Map the shop's categories: (rows that the products gain, the table for ``file``, a note).

    Raises:
        LoadError: see :func:`read_decisions`.
    """
    decisions = read_decisions(file) if file.exists() else []
    table = overruled(propose(categories, products), decisions)
    held = table.filter(pl.col("products") > 0)
    note = (
        f"{held['taxonomy'].count():,} of the shop's {held.height:,} categories are laid over the "
        f"taxonomy, {len(decisions):,} as a person decided: see {file.name}"
    )
    return lay_over(categories, table), table, note


def lay_over(categories: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return what the products gain: rows of ``product_categories`` with the source "mapped".

    An own category that is the taxonomy's already gains nothing.
    """
    chosen = table.filter(
        pl.col("taxonomy").is_not_null() & (pl.col("taxonomy") != pl.col("category"))
    )
    held = categories.select("product", category=pl.col("path").list.join(SEPARATOR))
    return (
        held.join(chosen, on="category", maintain_order="left")
        .select(
            "product",
            path=pl.col("taxonomy").str.split(SEPARATOR),
            source=pl.lit("mapped"),
            confidence="confidence",
        )
        .unique(maintain_order=True)
        .select(*PRODUCT_CATEGORIES)
    )
