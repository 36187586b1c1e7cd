"""Find categories and attribute values in product titles, with Shopify's taxonomy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.loaders.find_agreement import agree, features
from crossaisle.loaders.find_attributes import title_values, value_phrases
from crossaisle.loaders.find_categories import (
    DRESS,
    Parsed,
    candidates,
    name_places,
    parse,
    softmax,
)
from crossaisle.loaders.find_names import Names, taxonomy_names
from crossaisle.loaders.find_themes import FreeWords, collocations, free_phrases, themes
from crossaisle.loaders.find_words import words
from crossaisle.loaders.taxonomy import SEPARATOR, parent_paths

Encode = Callable[[list[str]], np.ndarray]

SHARPNESS, NOTHING = 6.0, 0.55
"""A name that scores NOTHING is as likely as no name at all; e^SHARPNESS is the odds of 1 more."""

OWN = 0.3
"""Weight of a title's own words against what the shop's other titles say of them."""

CONFIDENT = 0.38
"""Confidence below which no category is given."""

NARROW = 0.5
"""A narrower category is given when it holds this share of the wider one's confidence."""

CATEGORIES = {"id": pl.String, "path": pl.String, "taxonomy_id": pl.String}
CATEGORIES |= {"confidence": pl.Float64, "source": pl.String}
ATTRIBUTES = {"id": pl.String, "kind": pl.String, "value": pl.String}
ATTRIBUTES |= {"confidence": pl.Float64, "source": pl.String}


@dataclass(frozen=True)
class Found:
    """What titles say.

    categories: ``id``, ``path`` (joined by `` > ``), ``taxonomy_id``, ``confidence`` in (0, 1],
    ``source`` "title"; at most one a product. attributes: ``id``, ``kind``, ``value``,
    ``confidence``, ``source`` ("title", or "inferred" for themes that only this shop's titles
    suggest).
    """

    categories: pl.DataFrame
    attributes: pl.DataFrame


def find(products: pl.DataFrame, *, encode: Encode | None = None) -> Found:
    """Find categories and attributes of products that have nothing but titles.

    Categories: names of the taxonomy in the title, weighted by where the head noun is
    (:mod:`crossaisle.loaders.find_categories`); then the shop's titles decide together
    (:mod:`crossaisle.loaders.find_agreement`). No category is given below :data:`CONFIDENT`.

    Args:
        products: ``id`` and ``title`` (null and "" are titles that say nothing).
        encode: texts -> unit vectors (texts, dimensions), to settle what words leave open.
    """
    ids = products["id"].to_list()
    titles = products["title"].fill_null("").to_list()
    names = taxonomy_names()
    modifiers = (
        frozenset(
            said[0]
            for said, (kind, _) in value_phrases().items()
            if len(said) == 1 and kind in ("colour", "material", "size")
        )
        | DRESS
    )
    said = [words(title) for title in titles]
    parsed = [parse(one, modifiers, names) for one in said]
    rows, confidence = _decide(parsed, names)
    categories = _category_frame(ids, rows, confidence, names)
    attributes = _attribute_frame(ids, titles, said, parsed, rows, confidence, names)
    return Found(categories, attributes)


def _decide(parsed: list[Parsed], names: Names) -> tuple[np.ndarray, np.ndarray]:
    """Return each title's category row and its confidence (0 where nothing was found)."""
    coarse, second = _second_level(names)
    scores = [candidates(one, names) for one in parsed]
    prior = np.zeros(coarse.shape[1])
    for _ in range(3):
        own = _shares(scores, prior[second], len(second))
        mass = np.asarray((own @ coarse).sum(axis=0)).ravel()
        prior = np.clip(0.06 * np.log((mass + 0.2) / (mass.sum() / 50 + 0.2)), -0.5, 0.15)
    pooled = agree(features([one.words for one in parsed]), own, coarse, power=3.0)
    shares = sparse.csr_array(OWN * own + (1 - OWN) * pooled)
    return _narrow(shares, coarse, names)


def _second_level(names: Names) -> tuple[sparse.csr_array, np.ndarray]:
    tops = [parent_paths(path)[:2][-1] for path in names.paths]
    column = {path: at for at, path in enumerate(sorted(set(tops)))}
    second = np.array([column[path] for path in tops])
    ones = np.ones(len(tops))
    return sparse.csr_array((ones, (np.arange(len(tops)), second))), second


def _shares(scores: list[dict[int, float]], prior: np.ndarray, width: int) -> sparse.csr_array:
    at: list[int] = []
    rows: list[int] = []
    shares: list[float] = []
    for number, found in enumerate(scores):
        shifted = {row: score + prior[row] for row, score in found.items()}
        for row, share in softmax(shifted, SHARPNESS, NOTHING).items():
            if share > 0.005:
                at.append(number)
                rows.append(row)
                shares.append(share)
    return sparse.csr_array((shares, (at, rows)), shape=(len(scores), width))


def _narrow(
    shares: sparse.csr_array, coarse: sparse.csr_array, names: Names
) -> tuple[np.ndarray, np.ndarray]:
    """Take the best second level, and below it the narrowest category that has NARROW of it."""
    row_of = {path: row for row, path in enumerate(names.paths)}
    count = shares.shape[0]
    best, confidence = np.full(count, -1), np.zeros(count)
    for number in range(count):
        held = slice(shares.indptr[number], shares.indptr[number + 1])
        sums: dict[str, float] = {}
        for row, share in zip(shares.indices[held], shares.data[held], strict=True):
            for path in parent_paths(names.paths[row])[1:]:
                sums[path] = sums.get(path, 0.0) + share
        if not sums:
            continue
        wide = max((path for path in sums if path.count(SEPARATOR) == 1), key=lambda p: sums[p])
        deep = [path for path in sums if (path + SEPARATOR).startswith(wide + SEPARATOR)]
        deep = [path for path in deep if sums[path] >= NARROW * sums[wide]]
        chosen = max(deep, key=lambda path: (path.count(SEPARATOR), sums[path]))
        best[number], confidence[number] = row_of[chosen], min(1.0, sums[wide])
    return best, confidence


def _category_frame(
    ids: list[str], rows: np.ndarray, confidence: np.ndarray, names: Names
) -> pl.DataFrame:
    sure = np.flatnonzero(confidence >= CONFIDENT)
    columns = {
        "id": [ids[at] for at in sure],
        "path": [names.paths[rows[at]] for at in sure],
        "taxonomy_id": [names.ids[rows[at]] for at in sure],
        "confidence": confidence[sure],
        "source": ["title"] * len(sure),
    }
    return pl.DataFrame(columns, schema=CATEGORIES)


def _attribute_frame(
    ids: list[str],
    titles: list[str],
    said: list[list[str]],
    parsed: list[Parsed],
    rows: np.ndarray,
    confidence: np.ndarray,
    names: Names,
) -> pl.DataFrame:
    found: list[tuple[str, str, str, float, str]] = []
    free: list[FreeWords] = []
    for number, title in enumerate(titles):
        row = int(rows[number]) if confidence[number] >= CONFIDENT else -1
        taken = name_places(parsed[number], row, names)
        path = names.paths[row] if row >= 0 else ""
        edible = path.startswith("Food") or "Fragrance" in path
        values = title_values(title, taken, edible)
        found += [(ids[number], one.kind, one.value, one.confidence, "title") for one in values]
        covered = taken.union(*(range(one.start, one.end) for one in values if one.start >= 0))
        free.append(
            FreeWords(
                tuple(
                    one if at not in covered and _is_theme_word(one, names) else None
                    for at, one in enumerate(said[number])
                ),
                parsed[number].head,
            )
        )
    strong = themes(free)
    joined = collocations(free)
    for number, title_words in enumerate(free):
        for one in sorted(free_phrases(title_words, joined)):
            if one in strong:
                found.append((ids[number], "theme", " ".join(one), strong[one], "inferred"))
    return pl.DataFrame(found, schema=ATTRIBUTES, orient="row")


def _is_theme_word(one: str, names: Names) -> bool:
    return len(one) > 2 and one.isalpha() and one not in DRESS and names.idf.get(one, 9.9) > 7.0
