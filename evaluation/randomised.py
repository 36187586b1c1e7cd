"""Sanity check of Adebayo et al. (NeurIPS 2018): random weights must give other explanations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse, stats

from crossaisle.evaluation.bootstrap import Interval, resample
from crossaisle.evaluation.explanations import SHOWN, Cases
from crossaisle.fusion.channels import Channel, NetworkTables, PeopleTables, WalkTable
from crossaisle.fusion.decompose import Decomposer
from crossaisle.fusion.likeness import LikenessTable
from crossaisle.fusion.model import Model


@dataclass(frozen=True)
class Changed:
    """How much of the explanations stays; 1 would be all of it."""

    shown: Interval  # Jaccard overlap of the walks shown
    order: Interval  # Spearman correlation of the sizes of all walks


def sanity(model: Model, cases: Cases, *, seed: int = 0, most: int = 50) -> dict[str, Changed]:
    """Compare the walks of each case's best product with those under random weights.

    Each learned channel alone, then all of them ("all"). Content has no learned weights and stays,
    so something may be left; "none" is the same model twice, the check of the check.
    """
    rng = np.random.default_rng(seed)
    cases = cases.drawn(most, rng)
    learned = [name for name, channel in model.channels.items() if _random(channel, rng)]
    found = {}
    for name, channels in {"none": [], **{n: [n] for n in learned}, "all": learned}.items():
        other = randomised(model, channels, rng)
        rows = [_compare(model, other, cases, case) for case in range(len(cases.users))]
        drawn = resample(np.array(rows), cases.users, seed=seed)
        found[name] = Changed(drawn.mean(0), drawn.mean(1))
    return found


def randomised(model: Model, names: Sequence[str], rng: np.random.Generator) -> Model:
    """Return the model with the numbers of some channels put in random places."""
    channels = dict(model.channels)
    for name in names:
        channel = _random(channels[name], rng)
        assert channel is not None  # only learned channels are asked for
        channels[name] = channel
    return replace(model, channels=channels)


def _random(channel: Channel, rng: np.random.Generator) -> Channel | None:
    """Permute what was learned, so that its distribution stays; None: nothing was."""
    if isinstance(channel, NetworkTables):
        sides = rng.permutation(channel.leaves_in), rng.permutation(channel.leaves_out)
        return NetworkTables.from_leaves(*sides, channel.mix_in, channel.mix_out)
    if isinstance(channel, PeopleTables):
        sources = {aisle: rng.permutation(table) for aisle, table in channel.sources.items()}
        return replace(channel, sources=sources)
    if isinstance(channel, LikenessTable):
        vectors, nodes = rng.permutation(channel.vectors), rng.permutation(channel.nodes)
        return replace(channel, vectors=vectors, nodes=nodes)
    if isinstance(channel, WalkTable):
        table = channel.table
        data = rng.permutation(table.data)
        shuffled = sparse.csr_array((data, table.indices, table.indptr), shape=table.shape)
        return replace(channel, table=shuffled)
    return None


def _compare(model: Model, other: Model, cases: Cases, case: int) -> tuple[float, float]:
    history = model.kept_back.without(sparse.csr_array(cases.histories[[case]]))
    aisle = int(cases.aisles[case])
    chosen = model.aisle_of == aisle if aisle >= 0 else np.ones(len(model.aisle_of), bool)
    chosen[history.indices] = False
    candidates = np.flatnonzero(chosen)
    best = candidates[[int(np.argmax(model.scores(history, candidates, np.float64)[0]))]]
    sides = [next(Decomposer(one).walks(history, best)) for one in (model, other)]
    first, second = (set(side.largest(SHOWN[0])) for side in sides)
    sizes = [np.abs(side.value) for side in sides]
    weighs = np.flatnonzero(sizes[0] + sizes[1])
    same = len(first & second) / max(len(first | second), 1)
    order = 1.0
    if len(weighs) > 2:
        order = float(stats.spearmanr(sizes[0][weighs], sizes[1][weighs]).statistic)
    return same, order
