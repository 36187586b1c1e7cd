"""Does fine-tuning help products that nobody has bought? Arms of equal pairs and steps.

    python benchmarks/finetune.py STORE [--set finetune.steps=200] [--arms distil,recall] [--test]

Product-cold, the validation fold (--test: the test fold, to be looked at once): the hidden products
have no event in what fine-tuning sees. Every arm's texts of histories and candidates are encoded
and compared by TextKnn (centred); its power is the best of 1, 2, 4, 8 on the validation fold.
Prints nDCG@10 with a 95 % bootstrap interval over cases, and the paired difference to frozen.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from crossaisle.commands.settings import read_settings
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.encoders.finetune import finetune
from crossaisle.evaluation.content import TextKnn
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import Fold, Split
from crossaisle.graph import Graph, open_store

ARMS: dict[str, dict[str, object]] = {
    "distil": {},
    "recall": {"distil": 0.0, "recall": 1.0},
    "recall, no hard negatives": {"distil": 0.0, "recall": 1.0, "hard_negatives": False},
    "click": {"distil": 0.0, "click": 1.0},
    "views": {"distil": 0.0, "views": 1.0},
    "distil + recall": {"recall": 0.2},
    "uncertainty": {"recall": 1.0, "click": 1.0, "uncertainty": True},
    "masked, distil": {"masked_steps": 100},
    "fgm, distil": {"perturbation": 0.5},
    "frozen + head": {"mode": "frozen"},
    "top": {"mode": "top"},
    "lora": {"mode": "lora"},
    "prompt": {"mode": "prompt"},
}
POWERS = (1, 2, 4, 8)


def needed(fold: Fold) -> np.ndarray:
    """Products of histories and candidates: bool (products,)."""
    wanted = np.zeros(fold.hidden.shape[1], bool)
    wanted[fold.history.indices] = True
    for aisle in np.unique(fold.aisles):
        wanted[fold.candidates(int(aisle))] = True
    return wanted


def vectors(encoder: SentenceEncoder, texts: list[str], wanted: np.ndarray) -> np.ndarray:
    """Encode what is needed: float32 (products, d), 0 elsewhere."""
    rows = np.flatnonzero(wanted)
    found = encoder.encode([texts[row] for row in rows])
    result = np.zeros((len(texts), found.shape[1]), np.float32)
    result[rows] = found - found.mean(axis=0)
    return result


def cases(graph: Graph, fold: Fold, text: np.ndarray, power: float) -> np.ndarray:
    """nDCG@10 of each case."""
    return ndcg(rank_fold(TextKnn(graph, text=text, centre=False, power=power), fold))


def interval(values: np.ndarray) -> str:
    """Mean and bootstrap interval."""
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(1000)]
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():+.4f} [{low:+.4f}, {high:+.4f}]"


def main() -> None:
    """Train and compare the arms that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--arms", default="distil,recall,distil + recall")
    parser.add_argument("--test", action="store_true")
    asked = parser.parse_args()
    settings = read_settings(None, asked.settings)
    with open_store(asked.store) as place:
        graph = place.read()
    texts = product_texts(graph).to_list()
    split = Split.make(graph, "product-cold", seed=0)
    validation, final = split.validation, split.test if asked.test else split.validation
    wanted = needed(validation) | needed(final)
    base = SentenceEncoder(settings.text.encoder, device=settings.text.device)

    def measure(encoder: SentenceEncoder) -> tuple[int, np.ndarray]:
        text = vectors(encoder, texts, wanted)
        power = max(POWERS, key=lambda p: cases(graph, validation, text, p).mean())
        return power, cases(graph, final, text, power)

    power, frozen = measure(base)
    print(f"frozen: {interval(frozen)} power {power}", flush=True)
    with tempfile.TemporaryDirectory() as room:
        for name in asked.arms.split(","):
            config = settings.finetune.model_copy(update=ARMS[name])
            folder, start = Path(room) / "arm", time.perf_counter()
            told = finetune(final.graph, folder, config, base=base)
            spent = time.perf_counter() - start
            power, found = measure(SentenceEncoder(str(folder), device=settings.text.device))
            print(
                f"{name}: {interval(found)} power {power}, difference {interval(found - frozen)},"
                f" {told.trainable:,} parameters, {spent:.0f} s, {told.memory:,.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
