"""How high some products stand against others: levels measured on the final model."""

from dataclasses import replace

import numpy as np
from scipy import sparse, special

from crossaisle.fusion.model import Model

FURTHER = 2.0
"""Drawn from lognormal shops of sigma .5 to 2, unsold products are 1 to 4 times Chao's estimate."""

PEOPLE = 400
"""Histories that the level is measured on."""


def level(model: Model, seed: int) -> Model:
    """Move products of no aisle, and products without events, to the level that is theirs.

    For a history u let L_A(u) = log SUM_j exp(score(u, j)) over a set A of products that u does not
    have. Two sets are brought to a ratio r by one constant c, added to all of A, with which A takes
    its share on average over people,

        mean_u expit(c + L_A(u) - L_B(u)) = r / (1 + r):

    - known products of no aisle against known products of all aisles, in the ratio of their events;
    - new products of an aisle (or of none) against its known ones, by :func:`mass_of_new`, apart
      for histories that have the aisle and for those that lack it.

    Weights that were chosen inside an aisle, or among held-out products, rank those well among
    themselves; on what level these stand they cannot know.
    """
    histories = _drawn(model, seed)
    model = replace(model, bias=model.bias.copy())
    events = np.asarray(model.graph.purchases.sum(axis=0)).ravel()
    nowhere, known = model.aisle_of < 0, ~model.is_new
    ratio = events[nowhere & known].sum() / max(events[~nowhere & known].sum(), 1.0)
    everybody = np.ones(histories.shape[0], dtype=bool)
    _move(model, histories, everybody, nowhere & known, ~nowhere & known, ratio, (0, 1))
    visited = model.visited(histories)
    for aisle in range(-1, len(model.graph.aisles)):
        new, old = ((model.aisle_of == aisle) & which for which in (model.is_new, known))
        ratio = mass_of_new(events[old], int(new.sum()))
        if aisle < 0:
            _move(model, histories, everybody, new, old, ratio, (0, 1))
            continue
        for situation in (0, 1):
            mine = visited[:, aisle] == situation
            _move(model, histories, mine, new, old, ratio, (situation,))
    return model


def mass_of_new(events: np.ndarray, new: int) -> float:
    """How much will be bought of products without events, against those with events.

    Some have been on offer all along and did not sell. Of such products Chao's estimate (1984),
    f1 (f1 - 1) / (2 (f2 + 1)), expects how many there are, and Good's (1953), M = f1 / N, what
    share of all purchases they take; f1 and f2 are the products with one and two events, N all
    events.
    Those of the ``new`` beyond that number came later, and each is worth an average known product.
    Chao's is a lower bound; where few products sell most there are up to four times as many, so
    :data:`FURTHER` times the estimate is taken.

    Args:
        events: float (known products,), above 0: how often each was bought.
        new: number of products without events.
    """
    if not len(events):
        return 1.0
    once, twice = (np.count_nonzero(events == count) for count in (1, 2))
    unsold = min(new, FURTHER * once * (once - 1) / (2 * (twice + 1)))
    missed = min(once / events.sum(), 0.5)
    missed /= 1 - missed
    share = unsold / new if new else 0.0
    return float(missed * share + (new - unsold) / len(events))


def level_added(model: Model, added: np.ndarray, seed: int) -> Model:
    """Bring products that were added, the first new ones of their aisles, to the level of new ones.

    As in :func:`level`; in an aisle without known products they stand against all known products,
    and so they do for histories of a kind (with the aisle, without it) that nobody drawn has.

    Args:
        model: with any constant in these products' bias: it goes.
        added: int (n,), rows; no other new product is in their aisles.
        seed: of whose histories are drawn.
    """
    histories = _drawn(model, seed)
    model = replace(model, bias=model.bias.copy())
    everybody, visited = np.ones(histories.shape[0], bool), model.visited(histories)
    for aisle in np.unique(model.aisle_of[added]).tolist():
        new = np.zeros(len(model.is_new), bool)
        new[added[model.aisle_of[added] == aisle]] = True
        old = ~model.is_new & (model.aisle_of == aisle)
        against = old if old.any() else ~model.is_new
        ratio = new.sum() / max(against.sum(), 1)
        _move(model, histories, everybody, new, against, ratio, (0, 1))
        for situation in (0, 1) if aisle >= 0 and old.any() else ():
            mine = visited[:, aisle] == situation
            _move(model, histories, mine, new, old, ratio, (situation,))
    return model


def _drawn(model: Model, seed: int) -> sparse.csr_array:
    """Histories of some people: float32 (people, products)."""
    log = model.graph.visits_since
    buyers = np.flatnonzero(np.diff(log.indptr))
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(buyers, min(PEOPLE, len(buyers)), replace=False))
    return sparse.csr_array(log[drawn])


def _move(
    model: Model,
    histories: sparse.csr_array,
    people: np.ndarray,
    moved: np.ndarray,
    fixed: np.ndarray,
    ratio: float,
    situations: tuple[int, ...],
) -> None:
    """Add one constant to the bias of the products ``moved`` (bool masks; bias is written to)."""
    if not moved.any() or not fixed.any() or not people.any() or ratio <= 0:
        return
    some = sparse.csr_array(histories[np.flatnonzero(people)])
    gap = _mass(model, some, np.flatnonzero(fixed)) - _mass(model, some, np.flatnonzero(moved))
    gap = gap[np.isfinite(gap)]
    if len(gap):
        for situation in situations:
            model.bias[situation, moved] += np.float32(_constant(gap, ratio))


def _constant(gap: np.ndarray, ratio: float) -> float:
    """Solve mean(expit(c - gap)) = ratio / (1 + ratio) for c, by bisection.

    The mean of the gaps plus log(ratio) is c where they are all the same. Where people differ it
    gives A more than its share: those whose scores for A stand out weigh more than the others.
    """
    low, high = gap.min() + np.log(ratio), gap.max() + np.log(ratio)
    for _ in range(50):
        middle = (low + high) / 2
        below = special.expit(middle - gap).mean() < ratio / (1 + ratio)
        low, high = (middle, high) if below else (low, middle)
    return float(low + high) / 2


def _mass(model: Model, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
    scores = model.scores(histories, candidates).astype(np.float64)
    scores[histories[:, candidates].toarray() > 0] = -np.inf
    return _logsumexp(scores)


def _logsumexp(scores: np.ndarray) -> np.ndarray:
    """Log SUM exp over each row, -inf for a row without candidates: float64 (users,)."""
    top = scores.max(axis=1)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        total: np.ndarray = safe + np.log(np.exp(scores - safe[:, None]).sum(axis=1))
    return total
