"""Does what a person bought in one aisle ever mislead about another? Per pair of aisles.

    python benchmarks/transfer.py demo/graph.lbdb [--task aisle-cold] [--seed 7] [--set ...]

For each pair (source, target), over the test's cases of the target whose history has the source:

gain    nDCG@10 by the whole history - by the history without the source aisle
alone   nDCG@10 by the source aisle alone (the single-pair model) - by popularity in the target

Negative transfer is a gain below 0. Pairs with 30 cases or more are tested (t-test on one side,
Holm's correction over the pairs). Then gates: pairs whose gain on the validation fold is below 0 by
more than a standard error are shut (the source aisle is left out of the history where the
target is ranked), and the gated model is compared on the test.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from scipy import sparse, stats

from crossaisle.commands.settings import Settings, read_settings
from crossaisle.commands.train import text_vectors
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.popularity import Popularity
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import Fold, Split
from crossaisle.fusion import Model, Recommender
from crossaisle.fusion.lore import only
from crossaisle.graph import open_store

FEWEST = 30
"""Cases of a pair that is looked at."""


@dataclass(frozen=True)
class Chosen:
    """The model with some purchases of each history left out, target aisle by target aisle."""

    model: Model
    shut: np.ndarray  # bool (aisles, aisles): source, target
    ordered = True

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """As the model has it, by what is left; candidates are of one aisle."""
        target = int(self.model.aisle_of[candidates[0]])
        source = self.model.aisle_of[histories.indices]
        left = only(histories, ~(self.shut[source, target] & (source >= 0)))
        return self.model.scores(left, candidates)


@dataclass(frozen=True)
class Pair:
    """One source and target, and the cases of the fold that speak of them."""

    source: int
    target: int
    cases: np.ndarray
    gain: np.ndarray
    alone: np.ndarray


def pairs(model: Model, fold: Fold) -> tuple[np.ndarray, list[Pair]]:
    """NDCG@10 of each case, and what each pair gains."""
    aisles = len(fold.graph.aisles)
    whole = ndcg(rank_fold(model, fold))
    popular = ndcg(rank_fold(Popularity(fold.graph), fold))
    entries = sparse.coo_array(fold.history)
    held = np.zeros((len(fold.users), aisles), bool)
    known = model.aisle_of[entries.coords[1]] >= 0
    held[entries.coords[0][known], model.aisle_of[entries.coords[1][known]]] = True
    found = []
    for source in range(aisles):
        rest, one = (np.zeros((aisles, aisles), bool) for _ in range(2))
        rest[source] = True
        one[np.arange(aisles) != source] = True
        without = ndcg(rank_fold(Chosen(model, rest), fold))
        alone = ndcg(rank_fold(Chosen(model, one), fold))
        for target in range(aisles):
            cases = np.flatnonzero(held[:, source] & (fold.aisles == target))
            if source != target and len(cases) >= FEWEST:
                gain = whole[cases] - without[cases]
                found.append(Pair(source, target, cases, gain, alone[cases] - popular[cases]))
    return whole, found


def train(fold: Fold, settings: Settings, split: Split) -> Model:
    """Train as `crossaisle evaluate` does."""
    config = settings.train.model_copy(update={"forecast": split.in_time})
    text = text_vectors(fold.graph, settings, lambda *_: None)
    print("training ...", file=sys.stderr, flush=True)
    return Recommender.train(fold.graph, config, text=text, seed=split.seed).model


def error(values: np.ndarray) -> float:
    """Return the standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def main() -> None:
    """Print the pairs and what gates are worth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--task", default="aisle-cold")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--set", action="append", default=[], help="as `crossaisle evaluate --set`")
    options = parser.parse_args()
    settings = read_settings(None, options.set)
    with open_store(options.store) as store:
        graph = store.read()
    split = Split.make(graph, options.task, seed=options.seed)
    _, learned = pairs(train(split.validation, settings, split), split.validation)
    model = train(split.test, settings, split)
    whole, found = pairs(model, split.test)
    names = graph.aisles
    print(f"{len(found)} pairs with {FEWEST} cases or more of {split.task}, {len(whole)} cases")
    positive = sum(pair.gain.mean() > 0 for pair in found)
    alone = sum(pair.alone.mean() > 0 for pair in found)
    print(f"gain above 0: {positive}; source alone better than popularity: {alone}")
    worse = [float(stats.ttest_1samp(p.gain, 0, alternative="less").pvalue) for p in found]
    for rank, place in enumerate(np.argsort(worse)[:5]):
        pair, adjusted = found[place], min(worse[place] * (len(found) - rank), 1.0)
        print(
            f"  {names[pair.source]} -> {names[pair.target]}: {pair.gain.mean():+.4f}"
            f" +- {error(pair.gain):.4f}, {len(pair.gain)} cases, p {worse[place]:.3f},"
            f" with Holm's correction {adjusted:.3f}"
        )
    shut = np.zeros((len(names), len(names)), bool)
    for pair in learned:
        shut[pair.source, pair.target] = pair.gain.mean() < -error(pair.gain)
    gain = ndcg(rank_fold(Chosen(model, shut), split.test)) - whole
    print(
        f"gates: {shut.sum()} of {len(learned)} pairs shut by validation;"
        f" test {whole.mean():.4f} -> {whole.mean() + gain.mean():.4f}"
        f" ({gain.mean():+.4f} +- {error(gain):.4f})"
    )


if __name__ == "__main__":
    main()
