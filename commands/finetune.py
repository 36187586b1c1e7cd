"""``crossaisle finetune``: from a store to a text encoder of its own."""

from pathlib import Path

from crossaisle.commands.files import UsageError
from crossaisle.commands.settings import Settings
from crossaisle.encoders import SentenceEncoder
from crossaisle.encoders.exported import SETTINGS, export
from crossaisle.encoders.finetune import Finetuned
from crossaisle.encoders.finetune import finetune as learn
from crossaisle.encoders.sentence import load_encoder
from crossaisle.graph import Progress, open_store
from crossaisle.loaders.find_words import english


def finetune(
    store: str,
    output: Path,
    settings: Settings,
    seed: int,
    progress: Progress,
    *,
    resume: bool = False,
) -> Finetuned:
    """Fine-tune the encoder that ``text.encoder`` names on what a store holds.

    Raises:
        UsageError: the settings say to do without text.
    """
    if settings.text.encoder == "none":
        raise UsageError("text.encoder=none: name the encoder to start from")
    with open_store(store) as place:
        graph = place.read(progress)
    return learn(
        graph,
        output,
        settings.finetune,
        base=SentenceEncoder(settings.text.encoder, device=settings.text.device),
        seed=seed,
        progress=progress,
        resume=resume,
        synonyms=english()["synonym"].items(),
    )


def export_encoder(name: str, output: Path, int8: bool, dimensions: int | None) -> str:
    """Write an encoder as ONNX and say what came of it.

    Raises:
        UsageError: it is ONNX already, or has fewer numbers than asked for.
        EncoderError: there is no such encoder.
    """
    path = SentenceEncoder(name).path
    if (path / SETTINGS).is_file():
        raise UsageError(f"{name} is an exported encoder already: name the one it was made from")
    encoder = load_encoder(path, name, "cpu")
    size = int(encoder.get_embedding_dimension())
    if dimensions is not None and not 1 <= dimensions <= size:
        raise UsageError(
            f"--dimensions {dimensions}: {name} gives {size} numbers, take 1 to {size}"
        )
    export(encoder, output, int8=int8, dimensions=dimensions)
    megabytes = sum(file.stat().st_size for file in output.rglob("*.onnx")) / 1e6
    return f"{output}: {megabytes:.1f} MB, {dimensions or size} numbers a text"
