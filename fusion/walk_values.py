"""Every walk from a history to one candidate, and what each contributes to the score."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

NONE = -1
"""In place of a node: the product itself."""

PAIR, PEOPLE, SHARED, TEXT, IMAGE = range(5)
"""Sorts of walks. pair: from a node to a different one, either of which may be the product itself ·
people: product to product · shared: through a node that both have · text: text to text ·
image: picture to picture."""


@dataclass(frozen=True)
class Walks:
    """Every walk from a history of n products to one candidate, in seven blocks.

    ``value``, ``item``, ``sort``, ``mine`` and ``theirs`` list them all, block by block.
    """

    items: np.ndarray  # int (n,): the history's rows
    owner: np.ndarray  # int (g,): place in items of whoever has the node
    nodes: np.ndarray  # int (g,): nodes of the history products
    far: np.ndarray  # int (s,): nodes of the candidate
    people: np.ndarray  # float64 (n,)
    text: np.ndarray  # float64 (n,)
    image: np.ndarray  # float64 (n,)
    direct: np.ndarray  # float64 (n,): a product itself to the other's text
    to_node: np.ndarray  # float64 (n, s): from the product itself
    from_node: np.ndarray  # float64 (g,): to the candidate itself
    both: np.ndarray  # float64 (g, s): shared where the nodes are the same

    @cached_property
    def value(self) -> np.ndarray:
        """Contributions: float64 (walks,); with the bias they add up to the score."""
        alone = (self.people, self.text, self.image, self.direct)
        blocks = (*alone, self.to_node, self.from_node, self.both)
        return np.concatenate([block.ravel() for block in blocks])

    @cached_property
    def item(self) -> np.ndarray:
        """The history product's row: int (walks,)."""
        each, having = self.items, self.items[self.owner]
        wide = (np.repeat(rows, len(self.far)) for rows in (each, having))
        return np.concatenate([each, each, each, each, next(wide), having, next(wide)])

    @cached_property
    def sort(self) -> np.ndarray:
        """:data:`PAIR`, :data:`PEOPLE` and so on: int8 (walks,)."""
        n, all_ = len(self.items), len(self.value)
        sort = np.full(all_, PAIR, np.int8)
        sort[: 3 * n] = np.repeat(np.array([PEOPLE, TEXT, IMAGE], np.int8), n)
        same = np.flatnonzero(self.nodes[:, None] == self.far)
        sort[all_ - self.both.size + same] = SHARED
        return sort

    @cached_property
    def mine(self) -> np.ndarray:
        """Node at the history's side, :data:`NONE` for the product itself: int (walks,)."""
        without = np.full(len(self.items) * (4 + len(self.far)), NONE)
        return np.concatenate([without, self.nodes, np.repeat(self.nodes, len(self.far))])

    @cached_property
    def theirs(self) -> np.ndarray:
        """Node at the candidate's side, :data:`NONE` for the product itself: int (walks,)."""
        n, g = len(self.items), len(self.nodes)
        ends = (np.full(4 * n, NONE), np.tile(self.far, n), np.full(g, NONE), np.tile(self.far, g))
        return np.concatenate(ends)

    def walk(self, at: int) -> tuple[int, int, int, int]:
        """(item, sort, mine, theirs) of one walk, as the arrays have it."""
        n, s, g = len(self.items), len(self.far), len(self.nodes)
        if at < 4 * n:
            return int(self.items[at % n]), (PEOPLE, TEXT, IMAGE, PAIR)[at // n], NONE, NONE
        at -= 4 * n
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
        return np.asarray((self.item.astype(np.int64) * 5 + self.sort) * wide * wide + route)
