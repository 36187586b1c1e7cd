"""Settings of a command: defaults, then a TOML file, then ``--set key=value``."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.sentence import DEFAULT
from crossaisle.fusion import TrainConfig


class SettingsError(ValueError):
    """A setting that is unknown or out of range: which, and what it may be."""


class TextSettings(BaseModel):
    """How text is encoded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: str = DEFAULT
    """A folder or a hub name of a sentence encoder; ``none`` does without text."""
    device: str | None = None
    """cuda, mps or cpu; the best there is by default."""


class ImageSettings(BaseModel):
    """How pictures are encoded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: str = "none"
    """A folder or a hub name of a vision model (CLIP-like or ViT); ``none`` does without pictures.
    """
    folder: str | None = None
    """Where pictures are that the feed names by relative paths, or by addresses on the web (as
    ``wget -x`` saves them)."""
    device: str | None = None
    """cuda, mps or cpu; the best there is by default."""


class ReasonSettings(BaseModel):
    """What reasons may not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sensitive: tuple[str, ...] = ()
    """Aisles, categories (with all below) and attributes that no score of the model draws on and
    no reason names."""


class Settings(BaseModel):
    """Everything that ``train``, ``finetune`` and ``evaluate`` can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: TextSettings = TextSettings()
    images: ImageSettings = ImageSettings()
    train: TrainConfig = TrainConfig()
    reasons: ReasonSettings = ReasonSettings()
    finetune: FinetuneConfig = FinetuneConfig()


def read_settings(file: Path | None, overrides: Sequence[str] = ()) -> Settings:
    """Read a settings file, then ``section.key=value`` overrides (values as in TOML).

    Raises:
        SettingsError: no such file, no TOML, an unknown key, a value out of its range.
    """
    content: dict[str, Any] = {}
    if file is not None:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SettingsError(f"there is no settings file {file}") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{file} cannot be read as TOML: {error}") from None
    for override in overrides:
        key, separator, value = override.partition("=")
        *sections, name = key.strip().split(".")
        if not separator or not sections:
            raise SettingsError(
                f"--set {override}: write section.key=value, such as train.epochs=5"
            )
        place = content
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = _value(value)
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                f"unknown setting {key!r}; there are: {', '.join(_names())}"
            ) from None
        raise SettingsError(f"setting {key}: {first['msg']}") from None


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _names() -> list[str]:
    defaults = json.loads(Settings().model_dump_json())
    return [f"{section}.{key}" for section, keys in defaults.items() for key in keys]
