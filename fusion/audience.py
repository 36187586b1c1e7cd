"""To whom a product goes, and why: figures of groups, never of a person."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import logsumexp

from crossaisle.fusion.crossing import FEWEST, SHOWN
from crossaisle.fusion.decompose import Decomposer
from crossaisle.fusion.model import Model
from crossaisle.fusion.paths import Paths
from crossaisle.fusion.terms import PathNode
from crossaisle.fusion.walk_values import NONE

AUDIENCE = 100
STEP = 2000


@dataclass(frozen=True)
class Common:
    """Something that many of an audience have."""

    node: PathNode
    people: int  # of the audience; FEWEST or more
    lift: float  # their share in the audience / among all customers
    share: float  # of what speaks for the product; 0 for an aisle


@dataclass(frozen=True)
class Audience:
    """Those of whom the model thinks that they would take a product first."""

    product: PathNode
    aisle: str | None
    people: int
    able: int  # customers who have not bought it
    aisles: tuple[Common, ...]  # where they buy
    purchases: tuple[Common, ...]  # what of theirs speaks for it
    bridges: tuple[tuple[PathNode, float], ...]  # what it speaks through, and its share


def audience(model: Model, product: int, people: int = AUDIENCE) -> Audience:
    """Describe the customers without a product for whom its share of its aisle is largest.

    The share is exp(score) / SUM exp(scores of the aisle), so that a history that scores everything
    high is no better than another. Sensitive products and nodes are left out.

    Args:
        model: the model.
        product: row of the product.
        people: size of the audience, at most; a tenth of the customers where there are few.
    """
    log = model.kept_back.without(model.graph.visits_since)
    aisle = int(model.aisle_of[product])
    inside = model.aisle_of == aisle if aisle >= 0 else np.ones(len(model.aisle_of), bool)
    candidates = np.flatnonzero(inside)
    share = np.empty(log.shape[0])
    for start in range(0, len(share), STEP):
        scores = model.scores(log[start : start + STEP], candidates, np.float64)
        mine = scores[:, int(np.searchsorted(candidates, product))]
        share[start : start + STEP] = mine - logsumexp(scores, axis=1)
    owned = model.graph.purchases[:, [product]].toarray().ravel() > 0
    able = np.flatnonzero(~owned & (np.diff(log.indptr) > 0))
    size = min(people, max(len(able) // 10, FEWEST))
    chosen = able[np.argsort(-share[able], kind="stable")[:size]]
    paths, found = Paths(model.graph, model.kept_back.products), sparse.csr_array(log[chosen])
    enough = len(chosen) >= FEWEST
    return Audience(
        product=paths.product(product),
        aisle=model.graph.aisles[aisle] if aisle >= 0 else None,
        people=len(chosen),
        able=len(able),
        aisles=_aisles(model, log, chosen) if enough else (),
        **(_why(model, paths, log, found, product) if enough else {"purchases": (), "bridges": ()}),
    )


def _aisles(model: Model, log: sparse.csr_array, chosen: np.ndarray) -> tuple[Common, ...]:
    visited = model.visited(log) > 0
    found = []
    for place, name in enumerate(model.graph.aisles):
        people, all_ = int(visited[chosen, place].sum()), float(visited[:, place].mean())
        if people >= FEWEST:
            lift = float(people / len(chosen) / all_)
            found.append(Common(PathNode("Aisle", name, name), people, lift, 0.0))
    return tuple(sorted(found, key=lambda one: -one.lift)[:SHOWN])


def _why(
    model: Model, paths: Paths, log: sparse.csr_array, chosen: sparse.csr_array, product: int
) -> dict[str, tuple]:  # type: ignore[type-arg]
    """Add up what speaks for the product, by purchase and by node."""
    decomposer = Decomposer(model)
    by_item: dict[int, float] = defaultdict(float)
    by_node: dict[int, float] = defaultdict(float)
    for row in range(chosen.shape[0]):
        history = sparse.csr_array(chosen[[row]])
        walks = next(decomposer.walks(history, np.array([product])))
        keep = np.flatnonzero(walks.value > 0)
        node = np.where(walks.theirs == NONE, walks.mine, walks.theirs)[keep]
        values = walks.value[keep].tolist()
        for item, at, value in zip(walks.item[keep].tolist(), node.tolist(), values, strict=True):
            by_item[item] += value
            by_node[at] += value
    total = sum(by_item.values()) or 1.0
    count = np.asarray((chosen > 0).sum(axis=0)).ravel()
    every = np.asarray((log > 0).sum(axis=0)).ravel() / log.shape[0]
    purchases = [
        Common(paths.product(item), int(count[item]),
               float(count[item] / chosen.shape[0] / every[item]), by_item[item] / total)
        for item in sorted(by_item, key=lambda item: (-by_item[item], item))
        if count[item] >= FEWEST
    ]  # fmt: skip
    hidden = model.kept_back.nodes
    nodes = [
        (paths.node(node), by_node[node] / total)
        for node in sorted(by_node, key=lambda node: (-by_node[node], node))
        if node != NONE and not hidden[node]
    ]
    return {"purchases": tuple(purchases[:SHOWN]), "bridges": tuple(nodes[:SHOWN])}
