"""What a shop holds to be sensitive: never drawn on in a score, never named in a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.fusion.errors import UnknownId
from crossaisle.graph import Graph


@dataclass(frozen=True)
class Sensitive:
    """The products and nodes behind a shop's list of sensitive categories and attribute values."""

    products: np.ndarray  # bool (products,): in such a category or aisle, or with such an attribute
    nodes: np.ndarray  # bool (attributes + categories,): those nodes, and all below a category

    @property
    def some(self) -> bool:
        """Whether anything is sensitive."""
        return bool(self.products.any() or self.nodes.any())

    def without(self, histories: sparse.csr_array) -> sparse.csr_array:
        """Leave sensitive purchases out: float32 (users, products); the others keep their dates."""
        if not self.products.any():
            return histories
        kept = sparse.csr_array(histories, copy=True)
        kept.data[self.products[kept.indices]] = 0
        kept.eliminate_zeros()
        return kept


def sensitive(graph: Graph, names: Sequence[str]) -> Sensitive:
    """Find what a list of names means.

    Args:
        graph: the shop's.
        names: each an aisle, a category (its id, name or whole path; what is below it counts) or an
            attribute (its id, or its value: every kind of it).

    Raises:
        UnknownId: a name that is none of them.
    """
    categories, attributes = graph.categories, graph.attributes
    below = sparse.csr_array(graph.category_ancestors.T)  # row c: c and all below it
    products = np.zeros(graph.products.height, bool)
    nodes = np.zeros(attributes.height + categories.height, bool)
    for name in names:
        category = _rows(categories, ("id", "name", "path"), name)
        attribute = _rows(attributes, ("id", "value"), name)
        aisle = _rows(graph.products, ("aisle",), name)
        if not (len(category) or len(attribute) or len(aisle)):
            raise UnknownId(
                f"reasons.sensitive names {name!r}, which is no aisle, category or attribute of "
                "this graph: `crossaisle graph stats` shows them; correct it in the settings."
            )
        products[aisle] = True
        nodes[attribute] = True
        nodes[attributes.height + below[category].indices] = True
    having = (graph.product_attributes, graph.product_categories)
    for table, marked in zip(having, np.split(nodes, [attributes.height]), strict=True):
        products |= np.asarray(table @ marked.astype(np.float32)).ravel() > 0
    return Sensitive(products, nodes)


def _rows(frame: pl.DataFrame, columns: Iterable[str], name: str) -> np.ndarray:
    same = pl.any_horizontal(pl.col(column).eq_missing(pl.lit(name)) for column in columns)
    return np.flatnonzero(frame.select(same).to_series().to_numpy())
