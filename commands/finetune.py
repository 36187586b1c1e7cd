"""``crossaisle finetune``: from a store to a text encoder of its own."""

from pathlib import Path

from crossaisle.commands.files import UsageError
from crossaisle.commands.settings import Settings
from crossaisle.encoders import SentenceEncoder
from crossaisle.encoders.finetune import Finetuned
from crossaisle.encoders.finetune import finetune as learn
from crossaisle.graph import Progress, open_store


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
    )
