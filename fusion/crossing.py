"""What carries people from one aisle to another: in the log, and in the model's own sums."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.decompose import Decomposer
from crossaisle.fusion.errors import UnknownId
from crossaisle.fusion.ideas import Idea, ideas
from crossaisle.fusion.model import Model
from crossaisle.fusion.paths import Paths
from crossaisle.fusion.ranking import best
from crossaisle.fusion.terms import KINDS, Kind, PathNode
from crossaisle.fusion.walk_values import NONE

FEWEST = 5
"""People behind a figure below which it is not told."""

SHOWN, LIST = 8, 10
KINDS_OF_HOLES, HOLES = 3, 5


@dataclass(frozen=True)
class Carrier:
    """What joins the two aisles: nodes on both sides, or a product of each."""

    nodes: tuple[PathNode, ...]  # one that both have, or two; products: (from, to)
    share: float  # of all that speaks for the target's products and comes from the source
    people: int | None  # who bought on both sides of it; None: fewer than FEWEST
    lift: float | None  # people / expected, were both sides bought independently


@dataclass(frozen=True)
class Hole:
    """A kind of attribute that carries, and the products that have none of it."""

    kind: str
    share: float  # of what speaks for the target's products through attributes
    without: int  # products of both aisles
    products: int  # products of both aisles in all
    most_bought: tuple[PathNode, ...]  # of those without


@dataclass(frozen=True)
class Crossing:
    """One pair of aisles, as a merchandiser looks at it. No person is named."""

    source: str
    target: str
    customers: int
    from_source: int  # customers who bought in the source
    both: int | None  # ... and in the target; None: fewer than FEWEST
    lift: float | None
    asked: int  # customers of the source whose lists for the target were taken apart
    kinds: tuple[tuple[Kind, float], ...]
    """Share of each kind of walk; people: also those that no BOUGHT_WITH path shows."""
    bridges: tuple[Carrier, ...]
    products: tuple[Carrier, ...]
    holes: tuple[Hole, ...]
    ideas: tuple[Idea, ...]


def crossing(
    model: Model, source: str, target: str, *, people: int = 200, seed: int = 0
) -> Crossing:
    """Look at a pair of aisles.

    The model's part: lists of ten for customers of the source who never bought in the target (for
    all of the source's customers where those are few), taken apart; what speaks for the products
    and comes from purchases in the source is added up. lift = n_ab N / (n_a n_b): n_a bought on
    one side, n_b on the other, n_ab on both, N customers. Sensitive products are left out.

    Args:
        model: the model.
        source: name of the aisle that people come from.
        target: name of the aisle that they are led to.
        people: customers whose lists are taken apart, at most.
        seed: of their draw, and of the halves that ideas are found and measured on.

    Raises:
        UnknownId: an aisle that the model does not know, or twice the same.
    """
    names = model.graph.aisles
    for name in (source, target):
        if name not in names:
            raise UnknownId(f"The model does not know the aisle {name!r}; see `graph stats`.")
    if source == target:
        raise UnknownId(f"A pair is two aisles; {source!r} was given twice.")
    log = model.kept_back.without(model.graph.purchases)
    sides = tuple(model.aisle_of == names.index(name) for name in (source, target))
    walked = _Walked(model, log, sides, people, np.random.default_rng(seed))
    came, went = (_buyers(log, side) for side in sides)
    both = int((came & went).sum())
    return Crossing(
        source=source,
        target=target,
        customers=log.shape[0],
        from_source=int(came.sum()),
        both=both if both >= FEWEST else None,
        lift=lift(came, went) if both >= FEWEST else None,
        asked=walked.asked,
        kinds=walked.kinds(),
        bridges=walked.bridges(),
        products=walked.products(),
        holes=walked.holes(),
        ideas=ideas(model.graph, log, sides, seed=seed),
    )


def lift(first: np.ndarray, second: np.ndarray) -> float:
    """n_ab N / (n_a n_b) of two groups of people, bool (people,); NaN where one is empty."""
    expected = float(first.sum()) * float(second.sum()) / max(len(first), 1)
    return float((first & second).sum()) / expected if expected else float("nan")


class _Walked:
    """The walks of some customers' lists, added up by what they go through."""

    def __init__(
        self,
        model: Model,
        log: sparse.csr_array,
        sides: Sequence[np.ndarray],
        people: int,
        rng: np.random.Generator,
    ) -> None:
        self.model, self.log, self.sides = model, log, sides
        self.paths = Paths(model.graph, model.kept_back.products)
        self.decomposer = Decomposer(model)
        came, went = (_buyers(log, side) for side in sides)
        able = np.flatnonzero(came & ~went)
        able = able if len(able) >= FEWEST else np.flatnonzero(came)
        drawn = np.sort(rng.permutation(able)[:people])
        self.asked = len(drawn)
        self.by_route: dict[tuple[int, int], float] = defaultdict(float)
        self.by_pair: dict[tuple[int, int], float] = defaultdict(float)
        self.by_kind: dict[Kind, float] = defaultdict(float)
        candidates = np.flatnonzero(sides[1])
        histories = model.kept_back.without(sparse.csr_array(model.graph.visits_since[drawn]))
        for row in range(len(drawn)):
            self._add(sparse.csr_array(histories[[row]]), candidates)
        self.total = sum(self.by_pair.values()) or 1.0

    def _add(self, history: sparse.csr_array, candidates: np.ndarray) -> None:
        able = candidates[~np.isin(candidates, history.indices)]
        listed = best(self.model.scores(history, able), able, LIST)[0][0]
        for product, walks in zip(
            listed.tolist(), self.decomposer.walks(history, listed), strict=True
        ):
            keep = np.flatnonzero(self.sides[0][walks.item] & (walks.value > 0))
            values, item = walks.value[keep], walks.item[keep]
            mine, theirs = walks.mine[keep], walks.theirs[keep]
            for place, value in zip(item.tolist(), values.tolist(), strict=True):
                self.by_pair[place, product] += value
            through = (mine != NONE) | (theirs != NONE)
            routes = np.stack([mine, theirs], axis=1)[through]
            for (near, far), value in zip(routes.tolist(), values[through].tolist(), strict=True):
                self.by_route[near, far] += value
            kind = self.paths.kinds(walks, product)[keep]
            for place, value in zip(kind.tolist(), values.tolist(), strict=True):
                self.by_kind[KINDS[place]] += value

    def kinds(self) -> tuple[tuple[Kind, float], ...]:
        shown = [k for k in KINDS if k != "image" or k in self.model.channels]
        return tuple((kind, self.by_kind[kind] / self.total) for kind in shown)

    def bridges(self) -> tuple[Carrier, ...]:
        """The heaviest routes through an attribute or a category on both sides."""
        hidden = np.append(self.model.kept_back.nodes, False)
        found: list[Carrier] = []
        for near, far in sorted(self.by_route, key=lambda key: (-self.by_route[key], key)):
            if NONE in (near, far) or hidden[[near, far]].any() or len(found) == SHOWN:
                continue
            groups = [
                _buyers(self.log, side & self._having(node))
                for side, node in zip(self.sides, (near, far), strict=True)
            ]
            nodes = tuple(self.paths.node(node) for node in dict.fromkeys((near, far)))
            found.append(_carrier(nodes, self.by_route[near, far] / self.total, *groups))
        return tuple(found)

    def products(self) -> tuple[Carrier, ...]:
        found = []
        order = sorted(self.by_pair, key=lambda key: (-self.by_pair[key], key))
        for pair in order[:SHOWN]:
            groups = [self.log[:, [row]].toarray().ravel() > 0 for row in pair]
            nodes = tuple(self.paths.product(row) for row in pair)
            found.append(_carrier(nodes, self.by_pair[pair] / self.total, *groups))
        return tuple(found)

    def holes(self) -> tuple[Hole, ...]:
        """The kinds of attributes that carry most, and the products of both aisles without one."""
        graph = self.model.graph
        kinds = graph.attributes["kind"].to_list()
        weight: dict[str, float] = defaultdict(float)
        for (near, far), value in self.by_route.items():
            for kind in {kinds[n] for n in (near, far) if 0 <= n < len(kinds)}:
                weight[kind] += value
        bought = np.asarray(self.log.sum(axis=0)).ravel()
        found = []
        for kind in sorted(weight, key=lambda kind: (-weight[kind], kind))[:KINDS_OF_HOLES]:
            columns = np.array([name == kind for name in kinds], np.float32)
            has = np.asarray(graph.product_attributes @ columns).ravel() > 0
            inside = (self.sides[0] | self.sides[1]) & ~self.model.kept_back.products
            without = np.flatnonzero(inside & ~has)
            most = without[np.argsort(-bought[without], kind="stable")][:HOLES]
            named = tuple(self.paths.product(row) for row in most.tolist())
            share = weight[kind] / self.total
            found.append(Hole(kind, share, len(without), int(inside.sum()), named))
        return tuple(found)

    def _having(self, node: int) -> np.ndarray:
        graph, attributes = self.model.graph, self.decomposer.attributes
        table = graph.product_attributes
        if node >= attributes:
            node -= attributes
            table = sparse.csr_array(graph.product_categories @ graph.category_ancestors)
        return np.asarray(table[:, [node]].toarray()).ravel() > 0


def _carrier(
    nodes: tuple[PathNode, ...], share: float, first: np.ndarray, second: np.ndarray
) -> Carrier:
    people = int((first & second).sum())
    if people < FEWEST:
        return Carrier(nodes, share, None, None)
    return Carrier(nodes, share, people, lift(first, second))


def _buyers(log: sparse.csr_array, products: np.ndarray) -> np.ndarray:
    """Who bought any of the products: bool (people,)."""
    return np.asarray(log @ products.astype(np.float32)).ravel() > 0
