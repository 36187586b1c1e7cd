"""Why a score is what it is: the terms of the sum, each with the walk that carries it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from crossaisle.fusion.errors import FusionError

Kind = Literal["people", "attribute", "category", "text", "image", "bridge"]
"""How a walk gets from the history product to the candidate.

people: the same people bought both, or both with a third product; attribute, category: both have
it; text: their texts are alike; image: their pictures are; bridge: through two *different* nodes
(attributes, categories, products) that training has brought close: the learned step is the
relationship ``LEARNED``.
"""

KINDS: tuple[Kind, ...] = ("people", "attribute", "category", "text", "image", "bridge")

By = Literal["history", "attribute", "kind"]
"""What walks can be grouped by; see :meth:`Explanation.grouped`."""

SOFT = ("LEARNED", "SIMILAR_TEXT", "SIMILAR_IMAGE")
"""Relationships of a path that are learned closeness, not edges of the graph."""


@dataclass(frozen=True)
class PathNode:
    """A node on a path: its label in the graph, its id there, and what people call it."""

    label: str
    id: str
    name: str

    def to_json(self) -> dict[str, str]:
        """Return the node as it stands in a path of ``explain --format json``."""
        return {"label": self.label, "id": self.id, "name": self.name}


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

    def to_json(self) -> dict[str, Any]:
        """Return one of the ``terms`` of ``explain --format json``."""
        return {
            "contribution": self.contribution,
            "kind": self.kind,
            "history_product": self.history_product,
            "count": self.count,
            "path": [
                {"relationship": step} if isinstance(step, str) else step.to_json()
                for step in self.path
            ],
        }


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
    whole: Callable[[By], tuple["Group", ...]] | None = field(
        default=None, compare=False, repr=False
    )
    """Goes over all walks again, for :meth:`grouped`; None where no model is at hand."""

    @property
    def sum(self) -> float:
        """Bias, terms and rest added up: the score, to float tolerance."""
        return self.bias + sum(term.contribution for term in self.terms) + self.rest

    def grouped(self, by: By) -> tuple["Group", ...]:
        """Add up all walks, those in ``rest`` too; the groups' sum is score - bias.

        Args:
            by: "history": by the history product. "attribute": by the attribute or category that a
                walk goes through, the candidate's where it goes through two different ones, and by
                kind where it goes through none. "kind": by kind of walk.

        Returns:
            The groups that have a walk, largest by absolute contribution first.

        Raises:
            FusionError: the explanation was made by hand, not by a model.
        """
        if self.whole is None:
            raise FusionError("only an explanation that a model made can be grouped")
        return self.whole(by)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of ``explain --format json``."""
        return {
            "user_id": self.user_id,
            "product_id": self.product_id,
            "score": self.score,
            "bias": self.bias,
            "terms": [term.to_json() for term in self.terms],
            "rest": self.rest,
            "sum": self.sum,
        }


@dataclass(frozen=True)
class Group:
    """Walks of one score that have something in common, added up."""

    node: PathNode
    """What they have in common; where it is no node of the graph, its label is "Kind"."""
    contribution: float
    walks: int

    def to_json(self) -> dict[str, Any]:
        """Return one of the ``groups`` of ``explain --format json``."""
        return {**self.node.to_json(), "contribution": self.contribution, "walks": self.walks}


@dataclass(frozen=True)
class Difference:
    """The same way from a history product, to one candidate and to the other."""

    contribution: float
    """The first one's minus the second one's."""
    first: Term | None
    """The walk to the first candidate; None where this way does not lead there."""
    second: Term | None

    def to_json(self) -> dict[str, Any]:
        """Return one of the ``terms`` of ``explain --against``."""
        return {
            "contribution": self.contribution,
            "first": self.first and self.first.to_json(),
            "second": self.second and self.second.to_json(),
        }


@dataclass(frozen=True)
class Contrast:
    """Why one product is above another: ``score == bias + sum(term.contribution) + rest``."""

    user_id: str
    product_id: str
    against: str
    score: float
    """The first one's score minus the second one's; so are bias, terms and rest."""
    bias: float
    terms: tuple[Difference, ...]
    """The largest by absolute contribution, first; negative ones speak for the second."""
    rest: float

    @property
    def sum(self) -> float:
        """Bias, terms and rest added up: the difference of the scores, to float tolerance."""
        return self.bias + sum(term.contribution for term in self.terms) + self.rest

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of ``explain --against PRODUCT --format json``."""
        return {
            "user_id": self.user_id,
            "product_id": self.product_id,
            "against": self.against,
            "score": self.score,
            "bias": self.bias,
            "terms": [term.to_json() for term in self.terms],
            "rest": self.rest,
            "sum": self.sum,
        }
