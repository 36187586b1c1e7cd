"""What shown paths are like: whether the graph has them, how recent, popular, varied, long."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from crossaisle.fusion.terms import KINDS, SOFT, Path, PathNode, Term
from crossaisle.graph import Graph
from crossaisle.graph.schema import EDGES, NODE

BETA = 0.3
"""Weight of the newest value in both moving averages, as Balloccu et al. (SIGIR 2022) set it."""


def moving_average(values: np.ndarray, beta: float = BETA) -> np.ndarray:
    """a_1 = v_1, a_i = (1 - beta) a_{i-1} + beta v_i, brought to [0, 1]: float64 (n,).

    Min-max normalised; all alike are 1. Balloccu et al. (2022), equations 1 and 2.
    """
    found = np.array(values, np.float64)
    for at in range(1, len(found)):
        found[at] = (1 - beta) * found[at - 1] + beta * found[at]
    low, high = (found.min(), found.max()) if len(found) else (0.0, 0.0)
    return (found - low) / (high - low) if high > low else np.ones(len(found))


@dataclass(frozen=True)
class PathMeasures:
    """Measures of paths in one graph. Made once; keeps its tables.

    LIR, linking-interaction recency: moving average over the times of a person's purchases, in
    order, at the history product of the path. SEP, shared-entity popularity: the same over the
    degrees of all nodes of one label, ascending, at the node before the product shown. ETD,
    explanation-type diversity: distinct kinds of walk among those shown / min(shown, kinds). PFR,
    path faithfulness rate: share of paths each of whose edges is in the graph (PEARLM,
    arXiv:2310.16452); a learned step claims no edge, and :meth:`learned` counts it.
    """

    graph: Graph
    _recency: dict[int, dict[str, float]] = field(default_factory=dict, repr=False)

    @cached_property
    def edges(self) -> set[tuple[str, str, str]]:
        """Every edge: relationship, label and id of one end and of the other; both directions."""
        found = set()
        for table in EDGES:
            if table.name in {"bought", "contains"}:
                continue
            labels = (NODE[table.head].label, NODE[table.tail].label)
            for head, tail in self.graph.edges_by_id(table.name).select("head", "tail").iter_rows():
                ends = (f"{labels[0]}:{head}", f"{labels[1]}:{tail}")
                found |= {(table.relationship, *ends), (table.relationship, *ends[::-1])}
        return found

    def missing_steps(self, path: Path) -> list[str]:
        """Name the steps of a path that claim an edge which the graph has not."""
        nodes = [f"{n.label}:{n.id}" if isinstance(n, PathNode) else n for n in path[::2]]
        steps = zip(path[1::2], nodes, nodes[1:], strict=False)
        return [
            f"{before} -{step}- {after}"
            for step, before, after in steps
            if step not in SOFT and (str(step), before, after) not in self.edges
        ]

    def wrong_ends(self, term: Term, product_id: str) -> list[str]:
        """Say where a path does not go from its history product to the product shown."""
        first, last = term.path[0], term.path[-1]
        ends = [node.id if isinstance(node, PathNode) else node for node in (first, last)]
        wanted = (term.history_product, product_id)
        return [f"{is_} in place of {should}" for is_, should in zip(ends, wanted, strict=True)
                if is_ != should]  # fmt: skip

    def recency(self, customer: int) -> dict[str, float]:
        """LIR of each product that a customer bought, in [0, 1]; {} where events have no time.

        Args:
            customer: row of the customer.
        """
        if customer not in self._recency:
            own = self._timed.filter(pl.col("head") == customer)
            last = own.group_by("tail").agg(pl.col("when").max()).sort("when", "tail")
            ids = self.graph.products["id"].gather(last["tail"]).to_list()
            values = moving_average(last["when"].to_numpy())
            self._recency[customer] = dict(zip(ids, values.tolist(), strict=True))
        return self._recency[customer]

    @cached_property
    def _timed(self) -> pl.DataFrame:
        bought = self.graph.bought
        when = pl.coalesce(pl.col("time").dt.epoch("s").cast(pl.Float64), pl.col("position"))
        return bought.select("head", "tail", when=when).drop_nulls()

    @cached_property
    def popularity(self) -> dict[tuple[str, str], float]:
        """SEP of each (label, id), in [0, 1]."""
        found: dict[tuple[str, str], float] = {}
        for label, degrees in self.degrees.items():
            order = sorted(degrees, key=lambda ident: (degrees[ident], ident))
            values = moving_average(np.array([degrees[ident] for ident in order], np.float64))
            found |= {(label, i): v for i, v in zip(order, values.tolist(), strict=True)}
        return found

    @cached_property
    def degrees(self) -> dict[str, dict[str, int]]:
        """Edges of each node but purchases, by label and id."""
        found: dict[str, dict[str, int]] = {
            node.label: dict.fromkeys(getattr(self.graph, table)["id"], 0)
            for table, node in NODE.items()
            if node.label in ("Product", "Attribute", "Category")
        }
        for _, end, _ in self.edges:
            label, _, ident = end.partition(":")
            found[label][ident] += 1
        return found

    def shared(self, path: Path) -> float:
        """SEP of a path: of the node before the product shown."""
        node = path[-3]
        assert isinstance(node, PathNode)
        return self.popularity[node.label, node.id]


def learned(path: Path) -> bool:
    """Whether a path has a step that is learned closeness, not an edge."""
    return any(step in SOFT for step in path[1::2])


def diversity(terms: Sequence[Term]) -> float:
    """ETD of what is shown for one product, in (0, 1]; NaN where nothing is."""
    kinds = {term.kind for term in terms}
    return len(kinds) / min(len(terms), len(KINDS)) if terms else float("nan")
