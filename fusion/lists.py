"""Histories and their candidates laid end to end, so that one array operation serves many lists."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import NetworkTables


@dataclass(frozen=True)
class Lists:
    """Histories and the candidates asked for each, laid end to end."""

    item: np.ndarray  # int (n,): rows of the history products
    product: np.ndarray  # int (m,): rows of the candidates
    of_item: np.ndarray  # int (n,): list of each history product
    of_product: np.ndarray  # int (m,)
    item_at: np.ndarray  # int (lists + 1,): where each list's history products start
    product_at: np.ndarray  # int (lists + 1,)
    pair_at: (
        np.ndarray
    )  # int (lists + 1,): where its pairs start, candidate by candidate in an item
    weight: np.ndarray  # float64 (2, n): h_i |h|^-1/4; second, for products whose purchases fade
    factor: np.ndarray  # float64 (m, channels)
    fades: np.ndarray  # int (m,), 0 or 1: which of the weights

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Places in ``item`` and in ``product`` of every pair: int (pairs,)."""
        wide = np.diff(self.product_at)[self.of_item]
        mine = np.repeat(np.arange(len(self.item)), wide)
        before = np.cumsum(wide) - wide
        theirs = np.arange(len(mine)) - before[mine] + self.product_at[self.of_item[mine]]
        return mine, theirs

    @cached_property
    def scale(self) -> np.ndarray:
        """h_i |h|^-1/4 of every pair: float64 (pairs,)."""
        mine, theirs = self.pairs
        return np.asarray(self.weight[self.fades[theirs], mine])

    def pair(self, item: np.ndarray, product: np.ndarray) -> np.ndarray:
        """Number of each pair, by its places."""
        of = self.of_item[item]
        wide = np.diff(self.product_at)[of]
        inside = (item - self.item_at[of]) * wide + product - self.product_at[of]
        return np.asarray(self.pair_at[of] + inside)


@dataclass(frozen=True)
class Side:
    """Nodes of products: for each product itself, its text, and each of its nodes a group."""

    node_at: np.ndarray  # int (p + 1,): where each product's nodes start
    node: np.ndarray  # int (nodes,), ascending within a product
    owner: np.ndarray  # int (nodes,): place of the product
    feature: np.ndarray  # int (entries,): column of each product's features, nodes and words
    value: np.ndarray  # float64 (entries,)
    holder: np.ndarray  # int (entries,): place of the product
    of_feature: np.ndarray  # int (entries,): place in ``node``, -1 for words
    leaf_at: np.ndarray  # int (2 p + nodes + 1,): leaves of products, texts, nodes, in that order
    leaf: np.ndarray  # int: leaves that are mixed in
    share: np.ndarray  # float64: how much of each

    def leaves(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Leaf, share and group of some products' entries; groups count from the list's first."""
        count = len(self.node_at) - 1
        spans = (
            (start, end, 0),
            (count + start, count + end, end - start),
            (*(2 * count + self.node_at[[start, end]]), 2 * (end - start)),
        )
        at, groups = [], []
        for first, last, before in spans:
            at.append(np.arange(self.leaf_at[first], self.leaf_at[last]))
            sizes = np.diff(self.leaf_at[first : last + 1])
            groups.append(before + np.repeat(np.arange(last - first), sizes))
        chosen = np.concatenate(at)
        return self.leaf[chosen], self.share[chosen], np.concatenate(groups)


def rows_of_all(
    table: sparse.csr_array, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, values, and places in ``rows`` of all entries of some rows."""
    starts, counts = table.indptr[rows], np.diff(table.indptr)[rows]
    place = np.repeat(np.arange(len(rows)), counts)
    before = np.cumsum(counts) - counts
    entry = np.arange(len(place)) + (starts - before)[place]
    return table.indices[entry], table.data[entry], place


def through_leaves(
    tables: NetworkTables,
    near: Side,
    far: Side,
    items: tuple[int, int],
    products: tuple[int, int],
    weight: np.ndarray,
    factor: np.ndarray,
    open_: np.ndarray,
) -> np.ndarray:
    """V of :mod:`crossaisle.fusion.decompose` for one list, by the network: (groups, groups).

    Args:
        tables: the network.
        near: nodes of all lists' history products.
        far: nodes of all lists' candidates.
        items: first and last (not included) of the list's history products.
        products: likewise of its candidates.
        weight: float64 (n,), of each history product.
        factor: float64 (m,), of each candidate.
        open_: float64 (n, m), 0 where the network has no say, else 1.
    """
    sides = []
    for side, (start, end), by, vectors in (
        (near, items, weight, tables.leaves_in),
        (far, products, factor, tables.leaves_out),
    ):
        leaf, share, group = side.leaves(start, end)
        nodes = side.node_at[[start, end]]
        owner = np.concatenate(
            [np.arange(end - start)] * 2 + [side.owner[nodes[0] : nodes[1]] - start]
        )
        used, column = np.unique(leaf, return_inverse=True)
        sides.append(
            (vectors[used].astype(np.float64), column, share * by[owner[group]], group, owner)
        )
    (left, row, first, g, mine), (right, column, second, s, theirs) = sides
    closeness = (left @ right.T)[row][:, column]
    closeness *= first[:, None]
    closeness *= second
    cells = _added(_added(closeness, g, len(mine)).T, s, len(theirs)).T
    return cells if open_.all() else cells * open_[mine][:, theirs]


def _added(values: np.ndarray, group: np.ndarray, many: int) -> np.ndarray:
    """Add up rows of a group; ``group`` is ascending: float64 (many, ...)."""
    if np.array_equal(group, np.arange(many)):
        return values
    result = np.zeros((many, values.shape[1]))
    if len(group):
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        result[group[starts]] = np.add.reduceat(values, starts, axis=0)
    return result
