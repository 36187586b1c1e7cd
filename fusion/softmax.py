"""Training of the graph network: who bought these elsewhere, what do they take from this aisle?

logit_j = b_j + |h|^-1/2 SUM_i z_in(i) . z_out(j) over *all* products j of the target aisle; the
loss is the mean over the person's products there of -log softmax. Lessons are every (person, aisle)
of people who bought in two aisles or more, the aisle hidden, and baskets inside one aisle, split.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch.nn import functional as F

from crossaisle.encoders.network import Edges, GraphNetwork, Relation
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.errors import TrainingError

ITEM_DROPOUT = 0.5
"""Share of a history's products that one step does not see."""

USER_DROPOUT = 0.2
"""Share of a user vector's numbers set to 0 in one step."""

SPLIT_PEOPLE = 12_000
"""Lessons an epoch from baskets inside one aisle, split in two; shared out among the aisles."""

LARGEST_HISTORY = 200
"""Products of one history that a step looks at (drawn anew each time)."""


@dataclass(frozen=True)
class Lesson:
    """One batch: all of one aisle."""

    aisle: int
    histories: sparse.csr_array  # (batch, products), scaled
    targets: sparse.csr_array  # (batch, products of the aisle), rows sum to 1


def train_network(
    network: GraphNetwork,
    relations: tuple[Relation, ...],
    purchases: sparse.csr_array,
    aisle_of: np.ndarray,
    config: TrainConfig,
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
) -> None:
    """Train in place; same seed, same numbers.

    Raises:
        TrainingError: the loss became NaN or infinite.
    """
    aisles = [np.flatnonzero(aisle_of == a) for a in range(int(aisle_of.max(initial=-1)) + 1)]
    candidates = {
        a: (rows, _edges(relations, rows)) for a, rows in enumerate(aisles) if len(rows) > 1
    }
    torch.manual_seed(int(rng.integers(2**31)))
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate, fused=True)
    plans = _plans(purchases, aisle_of, list(candidates))
    total = config.epochs * max(_steps(plans, config.batch_size), 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    done = 0
    for _ in range(config.epochs):
        for lesson in _epoch(plans, purchases, aisles, config.batch_size, rng):
            loss = _loss(network, relations, lesson, candidates[lesson.aisle])
            if not bool(torch.isfinite(loss)):
                raise TrainingError(
                    f"The network's loss became {loss.item()} at step {done} of {total}. "
                    "Train again with a smaller learning_rate, or with network = false."
                )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            done += 1
            progress(done, total)


def _loss(
    network: GraphNetwork,
    relations: tuple[Relation, ...],
    lesson: Lesson,
    candidates: tuple[np.ndarray, dict[str, tuple[str, Edges]]],
) -> torch.Tensor:
    rows, edges = candidates
    seen = {
        r.name: (r.leaves, Edges.from_matrix(sparse.csr_array(lesson.histories @ r.matrix)))
        for r in relations
    }
    user = F.dropout(network.vectors("in", seen), USER_DROPOUT)
    logits = user @ network.vectors("out", edges).T + network.bias[torch.from_numpy(rows)]
    wanted = sparse.coo_array(lesson.targets)
    person, product = (torch.from_numpy(c.astype(np.int64)) for c in wanted.coords)
    share = torch.from_numpy(wanted.data.astype(np.float32))
    picked = logits[person, product] - torch.logsumexp(logits, dim=1)[person]
    loss: torch.Tensor = -(share * picked).sum() / lesson.targets.shape[0]
    return loss


def _edges(relations: tuple[Relation, ...], rows: np.ndarray) -> dict[str, tuple[str, Edges]]:
    return {
        r.name: (r.leaves, Edges.from_matrix(sparse.csr_array(r.matrix[rows]))) for r in relations
    }


@dataclass(frozen=True)
class _Plan:
    aisle: int
    crossing: np.ndarray  # people with products here and elsewhere
    inside: np.ndarray  # people with two or more products here


def _plans(purchases: sparse.csr_array, aisle_of: np.ndarray, aisles: list[int]) -> list[_Plan]:
    total = np.diff(purchases.indptr)
    plans = []
    for aisle in aisles:
        here = np.asarray(purchases[:, aisle_of == aisle].sum(axis=1)).ravel()
        crossing = np.flatnonzero((here > 0) & (total > here))
        plans.append(_Plan(aisle, crossing, np.flatnonzero(here > 1)))
    return plans


def _steps(plans: list[_Plan], batch: int) -> int:
    split = _split_people(plans)
    return sum(-(-len(p.crossing) // batch) + -(-min(len(p.inside), split) // batch) for p in plans)


def _split_people(plans: list[_Plan]) -> int:
    return SPLIT_PEOPLE // max(len(plans), 1)


def _epoch(
    plans: list[_Plan],
    purchases: sparse.csr_array,
    aisles: list[np.ndarray],
    batch: int,
    rng: np.random.Generator,
) -> Iterator[Lesson]:
    chunks: list[tuple[int, bool, np.ndarray]] = []
    for plan in plans:
        inside = rng.permutation(plan.inside)[: _split_people(plans)]
        for crossing, people in ((True, rng.permutation(plan.crossing)), (False, inside)):
            chunks.extend(
                (plan.aisle, crossing, people[s : s + batch]) for s in range(0, len(people), batch)
            )
    for place in rng.permutation(len(chunks)):
        aisle, crossing, people = chunks[place]
        yield _lesson(purchases[people], aisle, aisles[aisle], crossing, rng)


def _lesson(
    log: sparse.csr_array,
    aisle: int,
    rows: np.ndarray,
    crossing: bool,
    rng: np.random.Generator,
) -> Lesson:
    place = np.full(log.shape[1], -1)
    place[rows] = np.arange(len(rows))
    entries = sparse.coo_array(log)
    person, product = entries.coords
    here = place[product] >= 0
    # Crossing: the whole aisle is hidden. Inside: each of its products with probability 1/2.
    hidden = here if crossing else here & (rng.random(len(person)) < 0.5)
    size = np.bincount(person[~hidden], minlength=log.shape[0])
    keep_chance = (1 - ITEM_DROPOUT) * np.minimum(1, LARGEST_HISTORY / np.maximum(size, 1))
    seen = ~hidden & (rng.random(len(person)) < keep_chance[person])
    count = np.bincount(person[seen], minlength=log.shape[0])
    shown = count[person[seen]] ** -0.5
    histories = sparse.csr_array((shown, (person[seen], product[seen])), shape=log.shape)
    wanted = np.bincount(person[hidden], minlength=log.shape[0])[person[hidden]]
    targets = sparse.csr_array(
        (1.0 / wanted, (person[hidden], place[product[hidden]])), shape=(log.shape[0], len(rows))
    )
    return Lesson(aisle, histories.astype(np.float32), targets)
