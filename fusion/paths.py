"""Walks in words of the graph: from a history product to a candidate, node by node."""

from functools import cached_property

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.fusion.channels import looked_up
from crossaisle.fusion.terms import KINDS, Path, PathNode
from crossaisle.fusion.walk_values import IMAGE, PEOPLE, SHARED, TEXT, Walks
from crossaisle.graph import Graph

Bought = tuple[Path, int]
"""A path of BOUGHT_WITH, and how many people its weakest edge has."""


class Paths:
    """Finds and names the edges behind a term. Made once for a model."""

    def __init__(self, graph: Graph, avoided: np.ndarray | None = None) -> None:
        """Look nothing up yet; ``avoided``, bool (products,), are in the middle of no path."""
        self.graph = graph
        self._halves: dict[tuple[int, int], Path] = {}
        self.avoided = np.zeros(graph.products.height, bool) if avoided is None else avoided

    def product(self, row: int) -> PathNode:
        """A product's node."""
        return self._products[row]

    def attribute(self, row: int) -> PathNode:
        """An attribute's node."""
        return self._attributes[row]

    def category(self, row: int) -> PathNode:
        """A category's node."""
        return self._categories[row]

    @cached_property
    def _products(self) -> list[PathNode]:
        return _nodes("Product", self.graph.products, "title")

    @cached_property
    def _attributes(self) -> list[PathNode]:
        return _nodes("Attribute", self.graph.attributes, "value")

    @cached_property
    def _categories(self) -> list[PathNode]:
        return _nodes("Category", self.graph.categories, "name")

    @cached_property
    def bought_with(self) -> sparse.csr_array:
        """Counts of BOUGHT_WITH, both directions: int32 (products, products)."""
        frame = self.graph.bought_with
        head, tail = frame["head"].to_numpy(), frame["tail"].to_numpy()
        count = frame["count"].fill_null(1).cast(pl.Int32).to_numpy()
        shape = (self.graph.products.height,) * 2
        one_way = sparse.coo_array((count, (head, tail)), shape=shape)
        table = sparse.csr_array(one_way + one_way.T)
        table.sort_indices()
        return table

    def people(self, items: np.ndarray, candidates: np.ndarray) -> "list[Bought | None]":
        """BOUGHT_WITH from one to the other, else through the third product nearest to both.

        Args:
            items: int (n,), rows.
            candidates: int (n,), rows.

        Returns:
            For each pair the path and the count of its weakest edge, or None where the graph has
            neither. Of equally near third products it is the first row.
        """
        table = self.bought_with
        straight = looked_up(table, items, candidates).astype(np.int64)
        far = np.flatnonzero(straight == 0)
        weakest = table[items[far]].minimum(table[candidates[far]])
        weakest.data[self.avoided[weakest.indices]] = 0
        through, count = np.full(len(items), -1), straight
        some = np.flatnonzero(np.diff(weakest.indptr))
        if len(some):
            starts, where = weakest.indptr[some], far[some]
            most = np.maximum.reduceat(weakest.data, starts)
            sizes = np.diff(weakest.indptr)[some]
            is_most = weakest.data == np.repeat(most, sizes)
            row = np.where(is_most, weakest.indices, table.shape[0])
            through[where] = np.where(most > 0, np.minimum.reduceat(row, starts), -1)
            count[where] = most
        found: list[Bought | None] = []
        nodes, ends = self._products, (items, candidates, through, count)
        for item, candidate, third, people in zip(*(e.tolist() for e in ends), strict=True):
            path: Path = (nodes[item], "BOUGHT_WITH", nodes[candidate])
            if third >= 0:
                path = (*path[:2], nodes[third], "BOUGHT_WITH", nodes[candidate])
            found.append((path, people) if people else None)
        return found

    def reached(self, items: np.ndarray, candidate: int) -> np.ndarray:
        """Whether :meth:`people` finds a path from each item: bool (n,)."""
        close = np.zeros(self.bought_with.shape[0], bool)
        close[rows_of(self.bought_with, candidate)[0]] = True
        through_it = close & ~self.avoided
        rows = sparse.csr_array(self.bought_with[items])
        place = np.repeat(np.arange(len(items)), np.diff(rows.indptr))
        through = np.bincount(place[through_it[rows.indices]], minlength=len(items)) > 0
        return np.asarray(through | close[items])

    def kinds(self, walks: Walks, product: int) -> np.ndarray:
        """Each walk's place in KINDS, of all walks to a product: int64 (walks,)."""
        kinds = np.full(len(walks.value), KINDS.index("bridge"))
        sort, attribute = walks.sort, walks.mine < self.graph.attributes.height
        kinds[sort == TEXT] = KINDS.index("text")
        kinds[sort == IMAGE] = KINDS.index("image")
        kinds[(sort == SHARED) & attribute] = KINDS.index("attribute")
        kinds[(sort == SHARED) & ~attribute] = KINDS.index("category")
        people = np.flatnonzero(sort == PEOPLE)
        kinds[people[self.reached(walks.item[people], product)]] = KINDS.index("people")
        return kinds

    def half(self, product: int, node: int) -> Path:
        """From a product to one of its nodes (attributes first, then categories; < 0: to none)."""
        found = self._halves.get((product, node))
        if found is None:
            attributes = self.graph.attributes.height
            if node < 0:
                found = (self.product(product),)
            elif node < attributes:
                found = self.through_attribute(product, node)
            else:
                found = self.through_category(product, node - attributes)
            self._halves[product, node] = found
        return found

    def node(self, node: int) -> PathNode:
        """The attribute or category of a number that counts attributes first."""
        attributes = self.graph.attributes.height
        return self.attribute(node) if node < attributes else self.category(node - attributes)

    def through_category(self, item: int, category: int) -> Path:
        """IN_CATEGORY, then PART_OF up to the category: from the item, the item's node first."""
        steps: list[PathNode | str] = [self.product(item)]
        for place, row in enumerate(self._climb(item, category)):
            steps += ["PART_OF" if place else "IN_CATEGORY", self.category(row)]
        return tuple(steps)

    def through_attribute(self, item: int, attribute: int) -> Path:
        """HAS_ATTRIBUTE from the item."""
        return (self.product(item), "HAS_ATTRIBUTE", self.attribute(attribute))

    @cached_property
    def _parents(self) -> dict[int, list[int]]:
        parents: dict[int, list[int]] = {}
        for head, tail in self.graph.part_of.select("head", "tail").iter_rows():
            parents.setdefault(head, []).append(tail)
        return parents

    def _climb(self, item: int, category: int) -> list[int]:
        """Shortest chain of categories from the item's own to ``category``."""
        table = self.graph.product_categories
        own = table.indices[table.indptr[item] : table.indptr[item + 1]].tolist()
        chains = [[row] for row in sorted(own)]
        seen = set(own)
        while chains:
            for chain in chains:
                if chain[-1] == category:
                    return chain
            grown = []
            for chain in chains:
                for parent in self._parents.get(chain[-1], []):
                    if parent not in seen:
                        seen.add(parent)
                        grown.append([*chain, parent])
            chains = grown
        raise ValueError(f"product {item} is in no category below {category}")


def _nodes(label: str, frame: pl.DataFrame, name: str) -> list[PathNode]:
    """Every node of a table; what has no name is called by its id."""
    rows = frame.select("id", name).iter_rows()
    return [PathNode(label, ident, called or ident) for ident, called in rows]


def joined(first: Path, second: Path, *, learned: bool) -> Path:
    """Join two half walks, each from its product to a node, at that node or across LEARNED."""
    back = second[::-1]
    return (*first, "LEARNED", *back) if learned else (*first, *back[1:])


def rows_of(table: sparse.csr_array, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values of one row."""
    ends = slice(table.indptr[row], table.indptr[row + 1])
    return table.indices[ends], table.data[ends]
