"""Lower layers that do not learn are run once a text, and nothing else changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from crossaisle.encoders import frozen_layers
from crossaisle.encoders.frozen_layers import FrozenLayers
from crossaisle.encoders.modes import layer_stack
from crossaisle.encoders.sentence import load_encoder

Pair = tuple[Any, Any]
TEXTS = ["red lamp", "a green garden box with a bell", "blue mug", "white rocket"]


@pytest.fixture
def pair(tmp_path: Path, make_tiny: Callable[..., Path]) -> Pair:
    folder = make_tiny(tmp_path, TEXTS, layers=4)
    whole, other = (load_encoder(folder, "tiny", "cpu").eval() for _ in range(2))
    return whole, other


def encoded(encoder: Any, texts: list[str]) -> torch.Tensor:  # noqa: ANN401
    found: torch.Tensor = encoder(encoder.preprocess(texts))["sentence_embedding"]
    return found


def counted(body: nn.Module, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the texts that the lowest layer is given."""
    seen: list[int] = []
    lowest = layer_stack(body)[1][0]
    run = lowest.forward

    def told(hidden: torch.Tensor, *more: object, **named: object) -> torch.Tensor:
        seen.append(len(hidden))
        return run(hidden, *more, **named)

    monkeypatch.setattr(lowest, "forward", told)
    return seen


@pytest.mark.parametrize("count", [1, 3, 4])
def test_vectors_and_gradients_are_those_of_the_whole(pair: Pair, count: int) -> None:
    whole, other = pair
    FrozenLayers(other.transformers_model, count)
    for texts in (TEXTS[:2], TEXTS[1:], TEXTS[::-1]):  # padded differently each time
        wanted, made = encoded(whole, texts), encoded(other, texts)
        assert torch.allclose(wanted, made, atol=2e-3)
        for encoder, found in ((whole, wanted), (other, made)):
            encoder.zero_grad()
            if count < 4:
                found[:, 0].sum().backward()
        names = dict(other.named_parameters())
        for name, parameter in whole.named_parameters():
            if ".layer.3." in name and count < 4:
                assert torch.allclose(parameter.grad, names[name].grad, atol=2e-3)


def test_a_text_is_computed_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    _, encoder = pair
    seen = counted(encoder.transformers_model, monkeypatch)
    FrozenLayers(encoder.transformers_model, 2)
    encoder.train()
    for texts in (TEXTS[:2], TEXTS[1:], TEXTS):
        encoded(encoder, texts)
    assert seen == [2, 2]
    assert encoder.transformers_model.training


def test_states_beyond_the_limit_are_computed_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, encoder = pair
    seen = counted(encoder.transformers_model, monkeypatch)
    monkeypatch.setattr(frozen_layers, "LIMIT", 0)
    FrozenLayers(encoder.transformers_model, 2)
    for _ in range(2):
        assert torch.allclose(encoded(whole, TEXTS), encoded(encoder, TEXTS), atol=2e-3)
    assert seen == [4, 4]
