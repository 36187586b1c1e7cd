"""The split: which purchases are hidden, and the graph that is left to learn from."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.evaluation.hiding import Held, SplitError, aisle_cold, aisle_warm, product_cold
from crossaisle.evaluation.saved_split import fingerprint, read_held, write_held
from crossaisle.graph import Graph, bought_with

Task = Literal["aisle-cold", "aisle-warm", "product-cold"]
TASKS: tuple[Task, ...] = get_args(Task)

TEST_USERS = 2000
VALIDATION_USERS = 1000


@dataclass(frozen=True)
class Fold:
    """The cases of one purpose (validation or test) and the graph that may be learned from.

    A case is a user and an aisle: rank the aisle for the user, the hidden products should be on
    top. The hidden events are out of ``graph`` (and so are those of the other cases of this
    fold), and its BOUGHT_WITH is counted again from what is left.
    """

    graph: Graph
    held: Held
    users: np.ndarray  # int64 (cases,), customer rows, ascending
    aisles: np.ndarray  # int32 (cases,), codes of Graph.aisles
    hidden: sparse.csr_array = field(repr=False)  # float32 (cases, products), 1 = hidden

    @classmethod
    def make(cls, graph: Graph, held: Held) -> Self:
        """Take what ``held`` names out of ``graph`` and count BOUGHT_WITH again."""
        left = graph.replace(
            bought=graph.bought.filter(~pl.Series(held.bought, dtype=pl.Boolean)),
            contains=graph.contains.filter(~pl.Series(held.contains, dtype=pl.Boolean)),
        )
        left = left.replace(bought_with=bought_with(left))
        keys = held.cases.select("user", "aisle").unique().sort("user", "aisle")
        case = held.cases.join(keys.with_row_index("case"), on=["user", "aisle"])
        hidden = sparse.csr_array(
            (
                np.ones(case.height, np.float32),
                (case["case"].to_numpy(), case["product"].to_numpy()),
            ),
            shape=(keys.height, graph.products.height),
        )
        hidden.sort_indices()
        users = keys["user"].to_numpy().astype(np.int64)
        return cls(left, held, users, keys["aisle"].to_numpy().astype(np.int32), hidden)

    @cached_property
    def history(self) -> sparse.csr_array:
        """What is known of each case's user: float32 (cases, products), from ``graph`` alone."""
        return sparse.csr_array(self.graph.purchases[self.users])

    def candidates(self, aisle: int) -> np.ndarray:
        """Product rows ranked for cases of this aisle: int64 (m,), ascending.

        All products of the aisle; under product-cold those of them that lost their events. What
        is in a user's history is left out of the ranking later, case by case.
        """
        inside = self.graph.aisle_of == aisle
        if self.held.cold is not None:
            chosen = np.zeros_like(inside)
            chosen[self.held.cold] = True
            inside &= chosen
        return np.flatnonzero(inside)


@dataclass(frozen=True)
class Split:
    """Validation and test of one task on one graph.

    What each fit sees:

    - *Tuning* fits on ``validation.graph``: the log without the hidden events of the test *and*
      of validation; it is judged by ``validation``'s cases.
    - The *final* fit is on ``test.graph``: the log without the hidden events of the test;
      validation's hidden events are back in it. It is judged by ``test``'s cases, once.

    ``aisle-cold``: each drawn user (of those who bought in two aisles or more) has one aisle,
    drawn by the seed, hidden whole. ``aisle-warm``: the last new product of each aisle in which
    the drawn user has two or more is hidden; where all events have dates, the log is cut in time
    instead (see :func:`crossaisle.evaluation.hiding.aisle_warm`). ``product-cold``: a tenth of
    the sold products of each aisle lose all events and are ranked among themselves. Test and
    validation users are disjoint, except under the cut in time, where the time parts them.
    Products without an aisle are history, never targets.
    """

    task: Task
    seed: int
    fingerprint: str
    """SHA-256 of the graph's products, aisles and log: a saved split fits this graph only."""
    validation: Fold
    test: Fold

    @classmethod
    def make(
        cls,
        graph: Graph,
        task: Task,
        *,
        seed: int = 0,
        test_users: int = TEST_USERS,
        validation_users: int = VALIDATION_USERS,
    ) -> Self:
        """Draw the cases and hide them. The same graph, task, seed and sizes give the same split.

        Raises:
            SplitError: the log cannot carry the task: what is missing, and what to do.
        """
        if task not in TASKS:
            raise SplitError(f"the task {task!r} is unknown: use one of {', '.join(TASKS)}")
        draw = {"aisle-cold": aisle_cold, "aisle-warm": aisle_warm, "product-cold": product_cold}
        rng = np.random.default_rng([seed, TASKS.index(task)])
        validation, test = draw[task](graph, rng, (validation_users, test_users))
        for name, held in (("validation", validation), ("test", test)):
            if not held.cases.height:
                raise SplitError(
                    f"{task}: nobody is left to be a {name} case; the log needs more customers"
                    " with several purchases"
                )
        mark = fingerprint(graph)
        return cls(task, seed, mark, Fold.make(graph, validation), Fold.make(graph, test))

    def save(self, folder: Path) -> None:
        """Write ``split.json`` and Parquet tables (cases, hidden events) into ``folder``."""
        head = {"task": self.task, "seed": self.seed, "fingerprint": self.fingerprint}
        folds = {"validation": self.validation.held, "test": self.test.held}
        write_held(folder, head, folds, self.test.graph)

    @classmethod
    def load(cls, folder: Path, graph: Graph) -> Self:
        """Read a saved split back and hide the same events in ``graph``.

        Raises:
            SplitError: a file is missing or damaged, or ``graph`` is not the one it was made of.
        """
        head, folds = read_held(folder, graph)
        validation, test = (Fold.make(graph, folds[name]) for name in ("validation", "test"))
        return cls(head["task"], head["seed"], head["fingerprint"], validation, test)
