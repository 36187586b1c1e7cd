"""The fusion weights of every situation, and the constants that make aisles comparable."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from crossaisle.fusion.calibrate import Calibration, Choice, Questions, calibrate
from crossaisle.fusion.holdout import COLD, VISITED, HeldOut, Tasks
from crossaisle.fusion.lore import Lore, aisle_table
from crossaisle.fusion.model import faded
from crossaisle.fusion.parts import Parts
from crossaisle.fusion.weigh import (
    CUTOFF,
    POPULARITY,
    Sheet,
    better,
    ndcg,
    quality,
    search,
    sheet_of,
)

FEWEST_TASKS = 20
"""With fewer questions than that a situation takes the weights of the other one."""

MOST_CELLS = 20_000_000
"""Scores (tasks x candidates) of a channel and situation at most: 80 MB each."""

HALF_LIVES = (math.inf, 8.0, 4.0, 2.0, 1.0)
"""Visits after which a purchase counts half, tried in this order."""

HALF_LIFE_BY = "niche walks"
"""The channel they are judged by: cheap, and made for visited aisles."""

LOUDNESS = (1.0, 0.7, 0.5, 0.35)
"""Factors of the channels against popularity in visited aisles, tried in this order."""


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
    choice = {}
    for key in asked:
        other = (1 - key[0], key[1])
        if key not in found and other in found:
            found[key], asked[key] = found[other], asked[other]
        weights = found.get(key) or {POPULARITY: 1.0, "content": 1.0}
        choice[key] = calibrate(weights, asked[key], lore, trial, key, held)
    if (VISITED, 0) in found:
        made = _softer(lore, held, trial, choice, asked, half_life, rng)
        choice[VISITED, 0], report["factor of channels in visited aisles"] = made
    return choice, report


def _softer(
    lore: Lore,
    held: HeldOut,
    trial: Parts,
    choice: Choice,
    asked: dict[tuple[int, int], Questions],
    half_life: float,
    rng: np.random.Generator,
) -> tuple[Calibration, float]:
    """Let channels speak more softly in visited aisles where a list of all aisles gains by it.

    Inside an aisle a range of factors often ranks alike. In one list of all aisles the few products
    with the largest sums of thousands come first, and noise makes large sums: what is asked of one
    history is asked in all aisles at once here, and the first factor stays unless another is better
    by one standard error there, and not worse inside the aisles.
    """
    tasks = _at_once(held.known)
    candidates = np.flatnonzero(~held.is_new & (trial.bought > 0) & (lore.aisle_of >= 0))
    most = MOST_CELLS // max(len(candidates), 1)
    tasks = tasks.choose(np.sort(rng.permutation(len(tasks))[:most]))
    table = aisle_table(lore.aisle_of, len(choice[COLD, 0].constants))
    aisles = lore.aisle_of[candidates]
    visited = (tasks.histories @ table).toarray()[:, aisles] > 0
    parts, sides = {}, (math.inf, half_life)
    for situation in (COLD, VISITED):
        used = _used(trial, choice[situation, 0].weights)
        parts[situation] = _score_parts(used, tasks.histories, candidates, sides[situation])
    targets = sparse.csr_array(tasks.targets[:, candidates])
    sheet = sheet_of(parts[COLD], sparse.csr_array(tasks.histories[:, candidates]), targets)
    cold = sheet.total(choice[COLD, 0].weights) + choice[COLD, 0].constants[aisles]
    sheet, inside = replace(sheet, parts=parts[VISITED]), asked[VISITED, 0]
    found, kept, best = choice[VISITED, 0], 1.0, np.zeros(0)
    alone = quality(inside.sheets, found.weights)
    for factor in LOUDNESS:
        weights = choice[VISITED, 0].weights
        weights = {n: w * factor if n in trial.channels else w for n, w in weights.items()}
        made = calibrate(weights, inside, lore, trial, (VISITED, 0), held)
        total = np.where(visited, sheet.total(made.weights) + made.constants[aisles], cold)
        whole = ndcg(total, sheet.answers, CUTOFF)
        if not len(best):
            best = whole
        elif better(whole, best) and not better(alone, quality(inside.sheets, weights)):
            found, kept, best = made, factor, whole
    return found, kept


def _at_once(tasks: Tasks) -> Tasks:
    """Ask together, in all aisles, what is asked of one history."""
    histories = tasks.histories
    ends = zip(histories.indptr[:-1], histories.indptr[1:], strict=True)
    places: dict[bytes, int] = {}
    group = [places.setdefault(histories.indices[a:b].tobytes(), len(places)) for a, b in ends]
    _, first = np.unique(group, return_index=True)
    every = np.arange(len(tasks))
    add = sparse.csr_array((np.ones(len(tasks), np.float32), (group, every)))
    return replace(tasks.choose(first), targets=sparse.csr_array(add @ tasks.targets))


def _used(trial: Parts, weights: dict[str, float]) -> Parts:
    """Only what has a weight."""
    return replace(
        trial,
        channels={n: c for n, c in trial.channels.items() if weights.get(n)},
        biases={n: b for n, b in trial.biases.items() if weights.get(n)},
    )


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
