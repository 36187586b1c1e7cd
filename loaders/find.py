"""Find categories and attribute values in product titles, with Shopify's taxonomy."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.loaders.find_agreement import agree, features
from crossaisle.loaders.find_attributes import value_phrases
from crossaisle.loaders.find_categories import (
    DRESS,
    Lexicon,
    Parsed,
    candidates,
    name_places,
    parse,
    softmax,
)
from crossaisle.loaders.find_chinese import (
    chinese_candidates,
    chinese_values,
    in_words_of,
    is_chinese,
    segment,
)
from crossaisle.loaders.find_chinese_themes import chinese_themes
from crossaisle.loaders.find_descriptions import described
from crossaisle.loaders.find_meaning import Encode, Scores, settle
from crossaisle.loaders.find_names import Names, taxonomy_names
from crossaisle.loaders.find_values import Row, Title, attribute_rows, tasted
from crossaisle.loaders.find_words import words
from crossaisle.loaders.taxonomy import load_taxonomy, parent_paths, path_in

SHARPNESS, NOTHING = 6.0, 0.55
"""A name that scores NOTHING is as likely as no name at all; e^SHARPNESS is the odds of 1 more."""

OWN = 0.3
"""Weight of a title's own words against what the shop's other titles say of them."""

CONFIDENT = 0.63
"""Confidence below which no category is given: a precision of .85 on the development labels."""

CALIBRATION = 1 / 3
"""A share of s has been right about s^CALIBRATION of the time on the development labels."""

NARROW = 0.5
"""A narrower category is given when it holds this share of the wider one's confidence."""

CATEGORIES = pl.Schema(
    {
        "id": pl.String,
        "path": pl.String,
        "taxonomy_id": pl.String,
        "confidence": pl.Float64,
        "source": pl.String,
    }
)
ATTRIBUTES = pl.Schema(
    {
        "id": pl.String,
        "kind": pl.String,
        "value": pl.String,
        "confidence": pl.Float64,
        "source": pl.String,
    }
)


@dataclass(frozen=True)
class Found:
    """What titles say.

    categories: ``id``, ``path`` (joined by `` > ``), ``taxonomy_id``, ``confidence`` in (0, 1],
    ``source`` "title"; at most one a product. attributes: ``id``, ``kind``, ``value``,
    ``confidence``, ``source`` ("title", "description", or "inferred" for themes that only this
    shop's titles suggest).
    """

    categories: pl.DataFrame
    attributes: pl.DataFrame


def find(products: pl.DataFrame, *, encode: Encode | None = None) -> Found:
    """Find categories and attributes of products that have nothing but titles.

    Categories: names of the taxonomy in the title, weighted by where the head noun is
    (:mod:`crossaisle.loaders.find_categories`); then the shop's titles decide together
    (:mod:`crossaisle.loaders.find_agreement`). No category is given below :data:`CONFIDENT`.

    Args:
        products: ``id`` and ``title`` (null and "" are titles that say nothing), English or
            Chinese; where most are Chinese, paths and values are written in Chinese. With a
            ``description``, values are looked for there too
            (:mod:`crossaisle.loaders.find_descriptions`).
        encode: texts -> unit vectors (texts, dimensions), to settle what words leave open.
    """
    ids = products["id"].to_list()
    titles = products["title"].fill_null("").to_list()
    names = taxonomy_names()
    chinese = [is_chinese(title) for title in titles]
    said = [
        segment(title) if han else words(title) for title, han in zip(titles, chinese, strict=True)
    ]
    lexicon = lexicon_of(names)
    parsed = [parse(one, lexicon) for one in said]
    scores = [
        chinese_candidates(pieces) if han else candidates(one, names)
        for one, pieces, han in zip(parsed, said, chinese, strict=True)
    ]
    if encode is not None:
        scores = settle(scores, titles, names, encode)
    rows, confidence = _decide(parsed, scores, names)
    mostly_chinese = 2 * sum(chinese) > len(chinese)
    paths = path_in(load_taxonomy().categories, "zh" if mostly_chinese else "en")["path"]
    categories = _category_frame(ids, rows, confidence, names, paths.to_list())
    sure = np.where(confidence >= CONFIDENT, rows, -1).tolist()
    noticed = [
        Title(
            id=ids[at],
            text=titles[at],
            words=said[at],
            parsed=parsed[at],
            named=name_places(parsed[at], row, names) if row >= 0 else frozenset(),
            path=names.paths[row] if row >= 0 else "",
        )
        for at, row in enumerate(sure)
    ]
    english = [title for title, han in zip(noticed, chinese, strict=True) if not han]
    found = attribute_rows(english, names)
    for title, han in zip(noticed, chinese, strict=True):
        if han:
            found += _chinese_rows(title, in_chinese=mostly_chinese)
    every = zip(noticed, chinese, strict=True)
    found += chinese_themes([(title.id, title.words) for title, han in every if han])
    attributes = pl.DataFrame(found, schema=ATTRIBUTES, orient="row")
    if "description" in products.columns:
        paths_of = {title.id: title.path for title in noticed}
        attributes = pl.concat(
            [attributes, described(products, paths_of, attributes, in_chinese=mostly_chinese)]
        )
    return Found(categories, attributes)


def _chinese_rows(title: Title, *, in_chinese: bool) -> list[Row]:
    rows = []
    for one in chinese_values(title.text, title.words, edible=title.path in tasted()):
        value = in_words_of(in_chinese, one.kind, one.value)
        rows.append((title.id, one.kind, value, one.confidence, "title"))
    return rows


def lexicon_of(names: Names) -> Lexicon:
    """Sort the words of the taxonomy's values and names by what they can be in a title."""
    modifiers = describing("colour", "material", "size")
    motifs = describing("theme", "pattern", "shape", "flavour") - modifiers
    goods = frozenset(one for one, share in names.headness.items() if share > 0.3)
    return Lexicon(modifiers, describing("colour", "size"), motifs, goods - modifiers - motifs)


def describing(*kinds: str) -> frozenset[str]:
    """Return the single words that tell how a product looks, not what it is."""
    single = (said for said, (kind, _) in value_phrases().items() if kind in kinds)
    return frozenset(DRESS | {said[0] for said in single if len(said) == 1})


def _decide(
    parsed: list[Parsed], scores: list[Scores], names: Names
) -> tuple[np.ndarray, np.ndarray]:
    """Return each title's category row and its confidence (0 where nothing was found)."""
    coarse, second = second_level(names)
    prior = np.zeros(coarse.shape[1])
    for _ in range(3):
        own = shares_of(scores, prior[second], len(second))
        mass = np.asarray((own @ coarse).sum(axis=0)).ravel()
        prior = np.clip(0.06 * np.log((mass + 0.2) / (mass.sum() / 50 + 0.2)), -0.5, 0.1)
    said = features([one.words for one in parsed])
    pooled = agree(said, own, coarse, power=2.0)
    shared = said @ (np.asarray(said.sum(axis=0)).ravel() > 1)
    weight = np.where(shared > 0, OWN, 1.0)[:, None]  # nobody to agree with: its own words
    shares = sparse.csr_array(own.multiply(weight) + pooled.multiply(1 - weight))
    rows, confidence = narrow(shares, coarse, names)
    return rows, confidence**CALIBRATION


def second_level(names: Names) -> tuple[sparse.csr_array, np.ndarray]:
    """Return what second level a category is in: 0 or 1 (categories, levels), and its column."""
    tops = [parent_paths(path)[:2][-1] for path in names.paths]
    column = {path: at for at, path in enumerate(sorted(set(tops)))}
    second = np.array([column[path] for path in tops])
    ones = np.ones(len(tops))
    return sparse.csr_array((ones, (np.arange(len(tops)), second))), second


def shares_of(scores: list[Scores], prior: np.ndarray, width: int) -> sparse.csr_array:
    """Turn scores, with each category's prior added, into shares: (titles, width)."""
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


def narrow(
    shares: sparse.csr_array, coarse: sparse.csr_array, names: Names
) -> tuple[np.ndarray, np.ndarray]:
    """Take the best second level, and below it the narrowest category that has NARROW of it."""
    wide = sparse.csr_array(shares @ coarse).toarray()
    best, confidence = np.full(len(wide), -1), np.minimum(wide.max(axis=1, initial=0.0), 1.0)
    tops = wide.argmax(axis=1)
    below = coarse.indices  # each category's second level
    for number in np.flatnonzero(confidence > 0):
        held = slice(shares.indptr[number], shares.indptr[number + 1])
        rows, parts = shares.indices[held], shares.data[held]
        inside = (below[rows] == tops[number]) & (parts > 0.01 * confidence[number])
        sums: dict[int, float] = {}
        for row, share in zip(rows[inside], parts[inside], strict=True):
            for above in names.lineage[row]:
                sums[above] = sums.get(above, 0.0) + share
        enough = [row for row, share in sums.items() if share >= NARROW * confidence[number]]
        if enough:
            best[number] = max(enough, key=lambda row: (len(names.lineage[row]), sums[row], -row))
        else:
            confidence[number] = 0.0
    return best, confidence


def _category_frame(
    ids: list[str], rows: np.ndarray, confidence: np.ndarray, names: Names, paths: list[str]
) -> pl.DataFrame:
    sure = np.flatnonzero(confidence >= CONFIDENT)
    columns = {
        "id": [ids[at] for at in sure],
        "path": [paths[rows[at]] for at in sure],
        "taxonomy_id": [names.ids[rows[at]] for at in sure],
        "confidence": confidence[sure],
        "source": ["title"] * len(sure),
    }
    return pl.DataFrame(columns, schema=CATEGORIES)
