"""Size, speed and loss of smaller forms of an encoder, in one run.

    python benchmarks/encoder_speed.py STORE [ENCODER] [TEXTS]

PyTorch fp32, ONNX fp32, ONNX int8, and ONNX int8 cut to half of the numbers, on the titles of a
store, one after another three times (the best time counts), with as many threads as
OMP_NUM_THREADS says. The loss is the mean cosine to PyTorch's vectors, and nDCG@10 of the
validation fold of product-cold by TextKnn (centred, power 8).
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.encoders.exported import OnnxEncoder, export
from crossaisle.encoders.sentence import DEFAULT, load_encoder
from crossaisle.evaluation.content import TextKnn
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import Split
from crossaisle.graph import open_store


def main(store: str, name: str = DEFAULT, count: int = 1000) -> None:
    """Export, time, compare."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    if threads:
        torch.set_num_threads(threads)
    with open_store(store) as place:
        graph = place.read()
    texts = sorted(product_texts(graph).to_list(), key=len)
    some = texts[:: max(1, len(texts) // count)]
    path = SentenceEncoder(name).path
    plain = load_encoder(path, name, "cpu")
    size = int(plain.get_embedding_dimension())
    fold = Split.make(graph, "product-cold", seed=0).validation
    with tempfile.TemporaryDirectory() as room:
        export(plain, Path(room) / "f", int8=False)
        export(plain, Path(room) / "i")
        export(plain, Path(room) / "h", dimensions=size // 2)
        forms = {
            "PyTorch fp32": plain,
            "ONNX fp32": OnnxEncoder(Path(room) / "f", threads),
            "ONNX int8": OnnxEncoder(Path(room) / "i", threads),
            f"ONNX int8, {size // 2} numbers": OnnxEncoder(Path(room) / "h", threads),
        }
        weights = {"PyTorch fp32": sum(p.numel() * 4 for p in plain.parameters()) / 1e6}
        for (label, _), short in zip(list(forms.items())[1:], "fih", strict=True):
            weights[label] = (Path(room) / short / "model.onnx").stat().st_size / 1e6
        best = dict.fromkeys(forms, np.inf)
        for _ in range(3):
            for label, form in forms.items():
                start = time.perf_counter()
                form.encode(some, batch_size=32, show_progress_bar=False)
                best[label] = min(best[label], time.perf_counter() - start)
        whole = product_texts(graph).to_list()
        reference = None
        for label, form in forms.items():
            made = np.asarray(form.encode(whole, batch_size=64, show_progress_bar=False))
            reference = made if reference is None else reference
            short = reference[:, : made.shape[1]]
            short = short / np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-12)
            quality = ndcg(rank_fold(TextKnn(graph, text=made, centre=True, power=8), fold)).mean()
            print(
                f"{label:28s} {weights[label]:6.1f} MB, {len(some) / best[label]:7.1f} texts/s"
                f" ({best['PyTorch fp32'] / best[label]:.2f}x), cosine"
                f" {(made * short).sum(axis=1).mean():.4f}, nDCG@10 {quality:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1], *sys.argv[2:3], *(int(n) for n in sys.argv[3:4]))
