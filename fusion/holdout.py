"""People, aisles and products held out of a first training, to choose the fusion weights on."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.lore import Lore, only
from crossaisle.graph import lowest

COLD, VISITED = 0, 1
"""Situations: the aisle is not in the history; it is."""

UNTIL = 0.9
"""Quantile of first purchases at which the first training ends, where events have dates."""

FEWEST_LATER = 50
"""With fewer later questions of a situation purchases of any time are hidden instead."""

NEW_PRODUCTS = 0.1
"""Share of the products that lose all events in the first training: those of the lowest lots."""


@dataclass(frozen=True)
class Tasks:
    """Questions with known answers: this history, this aisle, which of its products?"""

    histories: sparse.csr_array  # float32 (tasks, products), as Graph.visits_since has them
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


def hold_out(lore: Lore, config: TrainConfig, rng: np.random.Generator) -> HeldOut:
    """Draw people and products; ask for hidden aisles (cold), and for single products (visited).

    With ``config.forecast``, where events have dates, the first training ends at :data:`UNTIL`, and
    the questions are what all people took after that, from aisles old and new to them (what is
    asked came later than what was learned, as it will be). Else, and where little came later, whole
    aisles are hidden, and the last product of each visited aisle, as far as the log says which that
    is. New products are asked for in hidden aisles and, by all else that people bought, in visited
    ones.
    """
    aisle_of, moments = lore.aisle_of, lore.moments
    kept = rng.random(lore.purchases.shape[0]) >= config.held_out_users
    is_new = lowest(lore.lots, NEW_PRODUCTS) & (lore.bought > 0) & (aisle_of >= 0)
    log = sparse.csr_array(moments.first[np.flatnonzero(~kept)])
    hidden, before = _hidden_aisles(log, aisle_of), None
    known = [hidden, _hidden_products(log, aisle_of, rng)]
    if config.forecast and moments.now is not None and moments.first.nnz:
        before = float(np.quantile(moments.first.data, UNTIL))
        later = _rest(moments.first, aisle_of, moments.first.data >= before)
        for situation in (COLD, VISITED):
            some = later.choose(np.flatnonzero(later.situation == situation))
            if len(some) >= FEWEST_LATER:
                known[situation] = some
    fresh = _rest(log, aisle_of, is_new[log.indices])
    fresh = fresh.choose(np.flatnonzero(fresh.situation == VISITED))
    parts = [_cap(tasks, config.held_out_tasks, rng) for tasks in (*known, hidden, fresh)]
    asked = []
    for group in (_stack(parts[:2]), _stack(parts[2:])):
        shown = only(group.histories, ~is_new[group.histories.indices])
        asked.append(replace(group, histories=moments.visits_since(shown, aisle_of)))
    return HeldOut(kept, before, is_new, _asked(asked[0], ~is_new), _asked(asked[1], is_new))


def _asked(tasks: Tasks, chosen: np.ndarray) -> Tasks:
    """Ask for some products only, bool (products,)."""
    return _answerable(replace(tasks, targets=only(tasks.targets, chosen[tasks.targets.indices])))


def _nothing(log: sparse.csr_array) -> Tasks:
    return Tasks(log[:0], log[:0], np.zeros(0, int), np.zeros(0, int))


def _rest(log: sparse.csr_array, aisle_of: np.ndarray, late: np.ndarray) -> Tasks:
    """Ask each person and aisle for some entries of the log, bool (entries,), by the other entries.

    An aisle is visited where the other entries have some of it.
    """
    person, product = sparse.coo_array(only(log, late)).coords
    inside = aisle_of[product] >= 0
    pairs = np.unique(np.stack([person[inside], aisle_of[product[inside]]], axis=1), axis=0)
    if not len(pairs):
        return _nothing(log)
    later = sparse.csr_array((late.astype(np.float32) + 1, log.indices, log.indptr), log.shape)
    whole, asked = (sparse.csr_array(table[pairs[:, 0]]) for table in (log, later))
    row = np.repeat(np.arange(len(pairs)), np.diff(whole.indptr))
    mine, wanted = aisle_of[whole.indices] == pairs[row, 1], asked.data > 1
    visits = np.bincount(row[mine & ~wanted], minlength=len(pairs))
    shown, targets = only(whole, ~wanted), _ones(only(whole, mine & wanted))
    return _answerable(Tasks(shown, targets, pairs[:, 1], np.where(visits > 0, VISITED, COLD)))


def _hidden_aisles(log: sparse.csr_array, aisle_of: np.ndarray) -> Tasks:
    person, product = sparse.coo_array(log).coords
    aisle = aisle_of[product]
    pairs = np.unique(np.stack([person[aisle >= 0], aisle[aisle >= 0]], axis=1), axis=0)
    if not len(pairs):
        return _nothing(log)
    histories = sparse.csr_array(log[pairs[:, 0]])
    row = np.repeat(np.arange(len(pairs)), np.diff(histories.indptr))
    inside = aisle_of[histories.indices] == pairs[row, 1]
    return _split(histories, inside, pairs[:, 1], COLD)


def _hidden_products(
    log: sparse.csr_array, aisle_of: np.ndarray, rng: np.random.Generator
) -> Tasks:
    """Hide the last product of each person and aisle with two or more there."""
    entries = sparse.coo_array(log)
    person, product = entries.coords
    aisle = aisle_of[product]
    order = np.lexsort((rng.random(len(person)), -entries.data, aisle, person))
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
    shown, wanted = only(histories, ~hidden), _ones(only(histories, hidden))
    return _answerable(Tasks(shown, wanted, aisle, np.full(len(aisle), situation)))


def _ones(table: sparse.csr_array) -> sparse.csr_array:
    ones = np.ones(table.nnz, np.float32)
    return sparse.csr_array((ones, table.indices, table.indptr), shape=table.shape)


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
