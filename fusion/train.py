"""Training of the whole: once with people held out, to weigh the channels, then with all."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.fusion.beside import beside
from crossaisle.fusion.channels import WalkTable
from crossaisle.fusion.checkpoint import Chosen, fingerprint, load_choice, save_choice
from crossaisle.fusion.choose import choose, pick, pick_half_life
from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.content import features
from crossaisle.fusion.errors import TrainingError
from crossaisle.fusion.holdout import COLD, VISITED, HeldOut, hold_out
from crossaisle.fusion.images import image_table
from crossaisle.fusion.level import level
from crossaisle.fusion.lore import QUICK_RANK, Lore, Moments, aisle_table
from crossaisle.fusion.model import CHANNELS, Model
from crossaisle.fusion.parts import Parts, fit_parts
from crossaisle.fusion.people import PENALTIES, PROBED_AISLES, People, fit_people
from crossaisle.fusion.regression import penalties as regression_penalties
from crossaisle.fusion.regression import regression_tables
from crossaisle.graph import Graph, Progress, silent
from crossaisle.graph.visits import day

REGRESSIONS = {"regression": VISITED, "crossing regression": COLD}
"""Channels, and the situation that each is made for."""


def train(
    graph: Graph,
    config: TrainConfig,
    text: np.ndarray | None = None,
    seed: int = 0,
    progress: Progress = silent,
    checkpoint: Path | None = None,
    images: np.ndarray | None = None,
) -> Model:
    """Train a model from the graph's own log.

    Args:
        graph: products, what they are, and the log to learn from.
        config: settings.
        text: float32 (products, numbers), rows of length 1 (0 for a product without text).
        seed: of every random draw; same seed, same model.
        progress: told (stage, done, total).
        checkpoint: a file that keeps what the first half chose; where it was made from the same
            graph, settings, vectors and seed, that half is not done again.
        images: float32 (products, numbers), rows of length 1 (0 for a product without picture).

    Raises:
        TrainingError: no products, no purchases, or vectors that do not fit.
    """
    config = config.in_effect()
    lore = _lore(graph, text)
    if config.quick:
        lore = replace(lore, rank=QUICK_RANK)
    if images is not None:
        images = _checked(images, len(lore.aisle_of), "image")
        progress("pictures", 0, 1)
        looks = image_table(images, lore.aisle_of, per_aisle=config.neighbours)
        lore = replace(lore, looks=looks)
        progress("pictures", 1, 1)
    key = fingerprint(graph, config, lore.text, seed, images)
    made = load_choice(checkpoint, key) if checkpoint is not None else None
    if made is None:
        made = _held_out(lore, config, seed, progress)
        if checkpoint is not None:
            save_choice(checkpoint, key, made)
    rng = np.random.default_rng(seed)
    penalties = () if made.people is None else (made.people,)
    fitted, regressions = beside(
        lambda: (
            fit_people(lore, config, penalties, rng, lambda d, n: progress("people", d, n))
            if penalties
            else []
        ),
        lambda: {
            name: _regressions(lore, name, (penalty,))[0]
            for name, penalty in made.regression.items()
        },
    )
    people = fitted[0] if fitted else None
    parts = fit_parts(lore, config, people, regressions, rng, progress, "")
    return level(_assemble(graph, config, lore, parts, made, images), seed)


def _held_out(lore: Lore, config: TrainConfig, seed: int, progress: Progress) -> Chosen:
    """Train without some people, and choose lambdas and the weights by what they bought."""
    rng = np.random.default_rng(seed)
    held = hold_out(lore, config, rng)
    taught = lore.without(held.kept, held.is_new, held.before)
    lambdas = {
        name: regression_penalties(taught.purchases, across=made_for == COLD)
        for name, made_for in REGRESSIONS.items()
        if made_for == VISITED or not config.quick
    }
    people, options = beside(
        lambda: _people(lore, taught, held, config, rng, progress),
        lambda: {name: _regressions(taught, name, tried) for name, tried in lambdas.items()},
    )
    chosen, regressions = {}, {}
    for name, tables in options.items():
        place = _pick_regression(lore, taught, held, name, tables, rng)
        chosen[name], regressions[name] = lambdas[name][place], tables[place]
    trial = fit_parts(taught, config, people, regressions, rng, progress, "held out: ")
    progress("weights", 0, 1)
    half_life = pick_half_life(lore, held, trial, rng)
    choice, report = choose(lore, held, trial, half_life, rng)
    progress("weights", 1, 1)
    report["lambda"] = {"people": people and people.penalty, **chosen}
    report["half-life of purchases, visits"] = half_life if math.isfinite(half_life) else "none"
    return Chosen(choice, report, None if people is None else people.penalty, chosen, half_life)


def _regressions(lore: Lore, name: str, lambdas: tuple[float, ...]) -> list[WalkTable]:
    ones = np.ones(len(lore.aisle_of), np.float32)
    across = REGRESSIONS[name] == COLD
    tables = regression_tables(lore.purchases, lore.aisle_of, lambdas, across=across)
    return [WalkTable(table, ones) for table in tables]


def _pick_regression(
    lore: Lore,
    taught: Lore,
    held: HeldOut,
    name: str,
    options: list[WalkTable],
    rng: np.random.Generator,
) -> int:
    """Choose lambda by the questions that a regression is made for: its place."""
    trials = [Parts({name: option}, {}, np.zeros(0)) for option in options]
    tasks = held.known.choose(np.flatnonzero(held.known.situation == REGRESSIONS[name]))
    return pick(trials, tasks, ~held.is_new & (taught.bought > 0), lore, rng)


def _people(
    lore: Lore,
    taught: Lore,
    held: HeldOut,
    config: TrainConfig,
    rng: np.random.Generator,
    progress: Progress,
) -> People | None:
    """Choose lambda on the aisles most crossed into, then fit all of them with it."""
    stage = "held out: lambda"
    options = fit_people(
        taught, config, PENALTIES, rng, lambda d, n: progress(stage, d, n), most=PROBED_AISLES
    )
    if not options:
        return None
    trials = [Parts({"people": o.tables}, {"people": o.bias}, np.zeros(0)) for o in options]
    cold = held.known.choose(np.flatnonzero(held.known.situation == COLD))
    allowed = ~held.is_new & np.isin(lore.aisle_of, list(options[0].tables.sources))
    best = options[pick(trials, cold, allowed, lore, rng)]
    if best.complete:
        return best
    stage = "held out: people"
    return fit_people(taught, config, (best.penalty,), rng, lambda d, n: progress(stage, d, n))[0]


def _lore(graph: Graph, text: np.ndarray | None) -> Lore:
    products = graph.products.height
    if not products:
        raise TrainingError("The graph has no products: check the product feed and build it again.")
    if not graph.bought.height:
        raise TrainingError(
            "The graph has no purchases of known customers, so nothing can be learned: "
            "check the events file and build the graph again."
        )
    if text is not None:
        text = _checked(text, products, "text")
    log, baskets = graph.purchases, graph.anonymous_baskets
    return Lore(log, baskets, graph.aisle_of, features(graph), text, _moments(graph), graph.lots)


def _checked(vectors: np.ndarray, products: int, what: str) -> np.ndarray:
    """Refuse vectors that are not this graph's: float32 (products, numbers)."""
    if vectors.ndim != 2 or len(vectors) != products:
        raise TrainingError(
            f"The {what} vectors have the shape {vectors.shape}, the graph has {products} products:"
            f" encode the {what}s of this graph again."
        )
    if not np.isfinite(vectors).all():
        raise TrainingError(f"The {what} vectors hold NaN or infinity: encode the {what}s again.")
    return np.asarray(vectors, np.float32)


def _moments(graph: Graph) -> Moments:
    if not graph.has_clock:
        return Moments(graph.first_moments, np.zeros(graph.baskets.height, np.float32), None)
    start = graph.bought["time"].min()
    held = graph.contains.select("head", day=day(pl.lit(start))).group_by("head").agg(pl.min("day"))
    baskets = np.zeros(graph.baskets.height, np.float32)
    baskets[held["head"].to_numpy()] = held["day"].fill_null(0).to_numpy()
    return Moments(graph.first_moments, baskets, float(graph.first_moments.data.max()))


def _linked(lore: Lore, aisles: int) -> np.ndarray | None:
    """Aisles that some person or basket has in common: bool (aisles, aisles); None: all have."""
    table = aisle_table(lore.aisle_of, aisles)
    linked = np.eye(aisles, dtype=bool)
    for log in (lore.purchases, lore.baskets):
        visits = sparse.csr_array(log @ table)
        linked |= (visits.T @ visits).toarray() > 0
    return None if linked.all() else linked


def _assemble(
    graph: Graph,
    config: TrainConfig,
    lore: Lore,
    parts: Parts,
    made: Chosen,
    images: np.ndarray | None,
) -> Model:
    is_new = lore.bought == 0
    weights = np.zeros((2, 2, len(CHANNELS)), np.float32)
    bias = np.zeros((2, len(is_new)), np.float32)
    for (situation, fresh), chosen in made.choice.items():
        for place, name in enumerate(CHANNELS):
            if name in parts.channels:
                weights[situation, fresh, place] = chosen.weights.get(name, 0.0)
        rows = np.flatnonzero(is_new == bool(fresh))
        total = np.append(chosen.constants, 0.0)[lore.aisle_of]
        for name, value in parts.biases.items():
            total = total + chosen.weights.get(name, 0.0) * value.astype(np.float64)
        bias[situation, rows] = total[rows]
    used = {
        name: channel
        for place, name in enumerate(CHANNELS)
        if (channel := parts.channels.get(name)) is not None and weights[:, :, place].any()
    }
    text = None if lore.text is None else lore.text.astype(np.float16)
    return Model(
        graph,
        config,
        lore.features,
        used,
        weights,
        bias,
        is_new,
        half_life=made.half_life,
        text=text,
        report=made.report,
        bought=lore.bought.astype(np.float32),
        network_bias=parts.biases.get("network"),
        linked=_linked(lore, len(graph.aisles)),
        images=images.astype(np.float16) if images is not None and "image" in used else None,
    )
