"""Why a score is what it is: the terms of the sum, each with the walk that carries it."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["people", "attribute", "category", "text", "bridge"]
"""How a walk gets from the history product to the candidate.

people: the same people bought both, or both with a third product; attribute, category: both have
it; text: their texts are alike; bridge: through two *different* nodes (attributes, categories,
products) that training has brought close: the learned step is the relationship ``LEARNED``.
"""

SOFT = ("LEARNED", "SIMILAR_TEXT")
"""Relationships of a path that are learned closeness, not edges of the graph."""


@dataclass(frozen=True)
class PathNode:
    """A node on a path: its label in the graph, its id there, and what people call it."""

    label: str
    id: str
    name: str


Path = tuple[PathNode | str, ...]
"""Nodes and relationship types, alternating; first the history product, last the candidate."""


@dataclass(frozen=True)
class Term:
    """One walk's share of a score."""

    contribution: float
    kind: Kind
    history_product: str
    path: Path
    count: int | None = None
    """For people walks: how many people (or anonymous baskets) bought both ends of the edge."""


@dataclass(frozen=True)
class Explanation:
    """A score taken apart: ``score == bias + sum(term.contribution) + rest``."""

    user_id: str
    product_id: str
    score: float
    bias: float
    terms: tuple[Term, ...]
    """The largest by absolute contribution, first; negative ones speak against."""
    rest: float

    @property
    def sum(self) -> float:
        """Bias, terms and rest added up: the score, to float tolerance."""
        return self.bias + sum(term.contribution for term in self.terms) + self.rest

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of ``explain --format json``."""
        return {
            "user_id": self.user_id,
            "product_id": self.product_id,
            "score": self.score,
            "bias": self.bias,
            "terms": [
                {
                    "contribution": term.contribution,
                    "kind": term.kind,
                    "history_product": term.history_product,
                    "count": term.count,
                    "path": [
                        {"relationship": step}
                        if isinstance(step, str)
                        else {"label": step.label, "id": step.id, "name": step.name}
                        for step in term.path
                    ],
                }
                for term in self.terms
            ],
            "rest": self.rest,
            "sum": self.sum,
        }
