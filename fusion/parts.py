"""One training of every channel on one log: done once with people held out, once with all."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.encoders.network import GraphNetwork, Relation
from crossaisle.fusion import ridge
from crossaisle.fusion.channels import (
    Channel,
    ContentTable,
    NetworkTables,
    PeopleTables,
    WalkTable,
)
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.content import Features
from crossaisle.fusion.newcomers import freeze
from crossaisle.fusion.softmax import train_network
from crossaisle.fusion.walks import TO_POWERS, walk_table

PENALTY = 30.0
"""lambda of the ridge."""

FEWEST_CROSSINGS = 20
"""An aisle with fewer people who also buy elsewhere gets no ridge."""

SMALLEST_RANK = 8

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Lore:
    """What a training learns from: the log of some people, and what is known of every product."""

    purchases: sparse.csr_array  # float32 (people, products), 0 or 1
    baskets: sparse.csr_array  # float32 (baskets of nobody we know, products), 0 or 1
    aisle_of: np.ndarray  # int32 (products,)
    features: Features
    text: np.ndarray | None  # float32 (products, numbers)

    @property
    def bought(self) -> np.ndarray:
        """How many people bought each product: float64 (products,)."""
        return np.asarray(self.purchases.sum(axis=0), np.float64).ravel()

    def without(self, kept: np.ndarray, is_new: np.ndarray) -> "Lore":
        """Leave out people, and every event of some products."""
        mask = sparse.diags_array((~is_new).astype(np.float32))
        logs = []
        for log in (self.purchases[np.flatnonzero(kept)], self.baskets):
            masked = sparse.csr_array(log @ mask)
            masked.eliminate_zeros()
            logs.append(masked.astype(np.float32))
        return Lore(logs[0], logs[1], self.aisle_of, self.features, self.text)


@dataclass(frozen=True)
class Parts:
    """Every channel, and what each gives a product whatever the history."""

    channels: dict[str, Channel]
    biases: dict[str, np.ndarray]  # "popularity" and channels -> float32 (products,)
    bought: np.ndarray  # float64 (products,): people who bought it


def fit_parts(
    lore: Lore, config: TrainConfig, rng: np.random.Generator, progress: Progress, note: str
) -> Parts:
    """Fit every channel. ``note`` goes before the stage names that ``progress`` is told."""
    bought = lore.bought
    biases = {"popularity": _popularity(bought, lore.aisle_of)}
    channels: dict[str, Channel] = {"content": ContentTable(lore.features.matrix)}
    progress(f"{note}walks", 0, 1)
    together = sparse.csr_array(sparse.vstack([lore.purchases, lore.baskets], format="csr"))
    table = walk_table(together, lore.aisle_of, per_aisle=config.neighbours)
    many = np.maximum(np.asarray(together.sum(axis=0)).ravel(), 1)
    for name, power in TO_POWERS.items():
        channels[name] = WalkTable(table, (many**-power).astype(np.float32))
    progress(f"{note}walks", 1, 1)
    people = _fit_people(lore, config, rng, lambda d, n: progress(f"{note}people", d, n))
    if people is not None:
        channels["people"], biases["people"] = people
    if config.network:
        channels["network"], biases["network"] = _fit_network(
            lore, config, rng, lambda d, n: progress(f"{note}network", d, n)
        )
    return Parts(channels, biases, bought)


def _popularity(bought: np.ndarray, aisle_of: np.ndarray) -> np.ndarray:
    """log(n + 1), brought to mean 0 in each aisle: float32 (products,)."""
    value = np.log1p(bought)
    places = aisle_of + 1
    count = np.maximum(np.bincount(places), 1)
    mean = np.bincount(places, weights=value) / count
    return np.asarray(value - mean[places], np.float32)


def _fit_people(
    lore: Lore,
    config: TrainConfig,
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
) -> tuple[PeopleTables, np.ndarray] | None:
    products = len(lore.aisle_of)
    people = _crossings(lore)
    order = [a for a in np.argsort([-len(p) for p in people]) if len(people[a]) >= FEWEST_CROSSINGS]
    budget = int(config.people_memory * 1e6 / 4)
    rank = min(config.people_rank, budget // max(products * max(len(order), 1), 1))
    if rank < SMALLEST_RANK:  # too many aisles for all: the ones with the most crossings
        rank = min(config.people_rank, SMALLEST_RANK)
        order = order[: budget // (products * rank)]
    place = np.zeros(products, np.int32)
    bias = np.zeros(products, np.float32)
    sources, targets = {}, {}
    for done, aisle in enumerate(order):
        progress(done, len(order))
        inside = np.flatnonzero(lore.aisle_of == aisle)
        if len(inside) < 2:
            continue
        chosen = people[aisle]
        if len(chosen) > config.crossing_users:
            chosen = np.sort(rng.choice(chosen, config.crossing_users, replace=False))
        made = ridge.sources(lore.purchases, lore.aisle_of != aisle, rng)
        log = sparse.csr_array(lore.purchases[:, inside])
        learned = ridge.lessons(
            made, sparse.csr_array(lore.purchases[chosen][:, made.rows]), log[chosen]
        )
        mean, source, target = ridge.solve(learned, PENALTY, rank, rng)
        place[inside] = np.arange(len(inside))
        bias[inside] = ridge.smooth(mean[:, None], log)[:, 0]
        sources[int(aisle)] = np.zeros((products, source.shape[1]), np.float32)
        sources[int(aisle)][made.rows] = source
        targets[int(aisle)] = ridge.smooth(target, log)
    progress(len(order), len(order))
    return (PeopleTables(lore.aisle_of, sources, targets, place), bias) if sources else None


def _crossings(lore: Lore) -> list[np.ndarray]:
    """People who bought both in an aisle and elsewhere, for each aisle."""
    total = np.diff(lore.purchases.indptr)
    people = []
    for aisle in range(int(lore.aisle_of.max(initial=-1)) + 1):
        here = np.asarray(lore.purchases[:, lore.aisle_of == aisle].sum(axis=1)).ravel()
        people.append(np.flatnonzero((here > 0) & (total > here)))
    return people


def _relations(lore: Lore) -> tuple[Relation, ...]:
    products = len(lore.aisle_of)
    identity = sparse.eye_array(products, dtype=np.float32, format="csr")
    relations = [Relation("SELF", "product", identity)]
    ends = (0, lore.features.attributes, lore.features.attributes + lore.features.categories)
    nodes = sparse.csc_array(lore.features.matrix[:, : ends[2]])
    for place, name in enumerate(("HAS_ATTRIBUTE", "IN_CATEGORY")):
        mask = np.zeros(ends[2], np.float32)
        mask[ends[place] : ends[place + 1]] = 1
        block = sparse.csr_array(nodes @ sparse.diags_array(mask))
        block.eliminate_zeros()
        if block.nnz:
            relations.append(Relation(name, "node", block.astype(np.float32)))
    return tuple(relations)


def _fit_network(
    lore: Lore,
    config: TrainConfig,
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
) -> tuple[NetworkTables, np.ndarray]:
    bought = lore.bought
    vectors, sigma = ridge.latent_factors(lore.purchases, config.embedding_size, rng)
    start = vectors * np.sqrt(sigma)
    start /= np.maximum(np.linalg.norm(start, axis=1, keepdims=True), 1e-12)
    nodes = lore.features.attributes + lore.features.categories
    relations = _relations(lore)
    names = tuple(r.name for r in relations)
    network = GraphNetwork(start, nodes, names, np.log1p(bought))
    train_network(network, relations, lore.purchases, lore.aisle_of, config, rng, progress)
    return freeze(network, relations, lore.features, lore.text, bought)
