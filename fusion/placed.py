"""Tables of one graph laid out in the rows and columns of a larger one."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.graph import Graph


@dataclass(frozen=True)
class Places:
    """Where rows of a graph are in a larger one, whose node tables are sorted like the first's."""

    products: np.ndarray  # int64 (products,)
    nodes: np.ndarray  # int64 (attributes + categories,), counted in the larger graph's
    aisles: np.ndarray  # int64 (aisles,)
    added: np.ndarray  # int64 (products that only the larger one has,), ascending

    @classmethod
    def between(cls, graph: Graph, larger: Graph) -> "Places":
        """Look every id up; the larger graph has all of them."""
        products = _rows(graph.products["id"], larger.products["id"])
        attributes = _rows(graph.attributes["id"], larger.attributes["id"])
        categories = _rows(graph.categories["id"], larger.categories["id"])
        names = {name: place for place, name in enumerate(larger.aisles)}
        return cls(
            products,
            np.concatenate([attributes, larger.attributes.height + categories]),
            np.array([names[name] for name in graph.aisles], np.int64),
            np.setdiff1d(np.arange(larger.products.height), products),
        )


def placed(
    old: sparse.csr_array, fresh: sparse.csr_array, places: Places, columns: np.ndarray
) -> sparse.csr_array:
    """Lay out rows of old and of added products: (all products, columns of ``fresh``).

    Entries of an old row keep their order, so that sums over them stay the same to the last bit.

    Args:
        old: (old products, m); column c goes to columns[c].
        fresh: (added products, width), of the same type.
        places: of the products.
        columns: int (m,).
    """
    ends = (old.data, columns[old.indices], old.indptr)
    moved = sparse.csr_array(ends, shape=(old.shape[0], fresh.shape[1]))
    order = np.argsort(np.concatenate([places.products, places.added]))
    return sparse.csr_array(sparse.vstack([moved, fresh], format="csr")[order])


def placed_rows(array: np.ndarray, rows: np.ndarray, count: int, rest: float = 0) -> np.ndarray:
    """Lay row r at rows[r] of an array of ``count`` rows; the others hold ``rest``."""
    larger = np.full((count, *array.shape[1:]), rest, array.dtype)
    larger[rows] = array
    return larger


def _rows(ids: pl.Series, larger: pl.Series) -> np.ndarray:
    known = {name: row for row, name in enumerate(larger)}
    return np.array([known[name] for name in ids], np.int64)
