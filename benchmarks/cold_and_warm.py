"""What known products lose when new ones stand in the same list (task product-mixed).

    python benchmarks/cold_and_warm.py STORE [--seed 7] [--set train.network=false] [--validation]

Trains on the fold, ranks each case's whole aisle, then only what is not cold, and prints, for the
level that training gives new products and for others (natural logarithms, added to it):

cold@10     share of the first ten that is cold, beside its share of the candidates
cold        nDCG@10 of the cold answers
warm        nDCG@10 of the warm answers, beside the same without cold candidates, and the loss

The last row has the list without cold candidates, its tenth place given to the best cold one: a
tenth of the places, where it costs least.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from crossaisle.commands.settings import read_settings
from crossaisle.commands.train import text_vectors
from crossaisle.evaluation.bootstrap import resample
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.ranking import TOP, Ranking, rank_fold
from crossaisle.evaluation.splits import Fold, Split
from crossaisle.fusion import Model, Recommender
from crossaisle.graph import open_store, silent

SHIFTS = (0.0, -0.5, -1.0, -1.5)


@dataclass(frozen=True)
class Without:
    """A model that puts some products last."""

    model: Model
    last: np.ndarray  # bool (products,)
    ordered = True

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """See the scorer protocol."""
        found = self.model.scores(histories, candidates)
        found[:, self.last[candidates]] = -np.inf
        return found


def of(ranking: Ranking, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """NDCG@10 by the chosen answers only, and which cases have any."""
    part = ranking.of_products(chosen)
    return ndcg(part), part.hidden > 0


def told(
    fold: Fold, cold: np.ndarray, share: float, warm: Ranking, new: Ranking, alone: Ranking
) -> str:
    """One row of the table.

    Args:
        fold: the cases.
        cold: bool (products,).
        share: of the first ten that is cold.
        warm: where warm answers came.
        new: where cold answers came; the same ranking, but for the last row.
        alone: where warm answers came without cold candidates.
    """
    (with_, some), (without, _) = of(warm, ~cold), of(alone, ~cold)
    found, asked = of(new, cold)
    drawn = resample(np.column_stack([with_[some], without[some]]), fold.users[some])
    kept = drawn.ratio(0, 1)
    candidates = np.mean([cold[fold.candidates(int(aisle))].mean() for aisle in fold.aisles])
    return (
        f"cold@10 {share:.3f} of {candidates:.3f}  cold {found[asked].mean():.4f}"
        f"  warm {with_[some].mean():.4f} of {without[some].mean():.4f}"
        f"  loss {1 - kept.value:.3f} [{1 - kept.high:.3f}, {1 - kept.low:.3f}]"
    )


def main() -> None:
    """Train once, print a row a level."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--validation", action="store_true")
    given = parser.parse_args()
    settings = read_settings(None, ["train.forecast=false", *given.settings])
    with open_store(given.store) as store:
        graph = store.read()
    split = Split.make(graph, "product-mixed", seed=given.seed)
    fold = split.validation if given.validation else split.test
    cold = np.zeros(graph.products.height, bool)
    cold[fold.held.cold] = True
    text = text_vectors(graph, settings, silent)
    model = Recommender.train(fold.graph, settings.train, text=text, seed=given.seed).model
    alone = rank_fold(Without(model, cold), fold)
    for shift in SHIFTS:
        moved = model.bias + np.float32(shift) * model.is_new
        mixed = rank_fold(replace(model, bias=moved), fold)
        share = cold[mixed.top[mixed.top >= 0]].mean()
        print(f"{shift:+.1f}  {told(fold, cold, share, mixed, mixed, alone)}", flush=True)
    new = rank_fold(Without(model, ~cold), fold)
    first = replace(alone, rank=alone.rank + (alone.rank >= TOP - 1))
    last = replace(new, rank=np.where(new.rank == 0, TOP - 1, TOP))
    print(f"last  {told(fold, cold, 1 / TOP, first, last, alone)}", flush=True)


if __name__ == "__main__":
    main()
