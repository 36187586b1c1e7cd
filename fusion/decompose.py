"""A score taken apart into all of its walks: one array operation for a history and its list.

The network's part of a score is bilinear in leaves, so its walks come as one product of matrices,

    V[g, s] = SUM_{n in g} SUM_{m in s} h_i mix_in[i, n] mix_out[j, m] x_in[n] . x_out[m],

g: a history product i and a node at its side; s: a candidate j and a node at its side. The other
channels add to single cells of V: people and walks where both sides are the products themselves,
content where both sides are the same node, or both the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import ContentTable, NetworkTables
from crossaisle.fusion.likeness import CONTENT_WEIGHT, LikenessTable
from crossaisle.fusion.model import CHANNELS, Model

NONE = -1
"""In place of a node: the product itself."""

PAIR, PEOPLE, SHARED, TEXT = range(4)
"""Sorts of walks. pair: from a node to a different one, either of which may be the product itself ·
people: product to product · shared: through a node that both have · text: text to text."""

CELLS = 1_000_000
"""Walks held at a time: 8 MB."""


@dataclass(frozen=True)
class Walks:
    """Every walk from a history of n products to one candidate, in five blocks.

    ``value``, ``item``, ``sort``, ``mine`` and ``theirs`` list them all, block by block.
    """

    items: np.ndarray  # int (n,): the history's rows
    owner: np.ndarray  # int (g,): place in items of whoever has the node
    nodes: np.ndarray  # int (g,): nodes of the history products
    far: np.ndarray  # int (s,): nodes of the candidate
    people: np.ndarray  # float64 (n,)
    text: np.ndarray  # float64 (n,)
    direct: np.ndarray  # float64 (n,): a product itself to the other's text
    to_node: np.ndarray  # float64 (n, s): from the product itself
    from_node: np.ndarray  # float64 (g,): to the candidate itself
    both: np.ndarray  # float64 (g, s): shared where the nodes are the same

    @cached_property
    def value(self) -> np.ndarray:
        """Contributions: float64 (walks,); with the bias they add up to the score."""
        blocks = (self.people, self.text, self.direct, self.to_node, self.from_node, self.both)
        return np.concatenate([block.ravel() for block in blocks])

    @cached_property
    def item(self) -> np.ndarray:
        """The history product's row: int (walks,)."""
        each, having = self.items, self.items[self.owner]
        wide = (np.repeat(rows, len(self.far)) for rows in (each, having))
        return np.concatenate([each, each, each, next(wide), having, next(wide)])

    @cached_property
    def sort(self) -> np.ndarray:
        """:data:`PEOPLE`, :data:`TEXT`, :data:`SHARED` or :data:`PAIR`: int8 (walks,)."""
        n, all_ = len(self.items), len(self.value)
        sort = np.full(all_, PAIR, np.int8)
        sort[:n], sort[n : 2 * n] = PEOPLE, TEXT
        same = np.flatnonzero(self.nodes[:, None] == self.far)
        sort[all_ - self.both.size + same] = SHARED
        return sort

    @cached_property
    def mine(self) -> np.ndarray:
        """Node at the history's side, :data:`NONE` for the product itself: int (walks,)."""
        without = np.full(len(self.items) * (3 + len(self.far)), NONE)
        return np.concatenate([without, self.nodes, np.repeat(self.nodes, len(self.far))])

    @cached_property
    def theirs(self) -> np.ndarray:
        """Node at the candidate's side, :data:`NONE` for the product itself: int (walks,)."""
        n, g = len(self.items), len(self.nodes)
        ends = (np.full(3 * n, NONE), np.tile(self.far, n), np.full(g, NONE), np.tile(self.far, g))
        return np.concatenate(ends)

    def walk(self, at: int) -> tuple[int, int, int, int]:
        """(item, sort, mine, theirs) of one walk, as the arrays have it."""
        n, s, g = len(self.items), len(self.far), len(self.nodes)
        if at < 3 * n:
            return int(self.items[at % n]), (PEOPLE, TEXT, PAIR)[at // n], NONE, NONE
        at -= 3 * n
        if at < n * s:
            return int(self.items[at // s]), PAIR, NONE, int(self.far[at % s])
        at -= n * s
        start, end = (at, NONE) if at < g else divmod(at - g, s)
        mine, theirs = int(self.nodes[start]), NONE if at < g else int(self.far[end])
        return int(self.items[self.owner[start]]), SHARED if mine == theirs else PAIR, mine, theirs

    def largest(self, top: int, untold: np.ndarray | None = None) -> list[int]:
        """Places of the ``top`` largest by size, first; what weighs nothing is none of them.

        ``untold``, bool (walks,), are left out as well.
        """
        size = np.abs(self.value if untold is None else np.where(untold, 0, self.value))
        if 0 < top < len(size):
            least = np.partition(size, len(size) - top)[len(size) - top]
            chosen = np.flatnonzero((size >= least) & (size > 0))  # and whatever ties with the last
        else:
            chosen = np.flatnonzero(size)
        order = sorted(chosen.tolist(), key=lambda at: (-size[at], self.walk(at)))
        return order[: max(top, 0)]

    def key(self, nodes: int) -> np.ndarray:
        """A number for (item, sort, mine, theirs), the same for every candidate: int64 (walks,)."""
        wide = np.int64(nodes + 1)
        route = (self.mine + 1).astype(np.int64) * wide + self.theirs + 1
        return np.asarray((self.item.astype(np.int64) * 4 + self.sort) * wide * wide + route)


@dataclass(frozen=True)
class _Side:
    """Some products' nodes: for each product itself, its text, and each of its nodes a group."""

    products: np.ndarray  # int (p,)
    owner: np.ndarray  # int (groups,): place in products; first all products, then all texts
    node: np.ndarray  # int (groups,): -1 for the first 2 p
    leaf: np.ndarray  # int (entries,): leaves that are mixed in
    share: np.ndarray  # float64 (entries,): how much of them
    group: np.ndarray  # int (entries,): which group an entry belongs to
    feature: np.ndarray  # float64 (groups,): the node's feature, 0 for products and texts

    def folded(self, factor: np.ndarray) -> tuple[np.ndarray, sparse.csr_array]:
        """Leaves used, and shares times their product's factor: float64 (groups, used)."""
        used, column = np.unique(self.leaf, return_inverse=True)
        data = self.share * factor[self.owner[self.group]]
        shape = (len(self.node), len(used))
        return used, sparse.csr_array(sparse.coo_array((data, (self.group, column)), shape=shape))


class Decomposer:
    """Takes scores of a model apart. Made once for a model."""

    def __init__(self, model: Model) -> None:
        """Say of every leaf what it stands for: a product, its text, or a node."""
        self.model = model
        products = model.graph.products.height
        self.attributes = model.graph.attributes.height
        self.nodes = self.attributes + model.graph.categories.height
        network = model.channels.get("network")
        if isinstance(network, NetworkTables):
            leaf = np.arange(len(network.leaves_in)) - products
            self._mix = {"in": network.mix_in, "out": network.mix_out}
        else:
            leaf = np.zeros(0, np.int64)
            self._mix = dict.fromkeys(("in", "out"), sparse.csr_array((products, 0), dtype="f4"))
        self._itself, self._written = leaf < 0, leaf >= 2 * self.nodes
        self._node = leaf % max(self.nodes, 1)
        described = model.features.matrix
        self._features = sparse.csr_array(described[:, : self.nodes])
        self._words = sparse.csr_array(described[:, self.nodes :]).astype(np.float64)

    def walks(self, history: sparse.csr_array, products: np.ndarray) -> Iterator[Walks]:
        """Take one history's scores apart, in the order of ``products``.

        Args:
            history: float32 (1, products).
            products: int (m,), rows of candidates.
        """
        history = sparse.csr_array(history)
        near = self._side("in", history.indices)
        step = max(CELLS // max(8 * len(near.node), 1), 1)
        for at in range(0, len(products), step):
            yield from self._block(history, near, products[at : at + step])

    def _side(self, name: str, products: np.ndarray) -> _Side:
        count, nodes = len(products), max(self.nodes, 1)
        leaf, share, place = _rows(self._mix[name], products)
        of_leaf = 2 * count + place * nodes + self._node[leaf]
        of_leaf = np.where(self._written[leaf], count + place, of_leaf)
        of_leaf = np.where(self._itself[leaf], place, of_leaf)
        column, value, row = _rows(self._features, products)
        of_feature = 2 * count + row * nodes + column
        groups, inverse = np.unique(
            np.concatenate([np.arange(2 * count), of_leaf, of_feature]), return_inverse=True
        )
        owner, node = np.divmod(groups - 2 * count, nodes)
        owner[: 2 * count], node[: 2 * count] = np.tile(np.arange(count), 2), NONE
        feature = np.zeros(len(groups))
        feature[inverse[2 * count + len(leaf) :]] = value
        group = inverse[2 * count : 2 * count + len(leaf)]
        return _Side(products, owner, node, leaf, share.astype(np.float64), group, feature)

    def _block(
        self, history: sparse.csr_array, near: _Side, products: np.ndarray
    ) -> Iterator[Walks]:
        far = self._side("out", products)
        n, m = len(near.products), len(products)
        cells = np.zeros((len(near.node), len(far.node)))
        for weight, factors in self.model.multipliers(history, products):
            for place, name in enumerate(CHANNELS):
                channel, factor = self.model.channels.get(name), factors[:, place]
                if channel is None or not factor.any() or not n:
                    continue
                if isinstance(channel, NetworkTables):
                    cells += _network(channel, near, far, weight, factor)
                elif isinstance(channel, ContentTable):
                    steep = channel.steepness(near.products, products)
                    self._shared(near, far, cells, steep, weight, factor)
                elif isinstance(channel, LikenessTable):
                    self._likeness(channel, near, far, cells, weight, factor)
                else:
                    pairs = channel.pairs(near.products, products)
                    cells[:n, :m] += pairs * weight[:, None] * factor
        starts = np.searchsorted(far.owner[2 * m :], np.arange(m + 1)) + 2 * m
        itself, written, through = cells[:n], cells[n : 2 * n], cells[2 * n :]
        for j, (start, end) in enumerate(pairwise(starts.tolist())):
            yield Walks(
                items=near.products,
                owner=near.owner[2 * n :],
                nodes=near.node[2 * n :],
                far=far.node[start:end],
                people=itself[:, j],
                text=written[:, m + j],
                direct=itself[:, m + j] + written[:, j],
                to_node=itself[:, start:end] + written[:, start:end],
                from_node=through[:, j] + through[:, m + j],
                both=through[:, start:end],
            )

    def _likeness(
        self,
        table: LikenessTable,
        near: _Side,
        far: _Side,
        cells: np.ndarray,
        weight: np.ndarray,
        factor: np.ndarray,
    ) -> None:
        """Add each part's share of A[i, j]; of X_i . X_j, what a node of j brings is its walk."""
        n, m = len(near.products), len(far.products)
        if not table.far[far.products].any():
            return
        parts = table.parts(near.products, far.products, np.dtype(np.float64))
        steep = table.steepness(near.products, far.products, parts)
        self._shared(near, far, cells, CONTENT_WEIGHT * steep, weight, factor)
        scale = steep * weight[:, None] * factor
        cells[n : 2 * n, m : 2 * m] += parts.text * scale
        owner = far.owner[2 * m :]
        held = far.feature[2 * m :] * table.share[far.products][owner]
        learned = table.towards(near.products, far.node[2 * m :]) * held
        cells[:n, 2 * m :] += learned * scale[:, owner]
        through = sparse.csr_array(
            (np.ones(len(owner)), (np.arange(len(owner)), owner)), (len(owner), m)
        )
        cells[:n, m : 2 * m] += (parts.people - learned @ through) * scale

    def _shared(
        self,
        near: _Side,
        far: _Side,
        cells: np.ndarray,
        steep: np.ndarray,
        weight: np.ndarray,
        factor: np.ndarray,
    ) -> None:
        """Add F_i,f F_j,f steep_ij for each node f, and for all words together.

        With steep_ij = A[i, j] / (F_i . F_j) that is each feature's share of A[i, j].
        """
        n, m = len(near.products), len(far.products)
        words = (self._words[near.products] @ self._words[far.products].T).toarray()
        cells[n : 2 * n, m : 2 * m] += words * steep * weight[:, None] * factor
        g, s = np.nonzero(near.node[2 * n :, None] == far.node[2 * m :])
        g, s = g + 2 * n, s + 2 * m
        mine, theirs = near.feature * weight[near.owner], far.feature * factor[far.owner]
        cells[g, s] += mine[g] * theirs[s] * steep[near.owner[g], far.owner[s]]


def _network(
    tables: NetworkTables, near: _Side, far: _Side, weight: np.ndarray, factor: np.ndarray
) -> np.ndarray:
    """V of the formula above, times each candidate's factor: float64 (groups, groups)."""
    used, first = near.folded(weight)
    known, second = far.folded(factor)
    x_in, x_out = tables.leaves_in[used], tables.leaves_out[known]
    closeness = x_in.astype(np.float64) @ x_out.astype(np.float64).T
    return np.asarray((second @ (first @ closeness).T).T)


def _rows(table: sparse.csr_array, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, values, and places in ``rows`` of all entries of some rows."""
    starts, counts = table.indptr[rows], np.diff(table.indptr)[rows]
    place = np.repeat(np.arange(len(rows)), counts)
    before = np.cumsum(counts) - counts
    entry = np.arange(len(place)) + (starts - before)[place]
    return table.indices[entry], table.data[entry], place
