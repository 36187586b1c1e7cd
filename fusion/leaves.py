"""Walks of the network: pairs of leaves, of which only what may be among the largest is made."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from scipy import sparse

from crossaisle.fusion.bundle import Bundle
from crossaisle.fusion.channels import NetworkTables, inner, looked_up, summed
from crossaisle.fusion.lists import rows_of_all
from crossaisle.fusion.model import Model
from crossaisle.fusion.walk_values import NONE, PAIR

WRITTEN = -2
"""In place of a node: a product's text."""

HALF = 0.499
"""Less than a half, which a part of a walk must reach, by more than float64 is wrong by."""

SMALLEST = 1e-200
"""In place of a bound of 0."""

NOWHERE = np.zeros(0, np.int64)

ROUNDING = 1e-5
"""Of the product of two vectors' lengths: more than their inner product in float32 is wrong by."""


class Leaves:
    """The leaves of a network, and what each stands for. Made once for a model."""

    def __init__(self, model: Model, tables: NetworkTables) -> None:
        """Measure the leaves."""
        self.model, self.tables = model, tables
        self.products = model.graph.products.height
        self.nodes = model.graph.attributes.height + model.graph.categories.height
        leaf = np.arange(len(tables.leaves_in)) - self.products
        node = np.where(leaf < 2 * self.nodes, leaf % max(self.nodes, 1), WRITTEN)
        self.node = np.where(leaf < 0, NONE, node)
        self.length_in = np.linalg.norm(tables.leaves_in, axis=1).astype(np.float64)
        self.length_out = np.linalg.norm(tables.leaves_out, axis=1).astype(np.float64)
        every = np.arange(self.products)
        # Copies: looking up sorts a table in place, and the order of a sum is in its last digits.
        self.mix_in, self.mix_out = tables.mix_in.sorted_indices(), tables.mix_out.sorted_indices()
        self.own_in, self.own_out = (
            looked_up(m, every, every) for m in (self.mix_in, self.mix_out)
        )

    @cached_property
    def plain(self) -> bool:
        """Whether every walk is one pair of leaves: no product has two leaves that are one node."""
        for mix in (self.mix_in, self.mix_out):
            row = np.repeat(np.arange(self.products), np.diff(mix.indptr))
            node = np.maximum(self.node[mix.indices], NONE)  # itself and its text are one end
            foreign = (mix.indices < self.products) & (mix.indices != row)
            foreign |= (self.node[mix.indices] == WRITTEN) & ~self.model.is_new[row]
            if foreign.any() or len(np.unique(row * (self.nodes + 1) + node + 1)) < len(node):
                return False
        return True

    def sums(self, bundle: Bundle, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the network says of each pair, by its walk from product to product, and in all.

        Returns:
            That walk, before h_i |h|^-1/4: float64 (pairs,); all other walks of each candidate,
            after: float64 (m,).
        """
        tables, own = self.tables, np.zeros(len(bundle.mine))
        for at in range(bundle.lists):
            a, b = bundle.item_at[at : at + 2].tolist()
            c, d = bundle.product_at[at : at + 2].tolist()
            items, candidates = bundle.item[a:b], bundle.product[c:d]
            near = tables.leaves_in[items].astype(np.float64)
            far = tables.leaves_out[candidates] * (self.own_out[candidates] * factor[at])[:, None]
            own[bundle.pair_at[c] : bundle.pair_at[d]] = (far @ near.T).ravel()
        own *= self.own_in[bundle.item[bundle.mine]]
        shape = (bundle.lists, self.products)
        history = sparse.csr_array((bundle.by_people, bundle.item, bundle.item_at), shape=shape)
        person = summed(history, tables.vectors_in)[bundle.of_product]
        whole = inner(person, tables.vectors_out[bundle.product]) * factor[bundle.of_product]
        weights = own * bundle.by_people[bundle.mine]
        mine = np.bincount(bundle.theirs, weights=weights, minlength=len(whole))
        return own, whole - mine

    def walks(
        self, bundle: Bundle, factor: np.ndarray, bound: np.ndarray
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Find the pairs of leaves that may reach the bound.

        Args:
            bundle: whose lists.
            factor: float64 (lists,), the network's.
            bound: float64 (m,).

        Returns:
            Those of the same node, as pair x nodes + node; and the others, but for the walk from
            product to product: candidate, value, item, sort, mine, theirs.
        """
        tables, node = self.tables, self.node
        near, share, item = rows_of_all(self.mix_in, bundle.item)
        first = share * bundle.by_people[item]
        far, share, candidate = rows_of_all(self.mix_out, bundle.product)
        second = share * factor[bundle.of_product[candidate]]
        reach = np.abs(second) / np.maximum(bound, SMALLEST)[candidate]
        sides = (
            (bundle.of_item[item], np.abs(first) * self.length_in[near]),
            (
                bundle.of_product[candidate],
                reach * self.length_out[far],
            ),
        )
        met, others = [(NOWHERE, NOWHERE)], [(NOWHERE, NOWHERE)]
        for n, m in _long_enough(*sides, bundle.lists):
            size = np.abs(tables.leaves_in[near[n]] @ tables.leaves_out[far[m]].T)
            size *= np.abs(first[n, None]).astype(np.float32)
            least = 1 / reach[m]
            wrong = ROUNDING * sides[0][1][n].max() * self.length_out[far[m]]
            row, column = np.nonzero(node[near[n]][:, None] == node[far[m]])
            both = (size[row, column] >= (least / 2 - wrong)[column]) & (node[near[n[row]]] >= 0)
            met.append((n[row[both]], m[column[both]]))
            size[row, column] = -np.inf
            row, column = np.nonzero(size >= (least - wrong).astype(np.float32))
            others.append((n[row], m[column]))
        n, m = (np.concatenate(ends) for ends in zip(*met, strict=True))
        inside = item[n] - bundle.item_at[bundle.of_item[item[n]]]
        pair = bundle.pair_at[candidate[m]] + inside
        shared = pair * self.nodes + node[near[n]]
        n, m = (np.concatenate(ends) for ends in zip(*others, strict=True))
        closeness = inner(tables.leaves_in[near[n]], tables.leaves_out[far[m]])
        return shared, (
            candidate[m],
            first[n] * second[m] * closeness,
            bundle.item[item[n]],
            np.full(len(n), PAIR),
            np.maximum(node[near[n]], NONE),
            np.maximum(node[far[m]], NONE),
        )

    def shared(
        self, bundle: Bundle, factor: np.ndarray, pair: np.ndarray, node: np.ndarray
    ) -> np.ndarray:
        """Work out the network's part of walks from a node to the same: float64 (n,)."""
        tables, ends = self.tables, []
        places = bundle.item[bundle.mine[pair]], bundle.product[bundle.theirs[pair]]
        for products, mix in zip(places, (self.mix_in, self.mix_out), strict=True):
            leaf = self.products + node + self.nodes * self.model.is_new[products]
            ends.append((leaf, looked_up(mix, products, leaf)))
        (near, first), (far, second) = ends
        closeness = inner(tables.leaves_in[near], tables.leaves_out[far])
        weight = bundle.by_people[bundle.mine[pair]]
        scale = weight * factor[bundle.of_product[bundle.theirs[pair]]]
        return np.asarray(first * second * scale * closeness)


def _long_enough(
    near: tuple[np.ndarray, np.ndarray], far: tuple[np.ndarray, np.ndarray], lists: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Leaves of each list, of both sides, the product of whose lengths may be 1/2 or more.

    Args:
        near: list, ascending, and length of each leaf.
        far: the same of the other side.
        lists: how many.
    """
    most = np.zeros((2, lists))
    for side, (of, length) in zip(most, (near, far), strict=True):
        np.maximum.at(side, of, length)
    kept = []
    for (of, length), other in zip((near, far), most[::-1], strict=True):
        some = np.flatnonzero(length * other[of] >= HALF)
        kept.append((some, np.searchsorted(of[some], np.arange(lists + 1)).tolist()))
    (left, left_at), (right, right_at) = kept
    for at in range(lists):
        n, m = left[left_at[at] : left_at[at + 1]], right[right_at[at] : right_at[at + 1]]
        if len(n) and len(m):
            yield n, m
