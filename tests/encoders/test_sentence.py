"""The encoder at its edges: long, empty and hostile texts, bad folders, little memory, ONNX."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from crossaisle.cli import main
from crossaisle.encoders import EncoderError, SentenceEncoder
from crossaisle.encoders.exported import SETTINGS, export
from crossaisle.encoders.sentence import READ, load_encoder, windows
from crossaisle.encoders.vector_cache import VectorCache, kept, prune

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def encoder(tiny: Path, tmp_path: Path) -> SentenceEncoder:
    return SentenceEncoder(str(tiny), device="cpu", cache=tmp_path)


@pytest.mark.parametrize(
    "text",
    ["🦕🚀", "\x00\x01\x07 lamp", "لعبة dinosaur 恐龍", "a" * 3000, "\ud800 lone", "?!", "\u200b"],
    ids=["emoji", "control", "scripts", "one word", "surrogate", "marks", "invisible"],
)
def test_odd_texts_have_a_vector_of_length_1(encoder: SentenceEncoder, text: str) -> None:
    vector = encoder.encode([text])[0]
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_empty_texts_have_the_zero_vector(encoder: SentenceEncoder) -> None:
    assert (encoder.encode(["", "  \n\t", "lamp"])[:2] == 0).all()


def test_a_long_text_is_the_mean_of_its_pieces(encoder: SentenceEncoder) -> None:
    text = " ".join(f"red dinosaur lamp {n} garden spade" for n in range(40))
    found = encoder.encode([text, "lamp"])
    assert (encoder.split, encoder.cut) == (1, 0)
    pieces = windows(text, 32, encoder._count)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert len(pieces) > 3
    weight = np.array([encoder._count(piece) for piece in pieces])
    assert weight.max() <= 32
    parts = np.stack([encoder.encode([piece])[0] for piece in pieces])
    mean = (parts * weight[:, None]).sum(axis=0)
    assert found[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_a_megabyte_is_cut_and_counted(encoder: SentenceEncoder) -> None:
    text = "garden spade " * 80_000
    vector = encoder.encode([text])[0]
    assert (encoder.split, encoder.cut) == (1, 1)
    assert encoder.told() == (
        "texts too long to be read at once: read in pieces whose vectors were averaged: 1;"
        " only the first 20,000 characters read: 1"
    )
    encoder.encode(["red lamp", text])  # from the cache: it is as cut as before
    assert (encoder.split, encoder.cut) == (0, 1)
    encoder.encode(["red lamp"])
    assert encoder.told() == ""
    assert vector == pytest.approx(encoder.encode([text[:READ]])[0], abs=1e-6)


def test_only_changed_texts_are_encoded_again(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder.encode(["one lamp", "two lamps"])
    asked: list[str] = []
    real = encoder._encode
    monkeypatch.setattr(encoder, "_encode", lambda texts: (asked.extend(texts), real(texts))[1])
    encoder.encode(["one lamp", "two lamps", "three lamps", "three lamps"])
    assert asked == ["three lamps"]


def test_out_of_memory_halves_the_batch(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [f"lamp {n}" for n in range(40)]
    wanted = encoder._encode(texts)
    real = encoder._model.encode

    def small(some: list[str], batch_size: int, **more: object) -> np.ndarray:
        if batch_size > 16:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return real(some, batch_size=batch_size, **more)

    monkeypatch.setattr(encoder._model, "encode", small)
    assert encoder._encode(texts) == pytest.approx(wanted, abs=1e-5)
    assert encoder.batch == 16
    assert "now encoded 16 at a time" in caplog.text
    monkeypatch.setattr(encoder._model, "encode", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        encoder._encode(texts)


@pytest.mark.parametrize("lost", ["tokenizer", "weights", "config"])
def test_a_broken_folder_is_a_sentence(tiny: Path, tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(tiny, folder)
    names = {"tokenizer": "token*", "weights": "*.safetensors", "config": "config.json"}
    for file in [*folder.glob(names[lost]), *folder.glob("vocab*" if lost == "tokenizer" else "-")]:
        file.unlink()
    with pytest.raises(EncoderError, match="cannot be loaded: .*hf download"):
        SentenceEncoder(str(folder), device="cpu", cache=tmp_path).encode(["lamp"])


def test_onnx_says_what_pytorch_says(tiny: Path, tmp_path: Path) -> None:
    texts = ["red dinosaur lamp", "spade", "", "🦕", "a longer text about a garden and a lamp"]
    plain = SentenceEncoder(str(tiny), device="cpu", cache=tmp_path).encode(texts)
    loaded = load_encoder(tiny, "tiny", "cpu")
    for name, int8, size, slack in (
        ("f", False, None, 1e-5),
        ("i", True, None, 0.05),
        ("m", False, 8, 1e-5),
    ):
        export(loaded, tmp_path / name, int8=int8, dimensions=size)
        made = SentenceEncoder(str(tmp_path / name), cache=tmp_path)
        wanted = plain[:, : size or 32]
        wanted = wanted / np.maximum(np.linalg.norm(wanted, axis=1, keepdims=True), 1e-12)
        assert made.encode(texts) == pytest.approx(wanted, abs=slack)
        assert made.dimensions == (size or 32)


def test_an_encoder_is_exported_by_command(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small"
    line = ["export-encoder", str(tiny), "--output", str(small), "--no-int8", "--dimensions", "8"]
    assert main(line) == 0
    assert "8 numbers a text" in " ".join(capsys.readouterr().err.split())
    texts = ["red dinosaur lamp", "spade"]
    plain = SentenceEncoder(str(tiny), device="cpu", cache=tmp_path).encode(texts)[:, :8]
    wanted = plain / np.linalg.norm(plain, axis=1, keepdims=True)
    made = SentenceEncoder(str(small), cache=tmp_path).encode(texts)
    assert made == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ("encoder", "options", "said"),
    [
        ("/no/such/folder", [], "there is no model folder"),
        ("tiny", ["--dimensions", "33"], "gives 32 numbers, take 1 to 32"),
        ("tiny", ["--dimensions", "0"], "gives 32 numbers, take 1 to 32"),
        ("exported", [], "an exported encoder already"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(
    tiny: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    encoder: str,
    options: list[str],
    said: str,
) -> None:
    (tmp_path / "exported").mkdir()
    (tmp_path / "exported" / SETTINGS).write_text("{}")
    name = {"tiny": str(tiny), "exported": str(tmp_path / "exported")}.get(encoder, encoder)
    assert main(["export-encoder", name, "--output", str(tmp_path / "out"), *options]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_two_processes_write_and_one_is_killed(tmp_path: Path) -> None:
    """Whatever is found afterwards is whole and right."""
    program = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from crossaisle.encoders.vector_cache import VectorCache\n"
        "cache = VectorCache('m', Path(sys.argv[1])); n = int(sys.argv[2])\n"
        "while True:\n"
        "    cache.add([VectorCache.key(f'{n + k}') for k in range(50)],"
        " np.repeat(np.arange(n, n + 50.)[:, None], 8, 1)); n += 50\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), start])
        for start in ("0", "1000000")
    ]
    cache = VectorCache("m", tmp_path)
    first = [VectorCache.key("0"), VectorCache.key("1000000")]
    end = time.monotonic() + 300
    while len(cache.find(first)) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    for process in running:
        process.kill()
        process.wait()
    numbers = [*range(5000), *range(1_000_000, 1_005_000)]
    keys = {VectorCache.key(f"{n}"): n for n in numbers}
    found = VectorCache("m", tmp_path).find(list(keys))
    assert set(first) <= set(found)
    assert all((vector == keys[key]).all() for key, vector in found.items())
    assert len(found) % 50 == 0


def test_old_models_are_pruned(tmp_path: Path) -> None:
    import os

    for name in ("old", "new"):
        VectorCache(name, tmp_path).add([VectorCache.key("x")], np.ones((1, 4)))
    past = time.time() - 40 * 86400
    os.utime(tmp_path / "vectors" / "old", (past, past))
    assert [(one.model, one.texts) for one in kept(tmp_path)] == [("old", 1), ("new", 1)]
    assert [one.model for one in prune(30, tmp_path)] == ["old"]
    assert [one.model for one in kept(tmp_path)] == ["new"]
    assert VectorCache("new", tmp_path).find([VectorCache.key("x")])
