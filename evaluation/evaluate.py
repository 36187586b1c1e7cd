"""The evaluation: hide, tune the baselines, fit everything on the same graph, rank, compare."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from crossaisle.evaluation.baselines import Baseline, chosen, tune
from crossaisle.evaluation.figures import Run, figures
from crossaisle.evaluation.leaks import check_leaks, twin_customers, twins
from crossaisle.evaluation.lists import Shelf
from crossaisle.evaluation.parts import Part, parts
from crossaisle.evaluation.popularity import Popularity, WithPopularity
from crossaisle.evaluation.probability import calibrate
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.results import Results
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
        fit: makes the model, "crossaisle" in the results; None measures baselines only. Its
            scores, and those of the arms, are judged as log probabilities too.
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
    runs: list[Run] = []
    for name, make in _models(fit, arms):
        note(f"training {name}", 0, 1)
        start = time.perf_counter()
        scorer = make(split.test.graph)
        run = _run(name, scorer, time.perf_counter() - start, split.test, seed, note)
        run.calibration = calibrate(scorer, split.test)
        runs.append(run)
    for baseline in wanted:
        runs += _run_baseline(baseline, split, seed, note)
    note("drawing intervals", 0, 1)
    twin = twin_customers(graph)
    apart = parts(split.task, split.test, twin)
    shelf = Shelf.make(split.test, _content(graph), seed)
    methods, comparisons = figures(runs, split.test, shelf, apart, seed)
    return Results(
        task=split.task,
        seed=split.seed,
        fingerprint=split.fingerprint,
        counts=_counts(graph, split, apart),
        twins=twins(graph).height,
        twin_customers=int(twin.sum()),
        versions={"python": platform.python_version()}
        | {package: version(package) for package in PACKAGES},
        methods=methods,
        comparisons=comparisons,
    )


def _models(fit: Fit | None, arms: Mapping[str, Fit] | None) -> list[tuple[str, Fit]]:
    return ([("crossaisle", fit)] if fit else []) + list((arms or {}).items())


def _run(name: str, scorer: Scorer, seconds: float, fold: Fold, seed: int, note: Progress) -> Run:
    start = time.perf_counter()
    ranking = rank_fold(
        scorer,
        fold,
        seed=seed,
        progress=lambda done, total: note(f"ranking by {name}", done, total),
    )
    return Run(name, ranking, seconds, time.perf_counter() - start)


def _run_baseline(baseline: Baseline, split: Split, seed: int, note: Progress) -> list[Run]:
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
        run = _run(name, scorer, seconds, split.test, seed, note)
        run.seconds_tune, run.tuned = spent, tuned
        runs.append(run)
        start = time.perf_counter()
    return runs


def _content(graph: Graph) -> sparse.csr_array:
    from crossaisle.fusion.content import features  # loads torch

    return features(graph).matrix


def _counts(graph: Graph, split: Split, apart: tuple[Part, ...]) -> dict[str, int]:
    counts = dict(graph.counts())
    for name, fold in (("validation", split.validation), ("test", split.test)):
        counts[f"{name}_cases"] = len(fold.users)
        counts[f"{name}_users"] = len(np.unique(fold.users))
        counts[f"{name}_hidden"] = int(fold.hidden.nnz)
        counts[f"{name}_events_learned_from"] = fold.graph.bought.height
    for part in apart:
        counts[f"test_cases, {part.name}"] = int(part.cases.sum())
    return counts
