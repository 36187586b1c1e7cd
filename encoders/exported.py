"""An encoder as ONNX: smaller and faster on a CPU, without PyTorch's overhead."""

import json
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

FILE, SETTINGS = "model.onnx", "crossaisle_onnx.json"


def export(encoder: Any, output: Path, *, int8: bool = True, dimensions: int | None = None) -> None:  # noqa: ANN401
    """Write a SentenceTransformer as an ONNX folder that ``text.encoder`` takes.

    Args:
        encoder: transformer, pooling, and what follows; all of it goes into the graph.
        output: the folder, written whole or not at all.
        int8: weights as 8-bit integers, activations quantised as they come (dynamic).
        dimensions: keep only the first numbers of a vector (Matryoshka; Kusupati et al., 2022).
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    encoder = encoder.eval().to("cpu")
    size = int(encoder.get_embedding_dimension())
    names = ["input_ids", "attention_mask"]
    sample = dict(encoder.preprocess(["a text", "another, somewhat longer text"]))
    names += [name for name in ("token_type_ids",) if name in sample]

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = dict(zip(names, tensors, strict=True))
            vectors = self.encoder(features)["sentence_embedding"][:, : dimensions or size]
            return torch.nn.functional.normalize(vectors, dim=1)

    output.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            both = {0: "texts", 1: "tokens"}
            torch.onnx.export(
                Whole(),
                tuple(sample[name] for name in names),
                str(new / FILE),
                input_names=names,
                output_names=["vectors"],
                dynamic_axes=dict.fromkeys(names, both) | {"vectors": {0: "texts"}},
                opset_version=17,
                dynamo=False,
            )
        if int8:
            whole = new / "float.onnx"
            (new / FILE).rename(whole)
            # A scale for each column keeps more of a weight (cosine to fp32 .993, not .966); 7 of
            # the 8 bits, because two products of 8 by 8 do not fit AVX2's 16-bit sums.
            quantize_dynamic(
                whole,
                new / FILE,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
            )
            whole.unlink()
        encoder.tokenizer.save_pretrained(new)
        name = encoder.default_prompt_name
        kept = {
            "dimensions": min(dimensions or size, size),
            "inputs": names,
            "max_tokens": int(encoder.max_seq_length or 512),
            "prompt": encoder.prompts.get(name) or "" if name else "",
        }
        (new / SETTINGS).write_text(json.dumps(kept, indent=1))
        new.chmod(0o755)
        shutil.rmtree(output, ignore_errors=True)
        new.rename(output)
    finally:
        shutil.rmtree(new, ignore_errors=True)


class OnnxEncoder:
    """What :func:`export` wrote, with the few methods of a SentenceTransformer that are used."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load it; ``threads`` 0 leaves their number to the runtime."""
        import onnxruntime
        from tokenizers import Tokenizer

        self.settings = json.loads((folder / SETTINGS).read_text())
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(self.settings["max_tokens"])
        self.tokenizer.enable_padding()
        self.max_seq_length = int(self.settings["max_tokens"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(folder / FILE), options, providers=["CPUExecutionProvider"]
        )

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return int(self.settings["dimensions"])

    def encode(self, texts: list[str], batch_size: int = 64, **_: object) -> np.ndarray:
        """Return float32 (texts, d), rows of length 1."""
        parts = [np.zeros((0, self.get_embedding_dimension()), np.float32)]
        for start in range(0, len(texts), batch_size):
            some = [self.settings["prompt"] + text for text in texts[start : start + batch_size]]
            found = self.tokenizer.encode_batch(some)
            values = {
                "input_ids": np.array([one.ids for one in found], np.int64),
                "attention_mask": np.array([one.attention_mask for one in found], np.int64),
                "token_type_ids": np.array([one.type_ids for one in found], np.int64),
            }
            inputs = {name: values[name] for name in self.settings["inputs"]}
            parts.append(self.session.run(["vectors"], inputs)[0])
        return np.concatenate(parts)
