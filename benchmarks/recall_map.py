"""Does recall teach? A square matrix on frozen text vectors, in seconds for each setting.

    python benchmarks/recall_map.py STORE [--set finetune.steps=300] [--seed 7]

Fine-tuning an encoder takes an hour to answer; a matrix that starts as the identity, on vectors
from the cache, learns from the same lessons by the same loss. Product-cold, validation fold:
nDCG@10 of mapped texts compared by TextKnn (centred, best power), and its ratio to the frozen
texts, people resampled. Temperatures are compared at equal pairs.
"""

import argparse
import time

import numpy as np
import torch
from finetune import Place, centred, near
from torch.nn import functional

from crossaisle.commands.settings import read_settings
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.lessons import draw_lessons
from crossaisle.encoders.losses import recall_loss
from crossaisle.evaluation.bootstrap import resample
from crossaisle.evaluation.splits import Split
from crossaisle.graph import open_store

RATE, WARMUP = 1e-3, 30
TEMPERATURES = (0.05, 0.125)


def learn(text: np.ndarray, pairs: np.ndarray, config: FinetuneConfig) -> np.ndarray:
    """Fit the matrix: what it makes of the texts, float32 (products, d)."""
    vectors = torch.from_numpy(text)
    matrix = torch.eye(text.shape[1], requires_grad=True)
    adam = torch.optim.Adam([matrix], lr=RATE)
    for step in range(config.steps):
        falling = 0.5 + 0.5 * np.cos(np.pi * step / config.steps)
        adam.param_groups[0]["lr"] = RATE * min(1, (step + 1) / WARMUP) * falling
        rows = torch.from_numpy(pairs[step * config.batch_size :][: config.batch_size])
        loss = recall_loss(
            functional.normalize(vectors[rows[:, 0]] @ matrix, dim=-1),
            functional.normalize(vectors[rows[:, 1]] @ matrix, dim=-1),
            vectors[:0],
            bought=rows[:, 0],
            rows=rows[:, 1],
            log_q=torch.zeros(len(rows)),
            temperature=config.temperature,
        )
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
    return np.asarray(text @ matrix.detach().numpy())


def main() -> None:
    """Learn by each loss, and ask the validation fold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    few = ("finetune.steps=300", "finetune.batch_size=256", "finetune.recall=1")
    settings = read_settings(
        None, [*few, "finetune.people_rank=2", "finetune.hard_negatives=false", *asked.settings]
    )
    with open_store(asked.store) as store:
        graph = store.read()
    fold = Split.make(graph, "product-cold", seed=asked.seed).validation
    text = centred(SentenceEncoder().encode(product_texts(graph).to_list()))
    place = Place(fold, fold, text, settings, asked.seed, False)
    power, frozen = near(place, lambda _: text)
    print(f"frozen: {frozen.mean():.4f} (power {power})", flush=True)
    for temperature in TEMPERATURES:
        start = time.process_time()
        config = settings.finetune.model_copy(update={"temperature": temperature})
        pairs = draw_lessons(fold.graph, config, config.steps * config.batch_size, asked.seed).pairs
        made = centred(learn(text, pairs, config))
        seconds = time.process_time() - start
        power, found = near(place, lambda _, made=made: made)
        drawn = resample(np.column_stack([found, frozen]), fold.users)
        value, ratio = drawn.mean(0), drawn.ratio(0, 1)
        print(
            f"recall, tau {temperature}: {value.value:.4f}"
            f" [{value.low:.4f}, {value.high:.4f}] (power {power}),"
            f" {ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}] of frozen, {seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
