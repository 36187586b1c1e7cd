"""How much could fine-tuning gain at the most? Products as if their purchases were known.

    python benchmarks/text_ceiling.py STORE [SEED]

Product-cold, validation fold, the cases of half of its people. The log of all others, hidden
products included, gives every product its true vector: what `distil` wants a text to say. nDCG@10
by likeness (TextKnn, power the best on these cases) of the frozen texts, of those true vectors, and
of both; and EASE on that log. What knows the purchases is an upper bound, not a method. Last, the
frozen texts once more with a history as one text vector, the mean.
"""

import sys

import numpy as np
from finetune import POWERS, centred, needed, vectors
from scipy import sparse

from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.encoders.lessons import people_vectors
from crossaisle.evaluation.bootstrap import Interval, resample
from crossaisle.evaluation.content import TextKnn
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import Fold, Split
from crossaisle.graph import open_store

RANK, PENALTIES, MOST = 512, (100.0, 1000.0), 10_000


class Mean:
    """score_uj = cosine(mean of the history's vectors, t_j)."""

    def __init__(self, text: np.ndarray) -> None:
        """Keep float32 (products, d), rows of length 1 or 0."""
        self.text = text

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        mean = histories @ self.text
        mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
        return np.asarray(mean @ self.text[candidates].T, np.float32)


class Ease:
    """Steck (2019): B = I - P / diag(P), P = (X'X + lambda I)^-1."""

    def __init__(self, log: sparse.csr_array, penalty: float) -> None:
        """Fit, densely."""
        gram = np.asarray((log.T @ log).todense(), np.float64)
        inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
        self.table = (np.eye(len(gram)) - inverse / np.diag(inverse)).astype(np.float32)

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        return np.asarray(histories @ self.table[:, candidates], np.float32)


def near(fold: Fold, text: np.ndarray, mine: np.ndarray) -> np.ndarray:
    """nDCG@10 by likeness, cases of some people, at the best power."""
    options = [TextKnn(fold.graph, text=text, centre=False, power=power) for power in POWERS]
    found = [ndcg(rank_fold(one, fold))[mine] for one in options]
    return max(found, key=np.mean)


def say(name: str, found: Interval, ratio: Interval | None = None) -> None:
    """Print a row."""
    more = f", {ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}] of frozen" if ratio else ""
    print(f"{name:24s} {found.value:.4f} [{found.low:.4f}, {found.high:.4f}]{more}", flush=True)


def main(store: str, seed: int = 7) -> None:
    """Measure what knows the purchases."""
    with open_store(store) as place:
        graph = place.read()
    fold = Split.make(graph, "product-cold", seed=seed).validation
    text = vectors(SentenceEncoder(), product_texts(graph).to_list(), needed(fold))
    text = centred(text)
    people = np.unique(fold.users)
    asked = np.random.default_rng(0).permutation(people)[: len(people) // 2]
    mine, open_ = np.isin(fold.users, asked), np.ones(graph.customers.height, np.float32)
    open_[asked] = 0
    log = sparse.csr_array(sparse.diags_array(open_) @ graph.purchases, dtype=np.float32)
    log.eliminate_zeros()
    true = people_vectors(log, RANK, 0)
    rows = {
        "frozen": near(fold, text, mine),
        "true vectors": near(fold, true, mine),
        "both": near(fold, np.concatenate([true, text], axis=1), mine),
    }
    if graph.products.height <= MOST:  # its table is dense
        fits = [ndcg(rank_fold(Ease(log, penalty), fold))[mine] for penalty in PENALTIES]
        rows["EASE, not cold"] = max(fits, key=np.mean)
    drawn = resample(np.column_stack(list(rows.values())), fold.users[mine])
    print(f"{mine.sum():,} cases")
    for column, name in enumerate(rows):
        say(name, drawn.mean(column), drawn.ratio(column, 0) if column else None)
    whole = near(fold, text, np.ones(len(mine), bool))
    mean = ndcg(rank_fold(Mean(text), fold))
    drawn = resample(np.column_stack([whole, mean]), fold.users)
    print(f"{len(mine):,} cases")
    say("frozen", drawn.mean(0))
    say("mean text of a history", drawn.mean(1), drawn.ratio(1, 0))


if __name__ == "__main__":
    main(sys.argv[1], *(int(n) for n in sys.argv[2:3]))
