"""People, aisles and products held out of a first training, to choose the fusion weights on."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.config import TrainConfig

COLD, VISITED = 0, 1
"""Situations: the aisle is not in the history; it is."""

UNTIL = 0.9
"""Quantile of first purchases at which the first training ends, where events have dates."""

FEWEST_LATER = 50
"""With fewer later questions about visited aisles single products are hidden as well."""

NEW_PRODUCTS = 0.1
"""Share of each aisle's products that lose all events in the first training."""


@dataclass(frozen=True)
class Tasks:
    """Questions with known answers: this history, this aisle, which of its products?"""

    histories: sparse.csr_array  # float32 (tasks, products), 0 or 1
    targets: sparse.csr_array  # float32 (tasks, products), 0 or 1, all of the task's aisle
    aisle: np.ndarray  # int (tasks,)
    situation: np.ndarray  # int (tasks,), COLD or VISITED

    def __len__(self) -> int:
        """Count the questions."""
        return len(self.aisle)

    def choose(self, rows: np.ndarray) -> "Tasks":
        """Some of the tasks."""
        return Tasks(
            self.histories[rows], self.targets[rows], self.aisle[rows], self.situation[rows]
        )


@dataclass(frozen=True)
class HeldOut:
    """What the first training sees, and the questions it is asked."""

    kept: np.ndarray  # bool (people,): in the first training
    before: float | None  # the first training ends with that day
    is_new: np.ndarray  # bool (products,): without events in the first training
    known: Tasks  # answers among the products with events
    fresh: Tasks  # answers among the products that were made new


def hold_out(
    purchases: sparse.csr_array,
    aisle_of: np.ndarray,
    config: TrainConfig,
    rng: np.random.Generator,
    first: sparse.csr_array | None = None,
) -> HeldOut:
    """Draw people and products; ask for hidden aisles (cold), and for single products (visited).

    With ``first``, the days of first purchases as :class:`crossaisle.fusion.lore.Days` has them,
    the first training ends at their .9 quantile, and the questions about a visited aisle are what
    people took from it after that (all people: what is asked came later than what was learned, as
    it will be). Whole aisles are hidden whenever they were bought in.
    """
    people, products = purchases.shape
    kept = rng.random(people) >= config.held_out_users
    bought = np.asarray(purchases.sum(axis=0)).ravel()
    is_new = (rng.random(products) < NEW_PRODUCTS) & (bought > 0) & (aisle_of >= 0)
    out = np.flatnonzero(~kept)
    log = purchases[out]
    groups, before = [_hidden_aisles(log, aisle_of)], None
    if first is not None and first.nnz:
        before = float(np.quantile(first.data, UNTIL))
        later = _later(first, aisle_of, before)
        groups.append(later.choose(np.flatnonzero(later.situation == VISITED)))
    if before is None or len(groups[-1]) < FEWEST_LATER:
        groups.append(_hidden_products(log, aisle_of, rng))
    parts = [_cap(tasks, config.held_out_tasks, rng) for tasks in groups if len(tasks)]
    empty = Tasks(log[:0], log[:0], np.zeros(0, int), np.zeros(0, int))
    every = _stack(parts) if parts else empty
    every = _without(every, is_new, from_targets=False)
    known = _answerable(_without(every, is_new, from_targets=True))
    fresh = _answerable(_without(every, ~is_new, from_targets=True))
    return HeldOut(kept, before, is_new, known, fresh)


def _later(first: sparse.csr_array, aisle_of: np.ndarray, before: float) -> Tasks:
    """Ask each person and aisle what was taken from it for the first time after a day."""
    early, late = sparse.csr_array(first), sparse.csr_array(first.copy())
    early = sparse.csr_array((early.data < before, early.indices, early.indptr), shape=first.shape)
    early = early.astype(np.float32)
    early.eliminate_zeros()
    late.data = (late.data >= before).astype(np.float32)
    late.eliminate_zeros()
    person, product = sparse.coo_array(late).coords
    inside = aisle_of[product] >= 0
    pairs = np.unique(np.stack([person[inside], aisle_of[product[inside]]], axis=1), axis=0)
    targets = sparse.csr_array(late[pairs[:, 0]])
    row = np.repeat(np.arange(len(pairs)), np.diff(targets.indptr))
    targets.data = (aisle_of[targets.indices] == pairs[row, 1]).astype(np.float32)
    targets.eliminate_zeros()
    histories = sparse.csr_array(early[pairs[:, 0]])
    row = np.repeat(np.arange(len(pairs)), np.diff(histories.indptr))
    known = aisle_of[histories.indices] == pairs[row, 1]
    situation = np.where(np.bincount(row[known], minlength=len(pairs)) > 0, VISITED, COLD)
    return _answerable(Tasks(histories, targets, pairs[:, 1], situation))


def _hidden_aisles(log: sparse.csr_array, aisle_of: np.ndarray) -> Tasks:
    entries = sparse.coo_array(log)
    person, product = entries.coords
    aisle = aisle_of[product]
    aisles = int(aisle_of.max(initial=-1)) + 1
    pairs = np.unique(np.stack([person[aisle >= 0], aisle[aisle >= 0]], axis=1), axis=0)
    if not len(pairs):
        return Tasks(log[:0], log[:0], np.zeros(0, int), np.zeros(0, int))
    histories = sparse.csr_array(log[pairs[:, 0]])
    row = np.repeat(np.arange(len(pairs)), np.diff(histories.indptr))
    inside = aisle_of[histories.indices] == pairs[row, 1]
    tasks = _split(histories, inside, pairs[:, 1], COLD)
    return _answerable(tasks) if aisles > 1 else tasks.choose(np.zeros(0, int))


def _hidden_products(
    log: sparse.csr_array, aisle_of: np.ndarray, rng: np.random.Generator
) -> Tasks:
    """Hide one product of each person and aisle with two or more there."""
    entries = sparse.coo_array(log)
    person, product = entries.coords
    aisle = aisle_of[product]
    order = np.lexsort((rng.random(len(person)), aisle, person))
    person, product, aisle = person[order], product[order], aisle[order]
    key = person.astype(np.int64) * (int(aisle_of.max(initial=0)) + 2) + aisle
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    chosen = first[(count > 1) & (aisle[first] >= 0)]
    histories = sparse.csr_array(log[person[chosen]])
    row = np.repeat(np.arange(len(chosen)), np.diff(histories.indptr))
    hidden = histories.indices == product[chosen][row]
    return _split(histories, hidden, aisle[chosen], VISITED)


def _split(
    histories: sparse.csr_array, hidden: np.ndarray, aisle: np.ndarray, situation: int
) -> Tasks:
    shown, wanted = histories.copy(), histories.copy()
    shown.data = np.where(hidden, 0, 1).astype(np.float32)
    wanted.data = np.where(hidden, 1, 0).astype(np.float32)
    shown.eliminate_zeros()
    wanted.eliminate_zeros()
    return Tasks(shown, wanted, aisle, np.full(len(aisle), situation))


def _without(tasks: Tasks, products: np.ndarray, *, from_targets: bool) -> Tasks:
    """Take products out of the histories, or out of the targets."""
    mask = sparse.diags_array((~products).astype(np.float32))
    table = sparse.csr_array((tasks.targets if from_targets else tasks.histories) @ mask)
    table.eliminate_zeros()
    if from_targets:
        return Tasks(tasks.histories, table, tasks.aisle, tasks.situation)
    return Tasks(table, tasks.targets, tasks.aisle, tasks.situation)


def _answerable(tasks: Tasks) -> Tasks:
    both = (np.diff(tasks.histories.indptr) > 0) & (np.diff(tasks.targets.indptr) > 0)
    return tasks.choose(np.flatnonzero(both))


def _cap(tasks: Tasks, limit: int, rng: np.random.Generator) -> Tasks:
    return tasks.choose(np.sort(rng.permutation(len(tasks))[:limit]))


def _stack(parts: list[Tasks]) -> Tasks:
    return Tasks(
        sparse.csr_array(sparse.vstack([p.histories for p in parts], format="csr")),
        sparse.csr_array(sparse.vstack([p.targets for p in parts], format="csr")),
        np.concatenate([p.aisle for p in parts]),
        np.concatenate([p.situation for p in parts]),
    )
