"""The regression channels: each product regressed on others, in closed form.

For a product j and a set N(j) of others, column j of A is ridge regression of who bought j,

    A[N, j] = (G_NN + lambda I)^-1 G_Nj,   G = X'X,

and 0 elsewhere. With N(j) = all products but j this is EASE (Steck, 2019; B_ij = -P_ij / P_jj is
the same numbers from one inverse), and so it is solved up to :data:`MOST_EXACT` products. In a
larger catalogue N(j) are the products that go with j most, the largest G_ij / n_i^.5 > 0: SLIM on
chosen neighbours (fsSLIM; Ning and Karypis, 2011) with a ridge in place of its elastic net. Work
and memory then grow with the number of products, and every product has a column, however seldom
it sells.

``across`` takes N(j) from outside j's aisle: who has nothing of the aisle yet has only such
purchases, and beside products of the aisle itself they would be given hardly any weight.
"""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from crossaisle.fusion.ease import ease_table, put_together

PENALTIES = (100.0, 30.0, 300.0, 1000.0)
"""Values of lambda that are tried; the first stays unless another proves better."""

EXACT_PENALTIES = (1500.0, 300.0, 6000.0)
"""The same where a product is regressed on all others."""

MOST_EXACT = 6000
"""Sold products up to which N(j) is all others."""

NEIGHBOURS = (100, 50)
"""Size of N(j): the first up to :data:`MANY` products, the second beyond."""

MANY = 20_000

PAIRS = 300_000_000
"""Pairs of purchases counted at most, SUM_u |u|^2: beyond it people are drawn."""

CELLS = 20_000_000
"""Numbers of the systems that are solved together: 80 MB."""

SLICE = 4096
"""Products whose neighbours are chosen together."""


def penalties(log: sparse.csr_array, *, across: bool) -> tuple[float, ...]:
    """Return the lambdas that are worth trying for a log: on the scale of co-purchase counts."""
    return EXACT_PENALTIES if _exact(log) and not across else PENALTIES


def regression_tables(
    log: sparse.csr_array, aisle_of: np.ndarray, lambdas: Sequence[float], *, across: bool
) -> list[sparse.csr_array]:
    """A for each lambda: float32 (products, products), rows sorted by column.

    Args:
        log: float32 (people, products), 0 or 1.
        aisle_of: int (products,), -1 for none.
        lambdas: above 0.
        across: whether products are regressed on those of other aisles only.
    """
    if _exact(log) and not across:
        return [ease_table(log, penalty) for penalty in lambdas]
    log = _drawn(log)
    together = sparse.csr_array(log.T @ log)
    together.sort_indices()
    count = np.maximum(together.diagonal(), 1)
    most = NEIGHBOURS[0] if log.shape[1] <= MANY else NEIGHBOURS[1]
    chosen = _neighbours(together, count, aisle_of, most, across=across)
    parts: list[list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = [[] for _ in lambdas]
    # Products of one aisle share neighbours: each row of G is looked up once for many of them.
    order = np.argsort(aisle_of, kind="stable")
    order = order[chosen.rows[order, 0] >= 0]
    step = max(CELLS // most**2, 1)
    for start in range(0, len(order), step):
        products = order[start : start + step]
        for place, solved in enumerate(_solved(together, chosen, products, lambdas)):
            there = chosen.rows[products] >= 0
            column = np.broadcast_to(products[:, None], there.shape)[there]
            parts[place].append((chosen.rows[products][there], column, solved[there]))
    return [put_together(some, log.shape[1]) for some in parts]


class _Neighbours:
    """N(j) of each product, the strongest first."""

    def __init__(self, products: int, most: int) -> None:
        self.rows = np.full((products, most), -1, np.int64)  # -1: there are no more
        self.counts = np.zeros((products, most), np.float32)  # G_ij of each


def _exact(log: sparse.csr_array) -> bool:
    return np.unique(log.indices).size <= MOST_EXACT


def _drawn(log: sparse.csr_array) -> sparse.csr_array:
    """Some people, drawn where all of them have too many pairs; the same for every seed."""
    size = np.diff(log.indptr).astype(np.float64)
    order = np.random.default_rng(0).permutation(len(size))
    order = order[size[order] ** 2 <= PAIRS]  # one account of everybody's would stop all after it
    kept = order[np.cumsum(size[order] ** 2) <= PAIRS]
    return log if len(kept) == len(size) else sparse.csr_array(log[np.sort(kept)])


def _neighbours(
    together: sparse.csr_array,
    count: np.ndarray,
    aisle_of: np.ndarray,
    most: int,
    *,
    across: bool,
) -> _Neighbours:
    found = _Neighbours(together.shape[0], most)
    for start in range(0, together.shape[0], SLICE):
        block = sparse.coo_array(together[start : start + SLICE])
        product, other = block.coords[0] + start, block.coords[1]
        kept = product != other
        if across:
            kept &= aisle_of[product] != aisle_of[other]
        product, other, both = product[kept], other[kept], block.data[kept].astype(np.float32)
        # The strongest first: positive floats order like the bits they are made of.
        strength = (both / np.sqrt(count[other])).astype(np.float32)
        key = (product.astype(np.uint64) << np.uint64(32)) | ~strength.view(np.uint32)
        order = np.argsort(key, kind="stable")
        product, other, both = product[order], other[order], both[order]
        place = np.arange(len(product)) - np.searchsorted(product, product)
        first = place < most
        found.rows[product[first], place[first]] = other[first]
        found.counts[product[first], place[first]] = both[first]
    return found


def _solved(
    together: sparse.csr_array, chosen: _Neighbours, products: np.ndarray, lambdas: Sequence[float]
) -> list[np.ndarray]:
    """Solve the regressions of some products: for each lambda float32 (len(products), m)."""
    rows, wanted = chosen.rows[products], chosen.counts[products]
    system = _systems(together, rows)
    diagonal = np.arange(rows.shape[1])
    squares = system[:, diagonal, diagonal].copy()
    solved = []
    # Systems this small are solved many times slower where BLAS deals each out to several threads.
    with threadpool_limits(limits=1, user_api="blas"):
        for penalty in lambdas:
            # Where N(j) is short a row and a column of the identity stand in for what is missing.
            system[:, diagonal, diagonal] = np.where(rows < 0, 1, squares + np.float32(penalty))
            solved.append(np.stack([_solve(*each) for each in zip(system, wanted, strict=True)]))
    return solved


def _solve(system: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Solve one symmetric system, float32 (m, m), by Cholesky: twice as fast as numpy's LU."""
    _, solution, refused = lapack.sposv(system.T, wanted, lower=1)  # .T: Fortran's order, no copy
    return np.linalg.solve(system, wanted) if refused else np.asarray(solution)


def _systems(together: sparse.csr_array, rows: np.ndarray) -> np.ndarray:
    """G_NN of each row's N: float32 (n, m, m), 0 where there is no neighbour."""
    count, most = rows.shape
    products = together.shape[0]
    system = np.zeros((count, most, most), np.float32)
    columns = np.where(rows < 0, products, rows).astype(np.int32)  # one more column, of zeros
    spread = np.zeros(products + 1, np.float32)
    flat = rows.ravel()
    order = np.argsort(flat, kind="stable")
    order = order[np.searchsorted(flat[order], 0) :]
    if not len(order):
        return system
    for places in np.split(order, np.flatnonzero(np.diff(flat[order])) + 1):
        row = flat[places[0]]
        inside = slice(together.indptr[row], together.indptr[row + 1])
        spread[together.indices[inside]] = together.data[inside]
        at = places // most
        system[at, places % most] = spread.take(columns[at])
        spread[together.indices[inside]] = 0
    return system
