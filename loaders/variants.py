"""The same product twice: variants (another size, colour or number) and twins (two ids)."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES, TWINS
from crossaisle.loaders.find_attributes import measures, quantity, value_phrases
from crossaisle.loaders.find_categories import CUTS
from crossaisle.loaders.find_words import words

VARIANT, TWIN = "variant of", "twin of"
"""Attribute kinds: the products of one group share one node."""

ALIKE = 0.92
"""Weighted Jaccard of the words that name two products from which they are one product."""

WORDS = 2
"""Words, beside colours, sizes and numbers, that a title needs to name a product at all."""

COMMON = 0.03
"""A word in more than this share of the titles, and in more than :data:`BLOCK` of them, does not
count for :data:`WORDS`."""

BLOCK = 40
"""Titles of one block that are compared with each other; larger blocks say too little."""

MANY = {"set", "pack", "lot", "bundle", "piece"}
"""Words that say that there are several, not what."""

PAIRS = pl.Schema({"first": pl.String, "second": pl.String, "kind": pl.String, "score": pl.Float64})


@dataclass(frozen=True)
class Said:
    """A title for comparison: what it names, and which of it (colours, sizes, numbers)."""

    core: frozenset[str] = frozenset()
    which: frozenset[str] = frozenset()


def pairs_of(
    products: pl.DataFrame, attributes: pl.DataFrame, categories: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Find pairs of products that are one product, or one in another size, colour or number.

    Blocks: the same naming words; the same GTIN; the same two rarest words. In a block of at most
    :data:`BLOCK`, with w the inverse frequencies ln(titles / titles with the word),
    score = SUM_{A and B} w / SUM_{A or B} w over the naming words. Two brands, or two numbers that
    measure nothing (models), are two products; one GTIN is one product.

    Args:
        products: ``id``, ``title``.
        attributes: rows of the catalogue; kinds "brand" and "gtin" are read.
        categories: rows of the catalogue: words of a product's own category name no product.

    Returns:
        ``first``, ``second``, ``kind`` ("twin" or "variant"), ``score`` in [0.92, 1].
    """
    ids = products["id"].to_list()
    said = [read(title) for title in products["title"].fill_null("")]
    brand, code = (_values(attributes, kind) for kind in ("brand", "gtin"))
    brands = [brand.get(key) for key in ids]
    codes = [code.get(key) for key in ids]
    weights = _weights(said)
    generic = _generic(ids, categories)
    share = max(COMMON, BLOCK / max(len(said), 1))
    common = {word for word, weight in weights.items() if weight < -math.log(share)}
    naming = [
        one if len(one.core - common - generic.get(key, frozenset())) >= WORDS else Said()
        for one, key in zip(said, ids, strict=True)
    ]
    rows: list[tuple[str, str, str, float]] = []
    for one, other in sorted(set(_candidates(naming, codes, weights))):
        same_code = codes[one] is not None and codes[one] == codes[other]
        if brands[one] and brands[other] and brands[one] != brands[other] and not same_code:
            continue
        score = 1.0 if same_code else _alike(said[one].core, said[other].core, weights)
        if score < ALIKE:
            continue
        two_codes = bool(codes[one] and codes[other]) and not same_code
        twin = same_code or (said[one].which == said[other].which and not two_codes)
        rows.append((ids[one], ids[other], "twin" if twin else "variant", score))
    return pl.DataFrame(rows, schema=PAIRS, orient="row")


def with_groups(
    products: pl.DataFrame, attributes: pl.DataFrame, categories: pl.DataFrame, notes: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add groups of twins and variants to the attributes: (attributes, twins); a note says so."""
    pairs = pairs_of(products, attributes, categories)
    twins = pairs.filter(kind="twin").select(*TWINS)
    if not pairs.height:
        return attributes, twins
    joined = groups(pairs, products)
    size = joined.group_by("kind").agg(pl.col("product").n_unique())
    count = dict(size.iter_rows())
    notes.append(
        f"{count.get(TWIN, 0):,} products have a twin, the same title and brand under another id "
        f"(see the twins' file); {count.get(VARIANT, 0):,} have another size, colour or number"
    )
    return pl.concat([attributes, joined]), twins


def read(title: str) -> Said:
    """Part a title into naming words and the rest.

    >>> sorted(read("SET OF 6 RED SPOTTY CUPS").core)
    ['cup', 'spotty']
    """
    said = words(title)
    table = value_phrases()
    # Without a unit it is a model: a 4x32 scope is no 3x40 one.
    which = {measure.value for measure in measures(title) if measure.value[-1].isalpha()}
    pieces = quantity(said)
    if pieces:
        which.add(f"{pieces.value} pieces")
    core: set[str] = set()
    units = {*words(" ".join(which)), *re.findall(r"[\d.]+|[a-z]+", " ".join(which))}
    for one in said:
        if (one,) in table and table[(one,)][0] in ("colour", "size"):
            which.add(table[(one,)][1])
        elif one[0].isalnum() and one not in CUTS | MANY | units:
            core.add(one)
    return Said(frozenset(core), frozenset(which))


def groups(pairs: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Make attributes of pairs: each chain of twins, or of twins and variants, is one value.

    The value is the title of the group's first product, with its id where two groups would have
    the same. Rows as the catalogue's attributes, source "inferred", confidence a product's best
    score.
    """
    tables = [pl.DataFrame(schema=dict(PRODUCT_ATTRIBUTES))]
    for kind, chosen in ((TWIN, pairs.filter(kind="twin")), (VARIANT, pairs)):
        if kind == VARIANT and not chosen.filter(kind="variant").height:
            continue
        ends = pl.concat([chosen["first"], chosen["second"]])
        ids = ends.unique().sort()
        place = {key: at for at, key in enumerate(ids)}
        head, tail = (
            np.array([place[key] for key in chosen[end]], dtype=np.int64)
            for end in ("first", "second")
        )
        joined = sparse.coo_array((np.ones(len(head)), (head, tail)), shape=(len(ids),) * 2)
        _, group = sparse.csgraph.connected_components(joined, directed=False)
        score = np.zeros(len(ids))
        for end in (head, tail):
            np.maximum.at(score, end, chosen["score"].to_numpy())
        table = pl.DataFrame({"product": ids, "group": group, "confidence": score})
        table = table.join(
            products.select(product="id", title="title"), on="product", how="left"
        ).sort("group", "product")
        table = table.with_columns(
            value=pl.col("title").first().over("group"),
            lead=pl.col("product").first().over("group"),
        )
        twice = pl.col("group").n_unique().over("value") > 1
        label = pl.when(twice).then(pl.format("{} ({})", "value", "lead")).otherwise("value")
        tables.append(
            table.with_columns(
                value=label.fill_null(pl.col("lead")), kind=pl.lit(kind), source=pl.lit("inferred")
            ).select(*PRODUCT_ATTRIBUTES)
        )
    return pl.concat(tables)


def _values(attributes: pl.DataFrame, kind: str) -> dict[str, str]:
    chosen = attributes.filter(kind=kind).unique("product", keep="first", maintain_order=True)
    return {
        key: value.strip().casefold()
        for key, value in chosen.select("product", "value").iter_rows()
    }


def _generic(ids: Sequence[str], categories: pl.DataFrame | None) -> dict[str, frozenset[str]]:
    if categories is None:
        return {}
    paths = categories.select("product", pl.col("path").list.join(" "))
    found: dict[str, set[str]] = defaultdict(set)
    for key, path in paths.iter_rows():
        found[key] |= set(words(path))
    return {key: frozenset(found.get(key, ())) for key in ids}


def _weights(said: Sequence[Said]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for one in said:
        counts.update(one.core)
    return {word: math.log((1 + len(said)) / count) for word, count in counts.items()}


def _candidates(
    said: Sequence[Said], codes: Sequence[str | None], weights: dict[str, float]
) -> Iterator[tuple[int, int]]:
    blocks: dict[object, list[int]] = defaultdict(list)
    for row, (one, code) in enumerate(zip(said, codes, strict=True)):
        if code:
            blocks["gtin", code].append(row)
        if len(one.core) >= WORDS:
            blocks[one.core].append(row)
            rarest = sorted(one.core, key=lambda word: (-weights[word], word))
            for pair in combinations(sorted(rarest[:3]), 2):
                blocks[pair].append(row)
    for rows in blocks.values():
        if 1 < len(rows) <= BLOCK:
            yield from combinations(rows, 2)


def _alike(one: frozenset[str], other: frozenset[str], weights: dict[str, float]) -> float:
    if any(word[0].isdigit() for word in one ^ other):
        return 0.0  # a model, a shade, a year
    both = sum(weights[word] for word in sorted(one & other))
    return both / (both + sum(weights[word] for word in sorted(one ^ other)) or 1.0)
