"""The split: which purchases are hidden, and the graph that is left to learn from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.evaluation.hiding import (
    ANY,
    Held,
    Pair,
    SplitError,
    aisle_cold,
    aisle_warm,
    any_aisle,
    product_cold,
    product_mixed,
)
from crossaisle.evaluation.saved_split import fingerprint, read_held, write_held
from crossaisle.evaluation.strangers import aisles_apart, new_user
from crossaisle.evaluation.twin_products import hide_twins
from crossaisle.graph import Graph, bought_with

# The place of a task is part of its seed: new ones go to the end.
Task = Literal[
    "aisle-cold",
    "aisle-warm",
    "product-cold",
    "product-mixed",
    "new-user",
    "any-aisle",
    "aisles-apart",
]
TASKS: tuple[Task, ...] = get_args(Task)

TEST_USERS = 2000
VALIDATION_USERS = 1000

HIDE: dict[Task, Callable[[Graph, np.random.Generator, tuple[int, int]], Pair]] = {
    "aisle-cold": aisle_cold,
    "aisle-warm": aisle_warm,
    "product-cold": product_cold,
    "product-mixed": product_mixed,
    "new-user": new_user,
    "any-aisle": any_aisle,
    "aisles-apart": aisles_apart,
}


@dataclass(frozen=True)
class Fold:
    """The cases of one purpose (validation or test) and the graph that may be learned from.

    A case is a user and an aisle: rank the aisle for the user, the hidden products should be on
    top. (With given histories: a user, an aisle and the size of a history.) The hidden events are
    out of ``graph`` (and so are those of the other cases of this fold), and its BOUGHT_WITH is
    counted again from what is left.
    """

    graph: Graph
    held: Held
    users: np.ndarray  # int64 (cases,), customer rows, ascending
    aisles: np.ndarray  # int32 (cases,), codes of Graph.aisles, or ANY
    sizes: np.ndarray  # int32 (cases,), products of each given history; 0 where none is given
    hidden: sparse.csr_array = field(repr=False)  # float32 (cases, products), 1 = hidden

    @classmethod
    def make(cls, graph: Graph, held: Held) -> Self:
        """Take what ``held`` names out of ``graph`` and count BOUGHT_WITH again."""
        left = graph.replace(
            bought=graph.bought.filter(~pl.Series(held.bought, dtype=pl.Boolean)),
            contains=graph.contains.filter(~pl.Series(held.contains, dtype=pl.Boolean)),
        )
        left = left.replace(bought_with=bought_with(left))
        keys = held.cases.select("user", "aisle").unique()
        if held.given is None:
            keys = keys.with_columns(size=pl.lit(0, dtype=pl.Int32))
        else:
            keys = keys.join(held.given.select("user", "size").unique(), on="user")
        keys = keys.sort("user", "aisle", "size")
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
        aisles, sizes = (keys[name].to_numpy().astype(np.int32) for name in ("aisle", "size"))
        return cls(left, held, users, aisles, sizes, hidden)

    @cached_property
    def visits_since(self) -> sparse.csr_array:
        """:attr:`history` with its order, as :attr:`crossaisle.graph.Graph.visits_since` has it.

        Given histories have no order: 1 for each of their products.
        """
        if self.held.given is None:
            return sparse.csr_array(self.graph.visits_since[self.users])
        return self.history

    @cached_property
    def history(self) -> sparse.csr_array:
        """What is known of each case's user: float32 (cases, products).

        From ``graph`` alone, or the given histories of people it knows nothing of.
        """
        if self.held.given is None:
            return sparse.csr_array(self.graph.purchases[self.users])
        keys = pl.DataFrame({"user": self.users, "size": self.sizes}).with_row_index("case")
        keys = keys.cast({"user": pl.UInt32, "size": pl.Int32})
        known = self.held.given.join(keys, on=["user", "size"])
        ends = (known["case"].to_numpy(), known["product"].to_numpy())
        ones = np.ones(known.height, np.float32)
        history = sparse.csr_array((ones, ends), shape=self.hidden.shape)
        history.sort_indices()
        return history

    def candidates(self, aisle: int) -> np.ndarray:
        """Product rows ranked for cases of this aisle: int64 (m,), ascending.

        All products of the aisle (of all aisles where it is ANY); under product-cold those of
        them that lost their events. What is in a user's history is left out of the ranking later,
        case by case.
        """
        of = self.graph.aisle_of
        inside = of >= 0 if aisle == ANY else of == aisle
        if self.held.cold is not None and not self.held.mixed:
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
    the sold products of each aisle lose all events and are ranked among themselves;
    ``product-mixed`` ranks them with the others, and hides warm answers too. ``new-user``:
    aisle-cold for people who are not in the graph, with histories of 1, 2, 3 and 5 products.
    ``any-aisle``: as aisle-warm, all aisles ranked in one list. ``aisles-apart``: the
    graph has nobody who bought in both aisles of the pair that is asked across. Test and
    validation users are disjoint, except under the cut in time, where the time parts them.
    Products without an aisle are history, never targets.
    """

    task: Task
    seed: int
    fingerprint: str
    """SHA-256 of the graph's products, aisles and log: a saved split fits this graph only."""
    validation: Fold
    test: Fold

    @property
    def in_time(self) -> bool:
        """Whether what is hidden came after all that is learned from."""
        return self.task in ("aisle-warm", "any-aisle") and self.test.graph.has_clock

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
        rng = np.random.default_rng([seed, TASKS.index(task)])
        validation, test = hide_twins(graph, HIDE[task](graph, rng, (validation_users, test_users)))
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
