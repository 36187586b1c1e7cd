"""Fine-tuning of the text encoder on a shop's own log."""

import json
import resource
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from crossaisle.encoders.augment import Lexicon
from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.frozen_layers import FAMILIES, FrozenLayers
from crossaisle.encoders.lessons import Lessons, draw_lessons, every_text
from crossaisle.encoders.masked import train_masked
from crossaisle.encoders.modes import layers, merge, prepare, shorten
from crossaisle.encoders.sentence import EncoderError, SentenceEncoder, load_encoder
from crossaisle.encoders.text import product_texts
from crossaisle.encoders.tower import Batches, Tower
from crossaisle.encoders.trainer import train_tower
from crossaisle.graph import Graph, Progress, silent


@dataclass(frozen=True)
class Finetuned:
    """What was done; the encoder itself is a folder."""

    base: str
    device: str
    parameters: int
    trainable: int
    """Of the encoder's parameters; with LoRA and prompts those that were added."""
    head: int
    """Parameters trained beside it."""
    texts: int
    cut: int
    """Texts of which training read only the first ``max_tokens``."""
    before: float | None
    """nDCG@10 on held-out products, before (see :class:`crossaisle.encoders.lessons.Quiz`)."""
    after: float | None
    seconds: float
    memory: float
    """Largest memory, MB: of the GPU where there is one, else of the whole process."""
    curve: list[dict[str, float]]

    def lines(self) -> list[str]:
        """Say it in a few lines."""
        asked = (
            "no held-out products: too few are sold"
            if self.before is None or self.after is None
            else f"held-out products, nDCG@10: {self.before:.4f} before, {self.after:.4f} after"
        )
        if self.before is not None and self.after is not None and self.after < self.before:
            asked += " (worse: keep the encoder you had)"
        return [
            f"device: {self.device}",
            f"trained {self.trainable:,} of {self.parameters:,} parameters"
            f" (and {self.head:,} beside the encoder)",
            f"{self.texts:,} texts, {self.cut:,} of them cut for training",
            asked,
            f"{self.seconds:.0f} s, {self.memory:,.0f} MB",
        ]


def finetune(
    graph: Graph,
    output: Path,
    config: FinetuneConfig,
    *,
    base: SentenceEncoder,
    seed: int = 0,
    progress: Progress = silent,
    resume: bool = False,
    synonyms: Iterable[tuple[str, str]] = (),
) -> Finetuned:
    """Fine-tune ``base`` on a graph's log and save it as a folder that ``text.encoder`` takes.

    Args:
        graph: products with texts, and the log.
        output: the folder, written whole or not at all. Checkpoints stand beside it until then.
        config: settings.
        base: where to start.
        seed: same seed, same encoder (on one machine and device).
        progress: told (stage, done, total).
        resume: go on from the last checkpoint, if it is of the same graph and settings.
        synonyms: pairs of phrases in small letters, for ``augment``.

    Raises:
        EncoderError: no text, no pair in the log, or settings that this encoder cannot do.
    """
    check_installed()
    start, config = time.perf_counter(), config.settled
    texts = product_texts(graph).to_list()
    count = config.steps * config.batch_size * config.accumulation
    try:
        lessons = draw_lessons(graph, config, count, seed)
    except ValueError as error:
        raise EncoderError(str(error)) from None
    if not any(texts):
        raise EncoderError("no product has a text: there is nothing to fine-tune on")
    if config.student_layers:
        with_text = np.array([row for row, text in enumerate(texts) if text])
        lessons = replace(lessons, pairs=every_text(with_text, count, seed))
    torch.manual_seed(seed)
    encoder = load_encoder(base.path, base.name, base.device)
    encoder.max_seq_length = min(config.max_tokens, encoder.max_seq_length or config.max_tokens)
    folder = checkpoints(output)
    key = _key(config, texts, lessons, base.fingerprint, seed)
    resume = resume and _same(folder, key)
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "key").write_text(key)
    if config.masked_steps:
        train_masked(encoder, texts, config, folder / "masked", seed=seed, progress=progress)
    _shape(encoder, config)
    total = sum(p.numel() for p in encoder.parameters())
    teacher = base.encode(texts, progress) if config.student_layers else None
    if config.gradient_checkpointing:
        encoder.transformers_model.activation_checkpointing_enable()
    tower = Tower(encoder, lessons, config, teacher)
    known = np.flatnonzero(lessons.bought > 0)
    if tower.head is not None:
        tower.start_head(base.encode([texts[row] for row in known], progress), known)

    def answer() -> float:
        return _answer(tower, texts, lessons)

    before = answer() if lessons.quiz is not None else None
    curve = train_tower(
        tower,
        Batches(encoder, texts, config, Lexicon.of(graph.attributes, synonyms)),
        lessons.pairs,
        config,
        folder=folder,
        log=output.with_name(f"{output.name}-log"),
        answer=answer if lessons.quiz is not None else None,
        device=base.device,
        seed=seed,
        progress=progress,
        resume=resume,
    )
    trained = [p for p in encoder.parameters() if p.requires_grad]
    told = Finetuned(
        base=base.name,
        device=str(encoder.device),
        parameters=total,
        trainable=sum(p.numel() for p in trained),
        head=sum(p.numel() for n, p in tower.named_parameters() if not n.startswith("encoder.")),
        texts=len(texts),
        cut=_cut(encoder, texts),
        before=before,
        after=answer() if lessons.quiz is not None else None,
        seconds=time.perf_counter() - start,
        memory=_memory(),
        curve=curve,
    )
    save(tower, output, config, told, base)
    shutil.rmtree(folder, ignore_errors=True)
    return told


def _shape(encoder: Any, config: FinetuneConfig) -> None:  # noqa: ANN401
    """Take layers away, and say what is trained, in place."""
    what = f"mode {config.mode}"
    try:
        if config.student_layers:
            what = f"student_layers {config.student_layers}"
            shorten(encoder, config.student_layers)
        prepare(encoder, config)
        body = encoder.transformers_model
        below = layers(body) - config.top_layers
        same = config.same_texts and body.config.model_type in FAMILIES
        if config.mode == "top" and below > 0 and same:
            FrozenLayers(body, below)
    except ValueError as error:
        raise EncoderError(f"{what}: {str(error).splitlines()[0]}") from None


def check_installed() -> None:
    """Say which line installs what only fine-tuning needs."""
    if any(find_spec(name) is None for name in ("accelerate", "peft")):
        raise EncoderError(
            "fine-tuning needs two more packages: pip install 'crossaisle[finetune]'"
        )


def checkpoints(output: Path) -> Path:
    """Where the checkpoints of this output stand."""
    return output.with_name(f".{output.name}.checkpoints")


def save(
    tower: Tower, output: Path, config: FinetuneConfig, told: Finetuned, base: SentenceEncoder
) -> None:
    """Write the encoder's folder beside its place, and rename it."""
    encoder = tower.encoder
    merge(encoder)
    output.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        encoder.max_seq_length = load_encoder(base.path, base.name, "cpu").max_seq_length
        encoder.save(str(new), create_model_card=False)
        report = json.dumps({"settings": config.model_dump(), **asdict(told)}, indent=1)
        lines = "\n".join(f"- {line}" for line in told.lines())
        (new / "README.md").write_text(
            f"# A text encoder, fine-tuned by crossaisle from {told.base}\n\n{lines}\n\n"
            f"```json\n{report}\n```\n",
            encoding="utf-8",
        )
        new.chmod(0o755)
        shutil.rmtree(output, ignore_errors=True)
        new.rename(output)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _answer(tower: Tower, texts: list[str], lessons: Lessons) -> float:
    quiz = lessons.quiz
    assert quiz is not None
    known, held = (
        np.asarray(
            tower.encoder.encode(
                [texts[row] for row in rows], batch_size=64, show_progress_bar=False
            ),
            np.float32,
        )
        for rows in (quiz.known, quiz.held)
    )
    return quiz.ask(known, held)


def _cut(encoder: Any, texts: list[str]) -> int:  # noqa: ANN401
    tokens = encoder.tokenizer(texts, add_special_tokens=True, truncation=False)["input_ids"]
    return sum(len(row) > encoder.max_seq_length for row in tokens)


def _key(config: FinetuneConfig, texts: list[str], lessons: Lessons, base: str, seed: int) -> str:
    digest = sha256(f"{config.model_dump_json()} {base} {seed}".encode())
    digest.update("\0".join(texts).encode("utf-8", "surrogatepass"))
    digest.update(lessons.pairs.tobytes())
    return digest.hexdigest()


def _same(folder: Path, key: str) -> bool:
    file = folder / "key"
    return file.is_file() and file.read_text() == key


def _memory() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
