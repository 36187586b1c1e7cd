"""One training of every channel on one log: done once with people held out, once with all."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.encoders.network import GraphNetwork, Relation
from crossaisle.fusion.beside import beside
from crossaisle.fusion.channels import (
    Channel,
    NetworkTables,
    WalkTable,
)
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.content import content_table
from crossaisle.fusion.latent import latent_table
from crossaisle.fusion.likeness import likeness_table
from crossaisle.fusion.lore import Lore
from crossaisle.fusion.newcomers import freeze
from crossaisle.fusion.people import People
from crossaisle.fusion.ridge import unit
from crossaisle.fusion.softmax import train_network
from crossaisle.fusion.walks import TO_POWERS, walk_table
from crossaisle.graph import Progress

TRENDS = {f"popularity, {days} days": float(days) for days in (4, 10, 40)}
"""Half-lives of popularity in time, for logs with dates."""


@dataclass(frozen=True)
class Parts:
    """Every channel, and what each gives a product whatever the history."""

    channels: dict[str, Channel]
    biases: dict[str, np.ndarray]  # "popularity" and channels -> float32 (products,)
    bought: np.ndarray  # float64 (products,): people who bought it


def fit_parts(
    lore: Lore,
    config: TrainConfig,
    people: People | None,
    regressions: dict[str, WalkTable],
    rng: np.random.Generator,
    progress: Progress,
    note: str,
) -> Parts:
    """Fit every channel but those whose lambda was chosen: they are given.

    ``note`` goes before the stage names that ``progress`` is told.
    """
    bought = lore.bought
    biases = {"popularity": _popularity(bought, lore.aisle_of)}
    if lore.moments.now is not None:
        for name, half_life in TRENDS.items():
            biases[name] = _popularity(lore.moments.trend(half_life), lore.aisle_of)
    progress(f"{note}walks", 0, 1)
    factors = lore.factors  # before two threads ask for them
    likeness, (content, latent) = beside(
        lambda: likeness_table(factors, lore.features, lore.text, bought),
        lambda: (content_table(lore.features, bought), _fit_latent(lore, config, factors, bought)),
    )
    channels: dict[str, Channel] = {"likeness": likeness, "content": content, **latent}
    together = sparse.csr_array(sparse.vstack([lore.purchases, lore.baskets], format="csr"))
    table = walk_table(together, lore.aisle_of, per_aisle=config.neighbours)
    many = np.maximum(np.asarray(together.sum(axis=0)).ravel(), 1)
    for name, power in TO_POWERS.items():
        channels[name] = WalkTable(table, (many**-power).astype(np.float32))
    progress(f"{note}walks", 1, 1)
    if people is not None:
        channels["people"], biases["people"] = people.tables, people.bias
    if config.network:
        channels["network"], biases["network"] = _fit_network(
            lore, config, rng, lambda d, n: progress(f"{note}network", d, n)
        )
    channels |= regressions
    if lore.looks is not None:
        channels["image"] = WalkTable(lore.looks, np.ones(len(bought), np.float32))
    return Parts(channels, biases, bought)


def _fit_latent(
    lore: Lore, config: TrainConfig, factors: np.ndarray, bought: np.ndarray
) -> dict[str, Channel]:
    """Fit the latent channel by its name; a quick training has none."""
    if config.quick:
        return {}
    table = latent_table(
        factors, lore.features, lore.text, bought, lore.aisle_of, per_aisle=config.neighbours
    )
    return {"latent": table}


def _popularity(bought: np.ndarray, aisle_of: np.ndarray) -> np.ndarray:
    """log(n + 1), brought to mean 0 in each aisle: float32 (products,)."""
    value = np.log1p(bought)
    places = aisle_of + 1
    count = np.maximum(np.bincount(places), 1)
    mean = np.bincount(places, weights=value) / count
    return np.asarray(value - mean[places], np.float32)


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
    start = unit(lore.factors[:, : config.embedding_size])
    nodes = lore.features.attributes + lore.features.categories
    relations = _relations(lore)
    names = tuple(r.name for r in relations)
    network = GraphNetwork(start, nodes, names, np.log1p(bought))
    train_network(network, relations, lore.purchases, lore.aisle_of, config, rng, progress)
    return freeze(network, relations, lore.features, lore.text, bought)
