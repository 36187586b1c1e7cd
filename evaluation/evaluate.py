"""The evaluation: hide, tune the baselines, fit everything on the same graph, rank, compare."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from crossaisle.evaluation.baselines import Baseline, Tuned, chosen, tune
from crossaisle.evaluation.bootstrap import Resampled, resample
from crossaisle.evaluation.leaks import check_leaks, twins
from crossaisle.evaluation.metrics import METRICS, coverage
from crossaisle.evaluation.popularity import Popularity, WithPopularity
from crossaisle.evaluation.ranking import Ranking, rank_fold
from crossaisle.evaluation.results import Comparison, Method, Results
from crossaisle.evaluation.splits import Fold, Split, Task
from crossaisle.graph import Graph, Progress, silent

if TYPE_CHECKING:  # fusion loads torch; the protocol is all that is needed of it
    from crossaisle.fusion.scorer import Scorer

Fit = Callable[[Graph], "Scorer"]
PACKAGES = ("crossaisle", "numpy", "scipy", "polars", "implicit")


def evaluate(
    graph: Graph,
    task: Task,
    fit: Fit | None,
    *,
    arms: Mapping[str, Fit] | None = None,
    baselines: str | Sequence[str] = "all",
    text: np.ndarray | None = None,
    split: Split | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Results:
    """Measure a model and the tuned baselines on one split, by full ranking.

    The model is fitted once, on the test's graph (see :class:`~crossaisle.evaluation.splits.Split`
    for what is in it); what it tunes, it tunes inside that graph. Baselines are tuned on the
    validation fold, with an equal number of settings, then fitted on the test's graph.

    Args:
        graph: with the whole log; it is hidden here.
        task: what to hide.
        fit: makes the model, "crossaisle" in the results; None measures baselines only.
        arms: more models by name, for example ablations.
        baselines: "all", "none", names with commas between, or a sequence of names.
        text: the products' text vectors, float (products, numbers), for "text-knn".
        split: a saved one; None draws it by ``seed``.
        seed: of the split, of the order of ties, and of the bootstrap.
        progress: hears what goes on.

    Returns:
        Every method's metrics with intervals, and the first method against each of the others.

    Raises:
        SplitError: the log cannot carry the task.
        LeakError: something hidden shows in a graph to learn from (a damaged saved split).
        BaselineError: an unknown baseline.
        ScoreError: a model returned scores that cannot be ranked.
    """
    note = progress or silent
    wanted = chosen(baselines, text)
    note("hiding purchases", 0, 1)
    split = split or Split.make(graph, task, seed=seed)
    check_leaks(split)
    runs: list[_Run] = []
    for name, make in _models(fit, arms):
        note(f"training {name}", 0, 1)
        runs.append(_run(name, make, split.test, seed, note))
    for baseline in wanted:
        runs += _run_baseline(baseline, split, seed, note)
    note("drawing intervals", 0, 1)
    methods, resampled = _figures(runs, split, seed)
    return Results(
        task=split.task,
        seed=split.seed,
        fingerprint=split.fingerprint,
        counts=_counts(graph, split),
        twins=twins(graph).height,
        versions={"python": platform.python_version()}
        | {package: version(package) for package in PACKAGES},
        methods=methods,
        comparisons=_compare(runs, resampled),
    )


class _Run:
    """A fitted method's ranking of the test cases."""

    def __init__(self, name: str, ranking: Ranking, fit: float, score: float) -> None:
        self.name, self.ranking, self.seconds_fit, self.seconds_score = name, ranking, fit, score
        self.seconds_tune = 0.0
        self.tuned: Tuned | None = None
        self.values = np.column_stack([metric(ranking) for metric in METRICS.values()])


def _models(fit: Fit | None, arms: Mapping[str, Fit] | None) -> list[tuple[str, Fit]]:
    return ([("crossaisle", fit)] if fit else []) + list((arms or {}).items())


def _run(
    name: str, make: Fit, fold: Fold, seed: int, note: Progress, fitted: Scorer | None = None
) -> _Run:
    start = time.perf_counter()
    scorer = fitted or make(fold.graph)
    middle = time.perf_counter()
    ranking = rank_fold(
        scorer,
        fold,
        seed=seed,
        progress=lambda done, total: note(f"ranking by {name}", done, total),
    )
    return _Run(name, ranking, middle - start, time.perf_counter() - middle)


def _run_baseline(baseline: Baseline, split: Split, seed: int, note: Progress) -> list[_Run]:
    runs, alone = [], None
    start = time.perf_counter()
    for name, tuned in tune(baseline, split.validation, seed, note):
        spent = time.perf_counter() - start
        settings = dict(tuned.settings)
        weight = settings.pop("weight", None)
        if alone is None:
            note(f"fitting {name}", 0, 1)
            fitted = time.perf_counter()
            alone = baseline.fit(split.test.graph, **settings)
            seconds = time.perf_counter() - fitted
        scorer = alone
        if weight is not None:
            scorer = WithPopularity(alone, Popularity(split.test.graph), weight)
        run = _run(name, baseline.fit, split.test, seed, note, fitted=scorer)
        run.seconds_tune, run.seconds_fit, run.tuned = spent, seconds, tuned
        runs.append(run)
        start = time.perf_counter()
    return runs


def _figures(
    runs: list[_Run], split: Split, seed: int
) -> tuple[tuple[Method, ...], Resampled | None]:
    if not runs:
        return (), None
    fold = split.test
    values = np.column_stack([run.values for run in runs])
    everyone = resample(values, fold.users, seed=seed)
    groups = {"": everyone}
    for aisle in np.unique(fold.aisles):
        inside = fold.aisles == aisle
        name = fold.graph.aisles[aisle]
        groups[name] = resample(values[inside], fold.users[inside], seed=seed)
    candidates = sum(len(fold.candidates(int(aisle))) for aisle in np.unique(fold.aisles))
    methods = []
    for number, run in enumerate(runs):
        table = {
            group: {
                metric: drawn.mean(number * len(METRICS) + column)
                for column, metric in enumerate(METRICS)
            }
            for group, drawn in groups.items()
        }
        methods.append(
            Method(
                name=run.name,
                metrics=table.pop(""),
                coverage=coverage(run.ranking.top, candidates),
                by_aisle=table,
                seconds_tune=run.seconds_tune,
                seconds_fit=run.seconds_fit,
                seconds_score=run.seconds_score,
                tuned=run.tuned,
            )
        )
    return tuple(methods), everyone


def _compare(runs: list[_Run], resampled: Resampled | None) -> tuple[Comparison, ...]:
    if resampled is None:
        return ()
    width = len(METRICS)
    return tuple(
        Comparison(
            runs[0].name,
            run.name,
            {
                metric: resampled.difference(column, number * width + column)
                for column, metric in enumerate(METRICS)
            },
            {
                metric: resampled.ratio(column, number * width + column)
                for column, metric in enumerate(METRICS)
            },
        )
        for number, run in enumerate(runs)
        if number
    )


def _counts(graph: Graph, split: Split) -> dict[str, int]:
    counts = dict(graph.counts())
    for name, fold in (("validation", split.validation), ("test", split.test)):
        counts[f"{name}_cases"] = len(fold.users)
        counts[f"{name}_users"] = len(np.unique(fold.users))
        counts[f"{name}_hidden"] = int(fold.hidden.nnz)
        counts[f"{name}_events_learned_from"] = fold.graph.bought.height
    return counts
