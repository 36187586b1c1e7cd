"""What of an encoder is trained: nothing, the top, all, adapters, a prompt."""

import re
import warnings
from typing import Any

import numpy as np
from torch import nn

from crossaisle.encoders.finetune_config import FinetuneConfig

LAYER = re.compile(r"\.(?:layers?|h|blocks?)\.(\d+)\.")
"""Where the number of a layer stands in a parameter's name, in the BERT family and most others."""


def layer_of(name: str) -> int:
    """Return the layer a parameter belongs to: 0 the lowest, -1 for what is below all layers.

    >>> layer_of("0.model.encoder.layer.3.output.dense.weight")
    3
    """
    found = LAYER.search(name)
    return int(found.group(1)) if found else -1


def prepare(encoder: Any, config: FinetuneConfig) -> None:  # noqa: ANN401 - a SentenceTransformer
    """Make trainable what the mode says, in place; the rest needs no gradient.

    Raises:
        ValueError: mode lora names modules that the encoder does not have.
    """
    body = encoder.transformers_model
    for parameter in encoder.parameters():
        parameter.requires_grad_(config.mode == "full")
    if config.mode == "top":
        depth = layers(body)
        for name, parameter in body.named_parameters():
            parameter.requires_grad_(layer_of(name) >= depth - config.top_layers)
    elif config.mode == "lora":
        from peft import LoraConfig

        chosen = list(config.lora_targets) or "all-linear"
        _wrap(
            encoder,
            LoraConfig(
                r=config.lora_rank,
                lora_alpha=2 * config.lora_rank,
                lora_dropout=0.05,
                target_modules=chosen,
            ),
        )
    elif config.mode == "prompt":
        _add_prompt(encoder, config.prompt_tokens)


def shorten(encoder: Any, count: int) -> None:  # noqa: ANN401
    """Keep ``count`` layers, evenly spread, the last among them, in place (Sun et al., 2019).

    Raises:
        ValueError: the encoder has fewer.
    """
    body = encoder.transformers_model
    name, stack = layer_stack(body)
    depth = len(stack)
    if count > depth:
        raise ValueError(f"the encoder has {depth} layers, not {count}")
    kept = np.linspace(0, depth, count + 1)[1:].round().astype(int) - 1
    place, _, last = name.rpartition(".")
    setattr(body.get_submodule(place), last, nn.ModuleList([stack[row] for row in kept]))
    body.config.num_hidden_layers = count
    if getattr(body.config, "layer_types", None):
        body.config.layer_types = [body.config.layer_types[row] for row in kept]


def layer_stack(body: nn.Module) -> tuple[str, nn.ModuleList]:
    """Find the layers of a transformer: the name and the list of them.

    Raises:
        ValueError: it has no list of layers.
    """
    depth = layers(body)
    for name, part in body.named_modules():
        listed = isinstance(part, nn.ModuleList) and len(part) == depth
        if listed and LAYER.search(f".{name}.0."):
            return name, part
    raise ValueError("the encoder has no list of layers")


def merge(encoder: Any) -> None:  # noqa: ANN401
    """Put adapters into the weights, in place: what is left is an encoder like any other."""
    body = encoder[0].model
    if hasattr(body, "merge_and_unload"):
        encoder[0].model = body.merge_and_unload()


def layers(body: nn.Module) -> int:
    """How many layers an encoder has."""
    return 1 + max(layer_of(name) for name, _ in body.named_parameters())


def _add_prompt(encoder: Any, count: int) -> None:  # noqa: ANN401
    """Prompt tuning (Lester et al., 2021), the prompt being new words of the vocabulary.

    So the saved folder is an encoder like any other, whose default prompt is those words.
    """
    from peft import TrainableTokensConfig

    words = [f"[PROMPT{place}]" for place in range(count)]
    encoder.tokenizer.add_tokens(words, special_tokens=True)
    body = encoder.transformers_model
    old = body.get_input_embeddings().weight.detach().clone()
    body.resize_token_embeddings(len(encoder.tokenizer), mean_resizing=False)
    fresh = body.get_input_embeddings().weight
    # Words of the vocabulary, evenly spread: a start inside what the encoder has seen.
    start = old[:: max(1, len(old) // count)][:count]
    fresh.data[len(old) : len(encoder.tokenizer)] = start
    encoder.prompts = {**encoder.prompts, "item": " ".join(words) + " "}
    encoder.default_prompt_name = "item"
    rows = encoder.tokenizer.convert_tokens_to_ids(words)
    _wrap(encoder, TrainableTokensConfig(token_indices=rows))


def _wrap(encoder: Any, config: Any) -> None:  # noqa: ANN401
    from peft import get_peft_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder[0].model = get_peft_model(encoder[0].model, config)
