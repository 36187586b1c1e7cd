"""Size, speed and loss of smaller forms of an encoder, in one run.

    python benchmarks/encoder_speed.py STORE [ENCODER] [TEXTS] [STUDENT ...]

PyTorch fp32, ONNX fp32, ONNX int8 (also cut to half of the numbers), and each student as PyTorch
and as ONNX int8, on titles of a store, sorted by length, one after another three times (the best
CPU time counts, so that others on the machine matter less), with as many threads as OMP_NUM_THREADS
says. The loss is the mean cosine to PyTorch's vectors, and nDCG@10 of the validation fold of
product-cold by TextKnn (centred, power 8).
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.encoders.exported import FILE, OnnxEncoder, export
from crossaisle.encoders.sentence import DEFAULT, load_encoder
from crossaisle.evaluation.content import TextKnn
from crossaisle.evaluation.metrics import ndcg
from crossaisle.evaluation.ranking import rank_fold
from crossaisle.evaluation.splits import Split
from crossaisle.graph import open_store


def cut(vectors: np.ndarray, size: int) -> np.ndarray:
    """Keep the first numbers, at length 1."""
    short = vectors[:, :size]
    return np.asarray(short / np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-12))


def main(store: str, name: str = DEFAULT, count: int = 300, *students: str) -> None:
    """Export, time, compare."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    if threads:
        torch.set_num_threads(threads)
    with open_store(store) as place:
        graph = place.read()
    texts = product_texts(graph).to_list()
    some = sorted(texts, key=len)[:: max(1, len(texts) // count)]
    fold = Split.make(graph, "product-cold", seed=0).validation
    plain = {
        label: load_encoder(SentenceEncoder(folder).path, folder, "cpu")
        for label, folder in [("", name), *((Path(student).name, student) for student in students)]
    }
    size = int(plain[""].get_embedding_dimension())
    with tempfile.TemporaryDirectory() as room:
        forms, weights = {}, {}
        for label, encoder in plain.items():
            for kind in ("PyTorch fp32", *(() if label else ("ONNX fp32",)), "ONNX int8"):
                form = f"{label} {kind}".strip()
                forms[form] = encoder
                weights[form] = sum(p.numel() * 4 for p in encoder.parameters()) / 1e6
                if kind != "PyTorch fp32":
                    folder = Path(room) / form.replace(" ", "-")
                    export(encoder, folder, int8=kind == "ONNX int8")
                    forms[form] = OnnxEncoder(folder, threads)
                    weights[form] = (folder / FILE).stat().st_size / 1e6
        best = dict.fromkeys(forms, np.inf)
        for _ in range(3):
            for label, form in forms.items():
                start = time.process_time()
                form.encode(some, batch_size=32, show_progress_bar=False)
                best[label] = min(best[label], time.process_time() - start)
        reference = None
        for label, form in forms.items():
            made = np.asarray(form.encode(texts, batch_size=64, show_progress_bar=False))
            reference = made if reference is None else reference
            for kept in (size, size // 2):
                short = cut(made, kept)
                near = (short * cut(reference, kept)).sum(axis=1).mean()
                scorer = TextKnn(graph, text=short, centre=True, power=8)
                print(
                    f"{label:24s} {kept:4d} numbers, {weights[label]:6.1f} MB,"
                    f" {len(some) / best[label]:7.1f} texts/s"
                    f" ({best['PyTorch fp32'] / best[label]:.2f}x), cosine {near:.4f},"
                    f" nDCG@10 {ndcg(rank_fold(scorer, fold)).mean():.4f}",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1], *sys.argv[2:3], *(int(n) for n in sys.argv[3:4]), *sys.argv[4:])
