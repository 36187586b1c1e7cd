"""BOUGHT_WITH: which products the same people, or the same anonymous basket, bought together."""

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGE

SLICE = 4096  # product rows multiplied at a time: bounds the memory of the product X'X


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
    aisle = graph.aisle_of
    kept = []
    for start in range(0, graph.products.height, SLICE):
        block = sparse.coo_array(transposed[start : start + SLICE] @ together)
        head, tail, count = block.coords[0] + start, block.coords[1], block.data
        strong = (count >= min_count) & (head != tail)
        head, tail, count = head[strong], tail[strong], count[strong]
        pairs = pl.DataFrame(
            {
                "head": head.astype(np.uint32),
                "tail": tail.astype(np.uint32),
                "weight": (count / np.sqrt(bought[head] * bought[tail])).astype(np.float64),
                "count": count.astype(np.uint32),
                "aisle": aisle[tail],
            }
        )
        # Ties are broken by the row, so that the same log gives the same edges.
        order = pairs.sort(["head", "weight", "tail"], descending=[False, True, False])
        of_all = pl.int_range(pl.len()).over("head") < per_product
        of_aisle = pl.int_range(pl.len()).over("head", "aisle") < per_aisle
        kept.append(order.filter(of_all | of_aisle))
    pairs = pl.concat(kept) if kept else pl.DataFrame()
    columns = ["head", "tail", *EDGE["bought_with"].columns]
    if not pairs.height:
        return graph.bought_with.clear()
    return (
        pairs.with_columns(
            head=pl.min_horizontal("head", "tail"), tail=pl.max_horizontal("head", "tail")
        )
        .select(columns)
        .unique(["head", "tail"])
        .sort("head", "tail")
    )
