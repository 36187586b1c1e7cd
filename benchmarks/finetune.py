"""Does fine-tuning help products that nobody has bought? Arms of equal pairs and steps.

    python benchmarks/finetune.py STORE --output FILE.json --keep FOLDER
        [--arms "distil,lora"] [--set finetune.steps=200] [--task product-cold] [--test] [--fused]

Each arm is trained (in a process of its own, so that memory is its own) on what the fold leaves of
the log, and kept in FOLDER: an arm that is there is not trained again. Then nDCG@10 of

alone       texts of history and candidates compared by TextKnn, centred, power the best of 1 to 8
            on the validation fold
beside      the frozen vectors beside the tuned ones, compared in the same way
head        what a ridge regression makes of the vectors: the products' vectors of the log
fused       the whole recommender in closed form (train.network=false) with the tuned vectors
no graph    the same without attributes and categories (texts still name them)

The validation fold is asked, the test fold with --test (to be looked at once). The last two with
--fused. Intervals are 95 %, differences paired and to the frozen encoder. The file is written after
each arm, so a run that is broken off keeps what it has.
"""

import argparse
import json
import multiprocessing
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from graph_worth import removed
from scipy import sparse

from crossaisle.commands.settings import Settings, read_settings
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.encoders.finetune import finetune
from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.lessons import people_vectors
from crossaisle.evaluation.bootstrap import Interval, resample
from crossaisle.evaluation.content import TextKnn
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import TASKS, Fold, Split
from crossaisle.fusion import Recommender
from crossaisle.graph import Graph, open_store

FROZEN = "frozen"
ARMS: dict[str, dict[str, object]] = {
    "distil": {},
    "top": {"mode": "top"},
    "lora": {"mode": "lora"},
    "prompt": {"mode": "prompt"},
    "recall": {"distil": 0.0, "recall": 1.0},
    "recall, no hard negatives": {"distil": 0.0, "recall": 1.0, "hard_negatives": False},
    "distil + recall": {"recall": 0.2},
    "click": {"distil": 0.0, "click": 1.0},
    "views": {"distil": 0.0, "views": 1.0},
    "uncertainty": {"recall": 1.0, "click": 1.0, "uncertainty": True},
    "masked, distil": {"masked_steps": 100},
    "fgm, distil": {"perturbation": 0.5},
}
POWERS = (1, 2, 4, 8)
RANK, PENALTY = 512, 1.0  # of the head


@dataclass(frozen=True)
class Place:
    """Where an arm is judged."""

    validation: Fold  # powers are chosen here
    final: Fold
    frozen: np.ndarray  # float32 (products, d), centred; 0 where not needed
    settings: Settings
    seed: int
    fused: bool


def needed(*folds: Fold) -> np.ndarray:
    """Products of histories and candidates: bool (products,)."""
    wanted = np.zeros(folds[0].hidden.shape[1], bool)
    for fold in folds:
        wanted[fold.history.indices] = True
        for aisle in np.unique(fold.aisles):
            wanted[fold.candidates(int(aisle))] = True
    return wanted


def vectors(encoder: SentenceEncoder, texts: list[str], wanted: np.ndarray) -> np.ndarray:
    """Encode what is needed: float32 (products, d), 0 elsewhere."""
    rows = np.flatnonzero(wanted)
    found = encoder.encode([texts[row] for row in rows])
    result = np.zeros((len(texts), found.shape[1]), np.float32)
    result[rows] = found
    return result


def centred(text: np.ndarray) -> np.ndarray:
    """Take the mean of the rows that are not 0 away from them, and bring them to length 1."""
    some = np.flatnonzero(text.any(axis=1))
    result = np.zeros_like(text)
    moved = text[some] - text[some].mean(axis=0)
    result[some] = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)
    return result


def headed(text: np.ndarray, graph: Graph) -> np.ndarray:
    """Let a ridge regression on sold products turn texts into vectors of the log."""
    log = sparse.csr_array(
        sparse.vstack([graph.purchases, graph.anonymous_baskets], format="csr"), dtype=np.float32
    )
    sold = (np.asarray(log.sum(axis=0)).ravel() > 0) & text.any(axis=1)
    people, inputs = people_vectors(log, RANK, 0)[sold], text[sold].astype(np.float64)
    gram = inputs.T @ inputs + PENALTY * np.eye(inputs.shape[1])
    return np.asarray(text @ np.linalg.solve(gram, inputs.T @ people), np.float32)


def near(place: Place, text: Callable[[Fold], np.ndarray]) -> tuple[int, np.ndarray]:
    """Compare texts: the power, and nDCG@10 of each case."""

    def cases(fold: Fold, power: float) -> np.ndarray:
        return ndcg(
            rank_fold(TextKnn(fold.graph, text=text(fold), centre=False, power=power), fold)
        )

    power = max(POWERS, key=lambda p: cases(place.validation, p).mean())
    return power, cases(place.final, power)


def judge(place: Place, text: np.ndarray) -> tuple[dict[str, int], dict[str, np.ndarray]]:
    """Return the powers, and nDCG@10 of each case, by column of the table."""
    middle = centred(text)
    both = np.concatenate([place.frozen, middle], axis=1)
    powers, found = {}, {}
    for name, made in {
        "alone": lambda _: middle,
        "beside": lambda _: both,
        "head": lambda fold: headed(middle, fold.graph),
    }.items():
        powers[name], found[name] = near(place, made)
    graph, config = place.final.graph, place.settings.train.model_copy(update={"network": False})
    for name, seen in {"fused": graph, "no graph": removed(graph)}.items() if place.fused else ():
        model = Recommender.train(seen, config, text=text, seed=place.seed).model
        found[name] = ndcg(rank_fold(model, place.final))
    return powers, found


def learn(
    graph: Graph, folder: Path, config: FinetuneConfig, settings: Settings, seed: int
) -> dict[str, Any]:
    """Fine-tune one arm."""
    base = SentenceEncoder(settings.text.encoder, device=settings.text.device)
    return asdict(finetune(graph, folder, config, base=base, seed=seed))


def trained(folder: Path) -> dict[str, Any]:
    """Read what is told of an arm that is there."""
    block = re.search(r"```json\n(.*)\n```", (folder / "README.md").read_text(), re.DOTALL)
    assert block is not None
    return dict(json.loads(block.group(1)))


def figure(found: Interval) -> list[float]:
    """Round: value, low, high."""
    return [round(number, 4) for number in (found.value, found.low, found.high)]


def row(
    place: Place, found: dict[str, np.ndarray], frozen: dict[str, np.ndarray]
) -> dict[str, dict[str, list[float]]]:
    """Make figures of cases: of each column the mean, and its difference and ratio to frozen."""
    result = {}
    for name, values in found.items():
        drawn = resample(np.column_stack([values, frozen[name]]), place.final.users)
        result[name] = {
            "nDCG@10": figure(drawn.mean(0)),
            "difference": figure(drawn.difference(0, 1)),
            "ratio": figure(drawn.ratio(0, 1)),
        }
    return result


def main() -> None:
    """Train and compare the arms that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--arms", default="distil,top,lora,prompt,recall,distil + recall,views")
    parser.add_argument("--task", choices=TASKS, default="product-cold")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--fused", action="store_true")
    asked = parser.parse_args()
    settings = read_settings(None, asked.settings)
    with open_store(asked.store) as store:
        graph = store.read()
    texts = product_texts(graph).to_list()
    split = Split.make(graph, asked.task, seed=asked.seed)
    final = split.test if asked.test else split.validation
    wanted = needed(split.validation, final) | asked.fused
    text = vectors(
        SentenceEncoder(settings.text.encoder, device=settings.text.device), texts, wanted
    )
    place = Place(split.validation, final, centred(text), settings, asked.seed, asked.fused)
    powers, frozen = judge(place, text)
    rows: dict[str, Any] = {FROZEN: {"powers": powers, **row(place, frozen, frozen)}}

    def tell(name: str) -> None:
        asked.output.write_text(json.dumps(rows, indent=1) + "\n")
        said = {k: v["nDCG@10"] for k, v in rows[name].items() if "nDCG@10" in str(v)}
        print(name, said, rows[name].get("seconds"), flush=True)

    tell(FROZEN)
    for name in [part for part in asked.arms.split(",") if part]:
        config = settings.finetune.model_copy(update=ARMS[name])
        folder = asked.keep / re.sub(r"\W+", "-", name)
        if not folder.is_dir():
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=spawn) as other:
                other.submit(learn, final.graph, folder, config, settings, asked.seed).result()
        told = trained(folder)
        kept = ("parameters", "trainable", "head", "before", "after", "seconds", "memory", "curve")
        encoder = SentenceEncoder(str(folder), device=settings.text.device)
        powers, found = judge(place, vectors(encoder, texts, wanted))
        rows[name] = {
            **{key: told[key] for key in kept},
            "powers": powers,
            **row(place, found, frozen),
        }
        tell(name)


if __name__ == "__main__":
    main()
