"""Splits, metrics, baselines: how good it is, and whether the figure can be trusted."""

from crossaisle.evaluation.baselines import BASELINES, BaselineError
from crossaisle.evaluation.bootstrap import Interval
from crossaisle.evaluation.evaluate import Fit, evaluate
from crossaisle.evaluation.hiding import SplitError
from crossaisle.evaluation.leaks import LeakError, check_leaks, twin_customers, twins
from crossaisle.evaluation.ranking import ScoreError
from crossaisle.evaluation.results import Comparison, Method, Results
from crossaisle.evaluation.splits import TASKS, Fold, Split, Task
from crossaisle.evaluation.tables import markdown, rich_table

__all__ = [
    "BASELINES",
    "TASKS",
    "BaselineError",
    "Comparison",
    "Fit",
    "Fold",
    "Interval",
    "LeakError",
    "Method",
    "Results",
    "ScoreError",
    "Split",
    "SplitError",
    "Task",
    "check_leaks",
    "evaluate",
    "markdown",
    "rich_table",
    "twin_customers",
    "twins",
]
