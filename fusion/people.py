"""The people channel of a shop: one ridge regression for each aisle that people cross into."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion import ridge
from crossaisle.fusion.channels import PeopleTables
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.lore import Lore

PENALTIES = (30.0, 3.0, 10.0, 100.0)
"""Values of lambda that are tried; the first stays unless another proves better."""

FEWEST_CROSSINGS = 20
"""An aisle with fewer people who also buy elsewhere gets no ridge."""

MOST_AISLES = 16
"""Aisles with a ridge; the ones most people cross into."""

PROBED_AISLES = 4
"""Aisles on which lambda is chosen."""

SMALLEST_RANK = 8


@dataclass(frozen=True)
class People:
    """Tables for one lambda, and what each product gets whatever the history."""

    penalty: float
    tables: PeopleTables
    bias: np.ndarray  # float32 (products,)
    complete: bool  # whether no aisle was left out for ``most``


def fit_people(
    lore: Lore,
    config: TrainConfig,
    penalties: tuple[float, ...],
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
    *,
    most: int = MOST_AISLES,
) -> list[People]:
    """Fit the ``most`` crossed aisles for every lambda; an empty list where nobody crosses."""
    crossing = _crossings(lore)
    order, rank = _plan(crossing, lore, config, most)
    complete = len(order) == len(_plan(crossing, lore, config, MOST_AISLES)[0])
    products = len(lore.aisle_of)
    place = np.zeros(products, np.int32)
    biases = [np.zeros(products, np.float32) for _ in penalties]
    sources: list[dict[int, np.ndarray]] = [{} for _ in penalties]
    targets: list[dict[int, np.ndarray]] = [{} for _ in penalties]
    common = ridge.ground(lore.purchases, lore.factors) if order else None
    for done, aisle in enumerate(order):
        progress(done, len(order))
        assert common is not None  # there is an order
        inside = np.flatnonzero(lore.aisle_of == aisle)
        place[inside] = np.arange(len(inside))
        chosen = crossing[aisle]
        if len(chosen) > config.crossing_users:
            chosen = np.sort(rng.choice(chosen, config.crossing_users, replace=False))
        made = ridge.sources(lore.purchases, lore.aisle_of != aisle, common, rng)
        log = sparse.csr_array(lore.purchases[:, inside])
        histories = sparse.csr_array(lore.purchases[chosen][:, made.rows])
        learned = ridge.lessons(made, histories, log[chosen])
        spread = ridge.spreading(log)
        for at, penalty in enumerate(penalties):
            mean, source, target = ridge.solve(learned, penalty, rank, rng)
            biases[at][inside] = spread @ mean
            sources[at][aisle] = np.zeros((products, source.shape[1]), np.float32)
            sources[at][aisle][made.rows] = source
            targets[at][aisle] = spread @ target
    progress(len(order), len(order))
    return [
        People(
            penalty,
            PeopleTables(lore.aisle_of, sources[at], targets[at], place),
            biases[at],
            complete,
        )
        for at, penalty in enumerate(penalties)
        if order
    ]


def _plan(
    crossing: list[np.ndarray], lore: Lore, config: TrainConfig, most: int
) -> tuple[list[int], int]:
    """Aisles, the most crossed into first, and the rank that memory allows."""
    sizes = np.bincount(lore.aisle_of + 1, minlength=len(crossing) + 1)[1:]
    by_crossings = np.argsort([-len(people) for people in crossing], kind="stable").tolist()
    order = [a for a in by_crossings if len(crossing[a]) >= FEWEST_CROSSINGS and sizes[a] > 1]
    order = order[:most]
    numbers = int(config.people_memory * 1e6 / 4) // max(len(lore.aisle_of), 1)
    rank = max(min(config.people_rank, numbers // max(len(order), 1)), 1)
    if rank < SMALLEST_RANK:
        rank = min(config.people_rank, SMALLEST_RANK)
        order = order[: numbers // rank]
    return order, rank


def _crossings(lore: Lore) -> list[np.ndarray]:
    """People who bought both in an aisle and elsewhere, for each aisle."""
    total = np.diff(lore.purchases.indptr)
    people = []
    for aisle in range(int(lore.aisle_of.max(initial=-1)) + 1):
        here = np.asarray(lore.purchases[:, lore.aisle_of == aisle].sum(axis=1)).ravel()
        people.append(np.flatnonzero((here > 0) & (total > here)))
    return people
