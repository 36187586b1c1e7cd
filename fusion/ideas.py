"""Cross-selling ideas found on half of the people and measured on the other half."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.paths import Paths
from crossaisle.fusion.terms import PathNode
from crossaisle.graph import Graph

FEWEST = 5
SHOWN = 8
Z = 1.959964


@dataclass(frozen=True)
class Idea:
    """Offer ``offer`` to whoever bought ``bought``; all figures are of people held out."""

    bought: PathNode
    offer: PathNode
    people: int  # held-out people who bought the one
    took: float  # share of them who bought the other too
    base: float  # share of the source's other held-out people who did
    uplift: float  # took / base
    low: float  # 95 % interval of the uplift
    high: float


def ideas(
    graph: Graph, log: sparse.csr_array, sides: Sequence[np.ndarray], *, seed: int = 0
) -> tuple[Idea, ...]:
    """Find pairs of products on a random half of the people, and measure them on the other half.

    An idea is a pair whose purchases go together beyond chance in the first half, largest
    (n_ab - e) / sqrt(e) first, e = n_a n_b / n among people of the source; each offer once. Neither
    choice nor order knows the second half, whose figures are shown, good or bad. The model has no
    part in it: it has learned from everybody. Purchases are counted in any order, and what was
    bought without an offer is no proof of what an offer would do.

    Args:
        graph: names the products.
        log: float32 (people, products), 0 or 1.
        sides: bool (products,) each: the source's products and the target's.
        seed: of the halves.
    """
    people = np.flatnonzero(np.asarray(log @ sides[0].astype(np.float32)).ravel() > 0)
    order = np.random.default_rng(seed).permutation(people)
    half, other = (np.sort(part) for part in np.array_split(order, 2))
    source, target = (np.flatnonzero(side) for side in sides)
    near, far = sparse.csr_array(log[half][:, source]), sparse.csr_array(log[half][:, target])
    together = sparse.coo_array(near.T @ far)
    own, offer = together.coords
    bought, taken = (np.asarray(table.sum(axis=0)).ravel() for table in (near, far))
    expected = bought[own] * taken[offer] / max(len(half), 1)
    beyond = np.where(together.data >= FEWEST, (together.data - expected) / np.sqrt(expected), 0)
    paths, found, offered = Paths(graph), list[Idea](), set[int]()
    held = sparse.csr_array(log[other])
    for at in np.argsort(-beyond, kind="stable").tolist():
        if beyond[at] <= 0 or len(found) == SHOWN:
            break
        pair = int(source[own[at]]), int(target[offer[at]])
        had, took = (held[:, [row]].toarray().ravel() > 0 for row in pair)
        if pair[1] in offered or had.sum() < FEWEST or not (took & ~had).any():
            continue
        offered.add(pair[1])
        counts = (
            int((took & had).sum()),
            int(had.sum()),
            int((took & ~had).sum()),
            int((~had).sum()),
        )
        names = [paths.product(row) for row in pair]
        rates = (counts[0] / counts[1], counts[2] / counts[3])
        found.append(Idea(names[0], names[1], counts[1], *rates, *risk_ratio(*counts)))
    return tuple(found)


def risk_ratio(a: int, n: int, b: int, m: int) -> tuple[float, float, float]:
    """(a / n) / (b / m) with its 95 % interval on the log scale (Katz et al., 1978).

    With a = 0 the interval begins at 0, and half a person is added to each of the four counts for
    its other end.
    """
    value = (a / n) / (b / m)
    x, k, y, w = (a, n, b, m) if a else (a + 0.5, n + 0.5, b + 0.5, m + 0.5)
    width = Z * np.sqrt(max(1 / x - 1 / k + 1 / y - 1 / w, 0.0))
    centre = np.log((x / k) / (y / w))
    low = float(np.exp(centre - width)) if a else 0.0
    return value, low, float(np.exp(centre + width))
