"""From rankings to figures: every measure of every method, with intervals, and by parts."""

from dataclasses import dataclass

import numpy as np

from crossaisle.evaluation.baselines import Tuned
from crossaisle.evaluation.bootstrap import Interval, Resampled, resample
from crossaisle.evaluation.hiding import ANY
from crossaisle.evaluation.lists import COLD_LISTS, LISTS, Shelf
from crossaisle.evaluation.metrics import METRICS, coverage, gini
from crossaisle.evaluation.parts import Part
from crossaisle.evaluation.probability import Calibration
from crossaisle.evaluation.ranking import Ranking
from crossaisle.evaluation.results import Comparison, Method
from crossaisle.evaluation.splits import Fold

Table = dict[str, Interval]


@dataclass
class Run:
    """A fitted method's ranking of the test cases, and what it took."""

    name: str
    ranking: Ranking
    seconds_fit: float
    seconds_score: float
    seconds_tune: float = 0.0
    tuned: Tuned | None = None
    calibration: Calibration | None = None


def figures(
    runs: list[Run], fold: Fold, shelf: Shelf, parts: tuple[Part, ...], seed: int
) -> tuple[tuple[Method, ...], tuple[Comparison, ...]]:
    """Measure every run, and compare the first with each of the others.

    Args:
        runs: one a method, of the same fold.
        fold: the test.
        shelf: what the lists are held against.
        parts: of the test, reported apart.
        seed: of the bootstrap; all methods and metrics get the same draws of users.
    """
    if not runs:
        return (), ()
    measures = LISTS | COLD_LISTS if fold.held.mixed else LISTS
    names = [*METRICS, *measures]
    values = np.column_stack(
        [
            column
            for run in runs
            for column in (
                *(metric(run.ranking) for metric in METRICS.values()),
                *(measure(run.ranking, shelf) for measure in measures.values()),
            )
        ]
    )
    everyone = resample(values, fold.users, seed=seed)
    aisles = {}
    for aisle in np.unique(fold.aisles):
        inside = fold.aisles == aisle
        name = "any" if aisle == ANY else fold.graph.aisles[aisle]
        aisles[name] = _tables(values[inside], fold.users[inside], names, seed)
    apart = {
        part.name: _tables(_of_part(runs, part), fold.users[part.cases], list(METRICS), seed)
        for part in parts
    }
    candidates = sum(len(fold.candidates(int(aisle))) for aisle in np.unique(fold.aisles))
    methods = tuple(
        Method(
            name=run.name,
            metrics=table,
            coverage=coverage(run.ranking.top, candidates),
            gini=gini(run.ranking.top, candidates),
            by_aisle={name: tables[number] for name, tables in aisles.items()},
            parts={name: tables[number] for name, tables in apart.items()},
            seconds_tune=run.seconds_tune,
            seconds_fit=run.seconds_fit,
            seconds_score=run.seconds_score,
            tuned=run.tuned,
            calibration=run.calibration,
        )
        for number, (run, table) in enumerate(zip(runs, _cut(everyone, names), strict=True))
    )
    return methods, _compare(runs, everyone, names)


def _of_part(runs: list[Run], part: Part) -> np.ndarray:
    """Values of a part's cases: float64 (cases of the part, methods x METRICS)."""
    columns = []
    for run in runs:
        ranking = run.ranking if part.answers is None else run.ranking.of_products(part.answers)
        columns += [metric(ranking)[part.cases] for metric in METRICS.values()]
    return np.column_stack(columns)


def _tables(values: np.ndarray, users: np.ndarray, names: list[str], seed: int) -> list[Table]:
    return _cut(resample(values, users, seed=seed), names)


def _cut(drawn: Resampled, names: list[str]) -> list[Table]:
    """One table a method."""
    return [
        {name: drawn.mean(start + column) for column, name in enumerate(names)}
        for start in range(0, len(drawn.means), len(names))
    ]


def _compare(runs: list[Run], drawn: Resampled, names: list[str]) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            runs[0].name,
            run.name,
            {
                name: drawn.difference(column, number * len(names) + column)
                for column, name in enumerate(names)
            },
            {
                name: drawn.ratio(column, number * len(names) + column)
                for column, name in enumerate(names)
            },
        )
        for number, run in enumerate(runs)
        if number
    )
