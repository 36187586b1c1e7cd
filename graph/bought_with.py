"""BOUGHT_WITH: which products the same people, or the same anonymous basket, bought together."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGE

SLICE = 4096  # product rows multiplied at a time, at most: bounds the memory of the product X'X
_LOW = 0xFFFFFFFF  # the lower half of a uint64


def bought_with(
    graph: Graph, *, min_count: int = 2, per_product: int = 30, per_aisle: int = 3
) -> pl.DataFrame:
    """Count co-purchases in the graph's own log and keep each product's strongest ones.

    With X the binary matrix of customers (and anonymous baskets) by products, ``count`` of a pair
    is (X'X)_ij and ``weight`` its cosine, count / sqrt(n_i n_j), in (0, 1]. A pair is kept when
    its count is at least ``min_count`` and, for one of its ends, it is among the ``per_product``
    heaviest of all, or the ``per_aisle`` heaviest towards the other end's aisle: pairs that cross
    aisles are far fewer than those inside one, and a common limit alone would drop just them.

    Returns:
        The ``bought_with`` table of ``graph`` (rows, head < tail), made from nothing but
        ``graph.bought`` and ``graph.contains``: hide first, then call this.
    """
    together = sparse.csr_array(sparse.vstack([graph.purchases, graph.anonymous_baskets]))
    bought = np.asarray(together.sum(axis=0)).ravel()
    transposed = sparse.csr_array(together.T)
    wide = graph.products.height.bit_length()
    rows = min(SLICE, 1 << (32 - wide))
    kept = []
    for start in range(0, graph.products.height, rows):
        block = transposed[start : start + rows] @ together
        own = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        strong = (block.data >= min_count) & (own + start != block.indices)
        own, tail, count = own[strong], block.indices[strong], block.data[strong]
        weight = (count / np.sqrt(bought[own + start] * bought[tail])).astype(np.float32)
        # Ties are broken by the row, so that the same log gives the same edges.
        order = np.argsort(_packed(own, (~weight.view(np.uint32), 32), (tail, wide)))
        keep = _first(own[order], per_product)
        place = np.arange(order.size)
        aisle = graph.aisle_of[tail[order]] + 1
        by_aisle = np.sort(_packed(own[order], (aisle, wide), (place, 32)))
        keep[by_aisle[_first(by_aisle >> 32, per_aisle)] & _LOW] = True
        order = order[keep]
        kept.append((own[order] + start, tail[order], weight[order], count[order]))
    return _once(kept)


def _once(kept: Sequence[tuple[np.ndarray, ...]]) -> pl.DataFrame:
    """Return the table of pairs, of which some were kept by both of their ends."""
    columns = {"head": pl.UInt32, "tail": pl.UInt32, **EDGE["bought_with"].columns}
    if not kept:
        return pl.DataFrame(schema=columns)
    one, other, weight, count = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    pair = _packed(np.minimum(one, other), (np.maximum(one, other), 32))
    order = np.argsort(pair)
    order = order[_first(pair[order], 1)]
    found = {"head": pair[order] >> 32, "tail": pair[order] & _LOW}
    found |= {"weight": weight[order], "count": count[order]}
    return pl.DataFrame({name: pl.Series(found[name]).cast(columns[name]) for name in columns})


def _packed(high: np.ndarray, *lower: tuple[np.ndarray, int]) -> np.ndarray:
    """Return uint64 that order as their parts do, one after the other; each with its width in bits.

    numpy sorts one number many times as fast as polars sorts three columns.
    """
    packed: np.ndarray = high.astype(np.uint64)
    for values, bits in lower:
        packed = (packed << bits) | values.astype(np.uint64)
    return packed


def _first(groups: np.ndarray, most: int) -> np.ndarray:
    """Whether each value is among the first ``most`` of its run; equal values stand together."""
    first = np.ones(groups.size, dtype=bool)
    first[most:] = groups[most:] != groups[: max(groups.size - most, 0)]
    return first
