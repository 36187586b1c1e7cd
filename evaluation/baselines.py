"""The baselines, each with the same number of settings, and the search that picks one.

Every baseline has :data:`BUDGET` settings of its own, tried on the validation fold. The best
one is then also mixed with popularity ("+popularity"), again with ``BUDGET`` weights. The best of
each is fitted once more on the test's graph. Nothing reads the test before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crossaisle.evaluation.bpr import Bpr
from crossaisle.evaluation.content import ContentKnn, TextKnn
from crossaisle.evaluation.ease import Ease
from crossaisle.evaluation.ials import Ials
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.neighbours import ItemKnn, Rp3Beta
from crossaisle.evaluation.popularity import Affinity, Popularity, WithPopularity
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import Fold
from crossaisle.evaluation.svd import Svd
from crossaisle.graph import Graph

if TYPE_CHECKING:  # fusion loads torch; the protocol is all that is needed of it
    from crossaisle.fusion.scorer import Scorer

BUDGET = 8
Settings = dict[str, Any]
WEIGHTS: tuple[Settings, ...] = tuple(
    {"weight": weight} for weight in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
)


class BaselineError(ValueError):
    """A baseline that does not exist was asked for."""


@dataclass(frozen=True)
class Baseline:
    """A name, how to fit it on a graph (settings as keywords), and the settings to try."""

    name: str
    fit: Callable[..., Scorer]
    settings: tuple[Settings, ...]


@dataclass(frozen=True)
class Trial:
    """One setting and its nDCG@10 on validation."""

    settings: Settings
    ndcg: float


@dataclass(frozen=True)
class Tuned:
    """The setting that did best on validation, and all that were tried."""

    settings: Settings
    trials: tuple[Trial, ...]


def _grid(**axes: Sequence[Any]) -> tuple[Settings, ...]:
    settings: list[Settings] = [{}]
    for name, values in axes.items():
        settings = [one | {name: value} for one in settings for value in values]
    return tuple(settings)


def _lightgcn(graph: Graph, **settings: Any) -> Scorer:  # noqa: ANN401
    from crossaisle.evaluation.lightgcn import LightGcn  # loads torch

    return LightGcn(graph, **settings)


BASELINES: tuple[Baseline, ...] = (
    Baseline(
        "popularity",
        Popularity,
        _grid(baskets=(False, True), half_life=(None, 40.0, 10.0, 4.0)),
    ),
    Baseline("affinity", Affinity, _grid(brand=(1.0, 3.0, 10.0, 30.0), category=(1.0, 10.0))),
    Baseline(
        "item-knn", ItemKnn, _grid(shrinkage=(0.0, 20.0, 100.0, 500.0), neighbours=(100, 1000))
    ),
    Baseline("rp3beta", Rp3Beta, _grid(alpha=(0.6, 1.0), beta=(-0.4, -0.1, 0.2, 0.5))),
    Baseline(
        "ease",
        Ease,
        _grid(regularisation=(10.0, 50.0, 150.0, 400.0, 800.0, 1500.0, 3000.0, 6000.0)),
    ),
    Baseline(
        "ials",
        Ials,
        tuple(
            {"factors": factors, "regularisation": regularisation, "alpha": alpha}
            for factors, regularisation, alpha in (
                (32, 10.0, 1.0),
                (64, 3.0, 1.0),
                (64, 10.0, 1.0),
                (64, 15.0, 1.0),
                (64, 10.0, 5.0),
                (64, 1.0, 10.0),
                (128, 10.0, 1.0),
                (128, 30.0, 5.0),
            )
        ),
    ),
    Baseline("svd", Svd, _grid(factors=(16, 64, 128, 256), power=(0.0, 0.5))),
    Baseline(
        "bpr",
        Bpr,
        _grid(factors=(32, 96), learning_rate=(0.005, 0.02), regularisation=(0.002, 0.02)),
    ),
    Baseline("lightgcn", _lightgcn, _grid(layers=(1, 2), regularisation=(1e-6, 1e-5, 1e-4, 1e-3))),
    Baseline(
        "content-knn",
        ContentKnn,
        _grid(attributes=(0.0, 0.5, 1.0, 2.0), categories=(0.25, 1.0)),
    ),
)
TEXT_KNN = "text-knn"
"""The baseline that there is only where the products' text vectors are at hand."""
TEXT_SETTINGS = _grid(centre=(False, True), power=(1.0, 2.0, 4.0, 8.0))


def chosen(names: str | Sequence[str], text: np.ndarray | None = None) -> tuple[Baseline, ...]:
    """Return the baselines of ``"all"``, ``"none"``, ``"name,name"`` or a sequence of names.

    Args:
        names: which; "all" has "text-knn" only where there is text.
        text: float (products, numbers), the products' text vectors.

    Raises:
        BaselineError: one is unknown, or needs text where there is none.
    """
    there = BASELINES
    if text is not None:
        there += (Baseline(TEXT_KNN, partial(TextKnn, text=text), TEXT_SETTINGS),)
    if names == "all":
        return there
    if names == "none":
        return ()
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    known = {baseline.name: baseline for baseline in there}
    for name in wanted:
        if name == TEXT_KNN and text is None:
            raise BaselineError(f"{name} needs text vectors: choose a text encoder")
        if name not in known:
            raise BaselineError(f"no baseline {name!r}: there are {', '.join(known)}, all and none")
    return tuple(known[name] for name in wanted)


def tune(
    baseline: Baseline, fold: Fold, seed: int, note: Callable[[str, int, int], None]
) -> Iterator[tuple[str, Tuned]]:
    """Try all settings on the validation fold: first alone, then the best one with popularity.

    Yields:
        (name, tuned) of the baseline, and of "name+popularity" unless it *is* popularity.
    """
    best, kept, trials = -1.0, None, []
    for number, settings in enumerate(baseline.settings):
        note(f"tuning {baseline.name}", number, len(baseline.settings))
        scorer = baseline.fit(fold.graph, **settings)
        trials.append(Trial(settings, _judge(scorer, fold, seed)))
        if trials[-1].ndcg > best:
            best, kept = trials[-1].ndcg, scorer
    alone = _best(trials)
    yield baseline.name, Tuned(alone, tuple(trials))
    if baseline.fit is Popularity or kept is None:
        return
    popularity = Popularity(fold.graph)
    trials = []
    for number, mix in enumerate(WEIGHTS):
        note(f"tuning {baseline.name}+popularity", number, len(WEIGHTS))
        trials.append(
            Trial(alone | mix, _judge(WithPopularity(kept, popularity, **mix), fold, seed))
        )
    yield f"{baseline.name}+popularity", Tuned(_best(trials), tuple(trials))


def _judge(scorer: Scorer, fold: Fold, seed: int) -> float:
    return float(ndcg(rank_fold(scorer, fold, seed=seed), k=10).mean())


def _best(trials: Sequence[Trial]) -> Settings:
    return max(trials, key=lambda trial: trial.ndcg).settings
