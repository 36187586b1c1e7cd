"""The fusion weights of every situation, and what else the held-out questions choose."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from crossaisle.fusion.calibrate import Choice, Questions, calibrate, shares
from crossaisle.fusion.holdout import COLD, VISITED, HeldOut, Tasks
from crossaisle.fusion.lore import Lore
from crossaisle.fusion.model import faded
from crossaisle.fusion.parts import Parts
from crossaisle.fusion.weigh import POPULARITY, Sheet, better, quality, search, sheet_of

FEWEST_TASKS = 20
"""With fewer questions than that a situation takes the weights of the other one."""

MOST_CELLS = 20_000_000
"""Scores (tasks x candidates) of a channel and situation at most: 80 MB each."""

HALF_LIVES = (math.inf, 8.0, 4.0, 2.0, 1.0)
"""Visits after which a purchase counts half, tried in this order."""

HALF_LIFE_BY = "niche walks"
"""The channel they are judged by: cheap, and made for visited aisles."""


def choose(
    lore: Lore, held: HeldOut, trial: Parts, half_life: float, rng: np.random.Generator
) -> tuple[Choice, dict[str, object]]:
    """Search weights where there are questions enough, and borrow them where there are not.

    Args:
        lore: everything, for the size of the aisles.
        held: the questions.
        trial: channels that were fitted without the people who ask them.
        half_life: of purchases in visited aisles, in visits; see :func:`pick_half_life`.
        rng: draws questions where there are more than memory allows.

    Returns:
        What to use in each situation, and a summary for the model card.
    """
    known = ~held.is_new & (trial.bought > 0)
    found: dict[tuple[int, int], dict[str, float]] = {}
    asked: dict[tuple[int, int], Questions] = {}
    report: dict[str, object] = {}
    for fresh, every, allowed in ((0, held.known, known), (1, held.fresh, held.is_new)):
        for situation in (COLD, VISITED):
            tasks = every.choose(np.flatnonzero(every.situation == situation))
            life = half_life if situation == VISITED and not fresh else math.inf
            questions = _ask(trial, tasks, lore.aisle_of, allowed, rng, life)
            asked[situation, fresh] = questions
            if questions.count >= FEWEST_TASKS:
                scales = _scales(questions.sheets)
                weights = search(questions.sheets, scales)
                found[situation, fresh] = weights
                name = f"{('cold', 'visited')[situation]}{', new products' if fresh else ''}"
                report[name] = _summary(questions, weights, scales)
    choice, share = {}, shares(lore)
    for key in asked:
        other = (1 - key[0], key[1])
        if key not in found and other in found:
            found[key], asked[key] = found[other], asked[other]
        weights = found.get(key) or {POPULARITY: 1.0, "content": 1.0}
        situation, fresh = key
        choice[key] = calibrate(
            weights, asked[key], share[situation], lore.aisle_of, trial, held, fresh=bool(fresh)
        )
    return choice, report


def pick_half_life(lore: Lore, held: HeldOut, trial: Parts, rng: np.random.Generator) -> float:
    """Choose from :data:`HALF_LIVES` for visited aisles, by how one walks channel ranks alone."""
    alone = Parts({HALF_LIFE_BY: trial.channels[HALF_LIFE_BY]}, {}, trial.bought)
    tasks = held.known.choose(np.flatnonzero(held.known.situation == VISITED))
    allowed = ~held.is_new & (trial.bought > 0)
    place = pick([alone] * len(HALF_LIVES), tasks, allowed, lore, rng, HALF_LIVES)
    return HALF_LIVES[place]


def pick(
    options: Sequence[Parts],
    tasks: Tasks,
    allowed: np.ndarray,
    lore: Lore,
    rng: np.random.Generator,
    half_lives: Sequence[float] | None = None,
) -> int:
    """Choose one of several fits of a channel by how it ranks alone.

    Args:
        options: each with that one channel, and its bias if it has one; at least one.
        tasks: the questions.
        allowed: bool (products,), the candidates.
        lore: everything, for the aisles.
        rng: draws questions where there are more than memory allows, the same for every option.
        half_lives: of each option's histories; without them all purchases count the same.

    Returns:
        The place of the first option, unless another is better by one standard error.
    """
    seed = int(rng.integers(2**31))
    found, score = 0, np.zeros(0)
    for place, option in enumerate(options):
        life = half_lives[place] if half_lives else math.inf
        asked = _ask(option, tasks, lore.aisle_of, allowed, np.random.default_rng(seed), life)
        if asked.count < FEWEST_TASKS:
            break
        alone = quality(asked.sheets, dict.fromkeys(option.channels, 1.0))
        if not len(score) or better(alone, score):
            found, score = place, alone
    return found


def _ask(
    trial: Parts,
    tasks: Tasks,
    aisle_of: np.ndarray,
    allowed: np.ndarray,
    rng: np.random.Generator,
    half_life: float,
) -> Questions:
    sizes = np.bincount(aisle_of[allowed & (aisle_of >= 0)], minlength=int(aisle_of.max()) + 2)
    cells = sizes[tasks.aisle].sum()
    if cells > MOST_CELLS:
        share = MOST_CELLS / cells
        tasks = tasks.choose(np.flatnonzero(rng.random(len(tasks)) < share))
    sheets, aisles = [], []
    for aisle in np.unique(tasks.aisle):
        mine = tasks.choose(np.flatnonzero(tasks.aisle == aisle))
        candidates = np.flatnonzero(allowed & (aisle_of == aisle))
        targets = sparse.csr_array(mine.targets[:, candidates])
        some = np.flatnonzero(np.diff(targets.indptr) > 0)
        if not len(some) or len(candidates) < 2:
            continue
        histories = sparse.csr_array(mine.histories[some])
        sheets.append(
            sheet_of(
                _score_parts(trial, histories, candidates, half_life),
                sparse.csr_array(histories[:, candidates]),
                sparse.csr_array(targets[some]),
            )
        )
        aisles.append(int(aisle))
    return Questions(sheets, aisles)


def _score_parts(
    trial: Parts, histories: sparse.csr_array, candidates: np.ndarray, half_life: float
) -> dict[str, np.ndarray]:
    scaled = faded(histories, half_life)
    shape = (histories.shape[0], len(candidates))
    parts = {POPULARITY: np.zeros(shape, np.float32)}
    for name, channel in trial.channels.items():
        parts[name] = np.array(channel.scores(scaled, candidates), np.float32)
    for name, bias in trial.biases.items():
        if name not in parts:
            parts[name] = np.zeros(shape, np.float32)
        parts[name] += bias[candidates]
    return parts


def _scales(sheets: list[Sheet]) -> dict[str, float]:
    """Typical spread of each channel within a task; channels without any are left out."""
    scales = {}
    for name in sheets[0].parts:
        spread = float(np.mean([s.parts[name].std(axis=1).mean() for s in sheets]))
        if spread > 1e-9 or name == POPULARITY:
            scales[name] = max(spread, 1e-9)
    return scales


def _summary(
    questions: Questions, weights: dict[str, float], scales: dict[str, float]
) -> dict[str, object]:
    alone = {POPULARITY: 1.0}
    return {
        "tasks": questions.count,
        "ndcg": float(quality(questions.sheets, weights).mean()),
        "ndcg of popularity": float(quality(questions.sheets, alone).mean()),
        "weights in spreads": {n: round(w * scales[n], 4) for n, w in weights.items() if w},
    }
