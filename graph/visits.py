"""When somebody first bought what, and how many visits ago that was."""

import numpy as np
import polars as pl
from scipy import sparse


def day(since: pl.Expr) -> pl.Expr:
    """Days of ``time`` from a moment on, plus 1: float64."""
    return (pl.col("time") - since).dt.total_seconds() / 86400 + 1


def first_moments(bought: pl.DataFrame, shape: tuple[int, int], *, clock: bool) -> sparse.csr_array:
    """When each customer first bought each product: float64, above 0.

    Days since the first event of the log, plus 1, where every event has a date; else the order
    that ``position`` gives, counted from 1 (1 throughout where there is none).

    Args:
        bought: the table of :class:`crossaisle.graph.Graph`.
        shape: (customers, products).
        clock: whether every event has a date.
    """
    if clock:
        moment = day(pl.col("time").min())
    else:
        moment = pl.col("position").rank("dense").fill_null(0).cast(pl.Float64) + 1
    first = bought.select("head", "tail", moment=moment).group_by("head", "tail").min()
    ends = (first["head"].to_numpy(), first["tail"].to_numpy())
    table = sparse.csr_array((first["moment"].to_numpy(), ends), shape=shape)
    table.sort_indices()
    return table


def visits_since(first: sparse.csr_array, aisle_of: np.ndarray | None) -> sparse.csr_array:
    """1 + the number of visits after the one in which something was first bought: float32.

    A visit is a moment at which the customer bought something for the first time; all that was
    bought at the customer's last one has 1.

    Args:
        first: moments, as :func:`first_moments` has them (customers, products).
        aisle_of: int (products,): visits are counted in the product's own aisle, for logs that
            order within aisles only; None counts all visits.
    """
    rows = np.repeat(np.arange(first.shape[0]), np.diff(first.indptr))
    group = (
        rows if aisle_of is None else rows * (aisle_of.max(initial=0) + 2) + aisle_of[first.indices]
    )
    order = np.lexsort((-first.data, group))
    group, moment = group[order], first.data[order]
    same = group[1:] == group[:-1]
    step = np.concatenate([[0], np.where(same, moment[1:] != moment[:-1], 0)]).cumsum()
    start = np.concatenate([[True], ~same]) if len(group) else np.zeros(0, bool)
    since = np.empty(len(group), np.float32)
    since[order] = (
        1 + step[: len(group)] - np.maximum.accumulate(np.where(start, step[: len(group)], 0))
    )
    return sparse.csr_array((since, first.indices, first.indptr), shape=first.shape)
