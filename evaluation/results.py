"""What an evaluation found, with everything that is needed to do it again."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from crossaisle.evaluation.baselines import Tuned
from crossaisle.evaluation.bootstrap import Interval
from crossaisle.evaluation.probability import Calibration


@dataclass(frozen=True)
class Method:
    """One method's figures on the test."""

    name: str
    metrics: Mapping[str, Interval]
    coverage: float
    """Catalogue coverage@10. No interval: fewer distinct people always cover less."""
    gini: float
    """Of how often each candidate is in a list: 0 = all equally, 1 = one product only."""
    by_aisle: Mapping[str, Mapping[str, Interval]]
    parts: Mapping[str, Mapping[str, Interval]]
    """Metrics of parts of the test; see :func:`crossaisle.evaluation.parts.parts`."""
    seconds_tune: float
    seconds_fit: float
    seconds_score: float
    tuned: Tuned | None = None
    """Settings chosen on validation and all that were tried; None: it was not tuned here."""
    calibration: Calibration | None = None
    """Of models whose scores are log probabilities; None: a baseline."""


@dataclass(frozen=True)
class Comparison:
    """first against second, paired over the same users, by metric."""

    first: str
    second: str
    difference: Mapping[str, Interval]
    ratio: Mapping[str, Interval]


@dataclass(frozen=True)
class Results:
    """The figures of one task on one split."""

    task: str
    seed: int
    fingerprint: str
    counts: Mapping[str, int]
    """Of the graph's tables; cases, users and hidden products of both folds; cases of parts."""
    twins: int
    """Pairs of products with (nearly) the same buyers."""
    twin_customers: int
    """Customers with the very same products as another one."""
    versions: Mapping[str, str]
    methods: tuple[Method, ...]
    comparisons: tuple[Comparison, ...]

    def method(self, name: str) -> Method:
        """Return the method of that name.

        Raises:
            KeyError: there is none.
        """
        for method in self.methods:
            if method.name == name:
                return method
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; a figure is ``{"value", "low", "high"}``, undefined is null."""
        plain: dict[str, Any] = _plain(asdict(self))
        return {
            "protocol": "full ranking of the aisle; 95 % percentile bootstrap over users",
            **plain,
        }

    def dumps(self) -> str:
        """Return the text of ``results.json``."""
        return json.dumps(self.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(thing: Any) -> Any:  # noqa: ANN401
    if isinstance(thing, Mapping):
        return {key: _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(value) for value in thing]
    if isinstance(thing, float) and not math.isfinite(thing):
        return None
    return thing
