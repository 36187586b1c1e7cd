"""The largest walks of each score, without looking at all of them.

A walk of a score is a cell of V (:mod:`crossaisle.fusion.decompose`). Those from product to product
are one number a pair, and cheap. The k-th largest of them, or less, is a bound t_j that every walk
shown for candidate j reaches; nearly all others are below it and are never made:

- content's walks are shares of one number a pair, all of its sign: only pairs whose number reaches
  t_j are taken apart,
- the network's are products of leaves, at most a_n |x_n| b_m |x_m|: leaves that reach t_j with none
  by this are left out, the others multiplied in float32, and what then reaches t_j, less what
  float32 can err by, is worked out in float64 (:mod:`crossaisle.fusion.leaves`).

Content and network may meet in one walk, through a node of both; each is then held against t_j / 2.
So what is found is what sorting all walks would find: tests compare.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse

from crossaisle.fusion.bundle import Bundle, bundled
from crossaisle.fusion.channels import (
    ContentTable,
    NetworkTables,
    PeopleTables,
    WalkTable,
    looked_up,
)
from crossaisle.fusion.common import Common, common
from crossaisle.fusion.leaves import Leaves
from crossaisle.fusion.model import CHANNELS, Model
from crossaisle.fusion.walk_values import IMAGE, NONE, PEOPLE, SHARED, TEXT

LISTED, PAIRS, CELLS = 500, 50_000, 20_000_000
"""Candidates, pairs and (lists x features) laid out together, at most; a longer list is alone."""

SUMS = ("bias", "score", "rest")

PARTS = 4
"""Of a history for each walk shown; more make the bound tighter, and cost time."""

FEW = 32
"""Walks shown of a product, at most; for more, all are looked at."""


class Cells(NamedTuple):
    """Walks, of any candidates of a bundle."""

    candidate: np.ndarray  # int: place among those asked
    value: np.ndarray  # float64
    item: np.ndarray  # int: the history product's row
    sort: np.ndarray  # int: of crossaisle.fusion.walk_values
    mine: np.ndarray  # int: node at the history's side, NONE for the product itself
    theirs: np.ndarray  # int: node at the candidate's side


@dataclass(frozen=True)
class Largest:
    """The largest walks of several scores, and the scores."""

    walks: Cells  # by candidate, largest first
    start: np.ndarray  # int (m + 1,): where each candidate's walks start
    bias: np.ndarray  # float64 (m,)
    score: np.ndarray  # float64 (m,)
    rest: np.ndarray  # float64 (m,): of the score, what is neither bias nor one of the walks


def largest_of(
    rows: Sequence[tuple[int, float, int, int, int, int]],
    bias: np.ndarray,
    score: np.ndarray,
    rest: np.ndarray,
) -> Largest:
    """Lay out walks that come as rows of :class:`Cells`, by candidate."""
    columns = zip(*rows, strict=True) if rows else [()] * len(Cells._fields)
    types = [np.float64 if name == "value" else np.int64 for name in Cells._fields]
    walks = Cells(*(np.array(c, kind) for c, kind in zip(columns, types, strict=True)))
    start = np.searchsorted(walks.candidate, np.arange(len(score) + 1))
    return Largest(walks, start, bias, score, rest)


def put_together(parts: Sequence[Largest], places: Sequence[np.ndarray]) -> Largest:
    """Put together what was found apart; ``places``, int, says where each part's candidates go."""
    place = np.concatenate(places)
    shifted = [p.walks._replace(candidate=at[p.walks.candidate])
               for p, at in zip(parts, places, strict=True)]  # fmt: skip
    walks = Cells(*(np.concatenate(column) for column in zip(*shifted, strict=True)))
    walks = Cells(*(column[np.argsort(walks.candidate, kind="stable")] for column in walks))
    order = np.argsort(place)
    sums = (np.concatenate([getattr(p, name) for p in parts])[order] for name in SUMS)
    start = np.searchsorted(walks.candidate, np.arange(len(place) + 1))
    return Largest(walks, start, *sums)


@dataclass(frozen=True)
class _Sums:
    """What the channels say of each pair, and in all; times h_i |h|^-1/4 and their factors."""

    people: np.ndarray  # float64 (pairs,): the walk from product to product
    image: np.ndarray | None  # float64 (pairs,)
    content: np.ndarray | None  # float64 (pairs,): all of that pair's walks
    steep: np.ndarray  # float64 (pairs,): content / (F_i . F_j)
    common: Common | None
    network: np.ndarray  # float64 (m,): all walks of each candidate but those in ``people``

    def total(self, bundle: Bundle) -> np.ndarray:
        """Add up all of a candidate's walks: float64 (m,)."""
        whole = self.people.copy()
        for part in (self.image, self.content):
            if part is not None:
                whole += part
        count = len(bundle.product)
        mine = np.bincount(bundle.theirs, weights=whole, minlength=count)
        return np.asarray(mine + self.network)


class LargestWalks:
    """Finds them for products that are not new. Made once for a model."""

    def __init__(self, model: Model) -> None:
        """Measure the network's leaves."""
        self.model = model
        network = model.channels.get("network")
        self.leaves = Leaves(model, network) if isinstance(network, NetworkTables) else None

    def able(self, products: np.ndarray, top: int) -> np.ndarray:
        """For which products it can: bool (m,)."""
        plain = self.leaves is None or self.leaves.plain
        return np.asarray(~self.model.is_new[products] & plain & (0 < top <= FEW))

    def find(
        self,
        histories: sparse.csr_array,
        users: np.ndarray,
        products: np.ndarray,
        top: int,
        untold: np.ndarray,
    ) -> Largest:
        """Score products, and find the ``top`` largest walks of each score.

        Args:
            histories: float32 (users, products), nothing in them that no score draws on.
            users: int (m,), rows of histories.
            products: int (m,), rows of candidates for which it can.
            top: how many walks.
            untold: bool (nodes + 1,), nodes that no walk found may end in; the last: none.
        """
        places = [np.arange(len(users))[at] for at in self._blocks(histories, users)]
        parts = [
            self._find(*bundled(self.model, histories, users[at], products[at]), top, untold)
            for at in places
        ]
        return put_together(parts, places)

    def _blocks(self, histories: sparse.csr_array, users: np.ndarray) -> Iterator[slice]:
        """Cut what is asked into runs that are laid out together."""
        wide = self.model.features.matrix.shape[1]
        size = np.diff(histories.indptr)[users] + max(PAIRS // LISTED, PAIRS * wide // CELLS)
        cuts = np.flatnonzero(np.diff(np.cumsum(size) // PAIRS)) + 1
        for start, end in pairwise([0, *cuts.tolist(), len(users)]):
            yield slice(start, end)

    def _find(self, bundle: Bundle, order: np.ndarray, top: int, untold: np.ndarray) -> Largest:
        sums = self._sums(bundle)
        bound = _bound(sums, bundle, top)
        parts = [_direct(part, sort, bundle, bound) for part, sort in
                 ((sums.people, PEOPLE), (sums.image, IMAGE)) if part is not None]  # fmt: skip
        parts += self._through_nodes(bundle, sums, bound)
        walks = Cells(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        walks = _first(walks, top, untold)
        start = np.searchsorted(walks.candidate, np.arange(len(order) + 1))
        shown = np.bincount(walks.candidate, weights=walks.value, minlength=len(order))
        total = sums.total(bundle)
        bias = self.model.bias[bundle.situation[bundle.of_product], bundle.product]
        bias = bias.astype(np.float64)
        found = Largest(walks, start, bias, bias + total, total - shown)
        return put_together([found], [order])

    def _sums(self, bundle: Bundle) -> _Sums:
        channels = self.model.channels
        pairs = len(bundle.mine)
        people, image, network = np.zeros(pairs), None, np.zeros(len(bundle.product))
        content, steep, both = None, np.zeros(0), None
        items, candidates = bundle.item[bundle.mine], bundle.product[bundle.theirs]
        found: dict[int, np.ndarray] = {}  # two channels may share a table
        for at, name in enumerate(CHANNELS):
            channel, factor = channels.get(name), bundle.factor[:, at]
            if channel is None or not factor.any():
                continue
            if isinstance(channel, WalkTable):
                if id(channel.table) not in found:
                    found[id(channel.table)] = looked_up(channel.table, items, candidates)
                scale = factor[bundle.of_product] * channel.scale[bundle.product]
                value = found[id(channel.table)] * scale[bundle.theirs]
                if name == "image":
                    image = value * bundle.by_kind[bundle.mine]
                else:
                    people += value
            elif isinstance(channel, PeopleTables):
                people += _by_people(channel, bundle, factor)
            elif isinstance(channel, NetworkTables) and self.leaves is not None:
                own, network = self.leaves.sums(bundle, factor)
                people += own
            elif isinstance(channel, ContentTable):
                both = common(self.model.features.matrix, bundle)
                cosine = both.cosines(bundle)
                steep = channel.steepness(items, candidates, cosine)
                steep *= bundle.by_kind[bundle.mine] * bundle.of_pair(at)
                content = steep * cosine
        people *= bundle.by_people[bundle.mine]
        return _Sums(people, image, content, steep, both, network)

    def _through_nodes(self, bundle: Bundle, sums: _Sums, bound: np.ndarray) -> list[Cells]:
        """Walks of content and of the network that may be among the largest."""
        factor = bundle.factor[:, CHANNELS.index("network")]
        network = self.leaves if self.leaves is not None and factor.any() else None
        empty = np.zeros(0, np.int64)
        pair, node, value = empty, empty, np.zeros(0)
        found: list[Cells] = []
        if sums.common is not None and sums.content is not None:
            least = (bound if network is None else bound / 2)[bundle.theirs]
            weighs = np.flatnonzero((np.abs(sums.content) >= least) & (sums.content != 0))
            pair, node, share = sums.common.of_pairs(bundle, weighs)
            value = share * sums.steep[pair]
            said = node >= self._nodes
            words = np.bincount(pair[said], weights=value[said], minlength=len(bundle.mine))
            found.append(_direct(words, TEXT, bundle, bound))
            pair, node, value = pair[~said], node[~said], value[~said]
        if network is not None:
            met, others = network.walks(bundle, factor, bound)
            found.append(Cells(*others))
            key = np.unique(np.concatenate([pair * self._nodes + node, met]))
            pair, node = np.divmod(key, max(self._nodes, 1))
            value = network.shared(bundle, factor, pair, node)
            if sums.common is not None:
                features = self.model.features.matrix
                items, candidates = (
                    bundle.item[bundle.mine[pair]],
                    bundle.product[bundle.theirs[pair]],
                )
                both = looked_up(features, items, node) * looked_up(features, candidates, node)
                value += both * sums.steep[pair]
        sort = np.full(len(pair), SHARED)
        found.append(
            Cells(bundle.theirs[pair], value, bundle.item[bundle.mine[pair]], sort, node, node)
        )
        return found

    @property
    def _nodes(self) -> int:
        return self.model.graph.attributes.height + self.model.graph.categories.height


def _by_people(channel: PeopleTables, bundle: Bundle, factor: np.ndarray) -> np.ndarray:
    """The people channel of every pair, times its factor: float64 (pairs,)."""
    found = np.zeros(len(bundle.mine))
    aisles = channel.aisle_of[bundle.product[bundle.product_at[:-1]]].tolist()
    for at in np.flatnonzero(factor).tolist():
        if (aisle := aisles[at]) in channel.sources:
            items = bundle.item[bundle.item_at[at] : bundle.item_at[at + 1]]
            c, d = bundle.product_at[at : at + 2].tolist()
            near = channel.sources[aisle][items].astype(np.float64)
            far = channel.targets[aisle][channel.place[bundle.product[c:d]]] * factor[at]
            found[bundle.pair_at[c] : bundle.pair_at[d]] = (far @ near.T).ravel()
    return found


def _bound(sums: _Sums, bundle: Bundle, top: int) -> np.ndarray:
    """Find t_j, at most the ``top``-th largest walk from product to product: float64 (m,).

    The history is cut into :data:`PARTS` ``top`` parts; t_j is the ``top``-th largest of the sizes
    that are the largest of their part.
    """
    size = np.abs(sums.people)
    if sums.image is not None:
        size = np.maximum(size, np.abs(sums.image))
    parts = PARTS * top
    at = bundle.pair_at[:-1, None] + np.diff(bundle.pair_at)[:, None] * np.arange(parts) // parts
    largest = np.maximum.reduceat(np.append(size, 0), at.ravel()).reshape(at.shape)
    largest[np.diff(at, axis=1, append=bundle.pair_at[1:, None]) == 0] = 0  # a part of nothing
    return np.partition(largest, parts - top, axis=1)[:, parts - top]


def _direct(values: np.ndarray, sort: int, bundle: Bundle, bound: np.ndarray) -> Cells:
    """Walks of one for each pair that may be among the largest."""
    pair = np.flatnonzero((np.abs(values) >= bound[bundle.theirs]) & (values != 0))
    item, none = bundle.item[bundle.mine[pair]], np.full(len(pair), NONE)
    return Cells(bundle.theirs[pair], values[pair], item, np.full(len(pair), sort), none, none)


def _first(walks: Cells, top: int, untold: np.ndarray) -> Cells:
    """Keep the ``top`` largest of each candidate, first; equal ones as their walks are ordered."""
    kept = np.flatnonzero(~untold[walks.theirs] & (walks.value != 0))
    candidate, size = walks.candidate[kept], np.abs(walks.value[kept])
    order = np.lexsort((-size, candidate))
    kept, candidate, size = kept[order], candidate[order], size[order]
    start = np.searchsorted(candidate, candidate)
    last = np.minimum(start + top, np.searchsorted(candidate, candidate, "right")) - 1
    kept = kept[size >= size[last]]  # and whatever ties with the last
    some = Cells(*(column[kept] for column in walks))
    ends = (some.theirs, some.mine, some.sort, some.item)
    order = np.lexsort((*ends, -np.abs(some.value), some.candidate))
    some = Cells(*(column[order] for column in some))
    start = np.searchsorted(some.candidate, some.candidate)
    within = np.arange(len(start)) - start < top
    return Cells(*(column[within] for column in some))
