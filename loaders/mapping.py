"""The mapping file: which columns of a shop's files mean what (TOML, paths relative to it)."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class MappingError(ValueError):
    """The mapping file cannot be used: which key, what is wrong, what to write instead."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reject(_Section):
    """A rule that leaves rows out, with a reason that is kept beside each of them."""

    column: str
    reason: str
    matches: str | None = None
    """A regular expression (Rust syntax) found anywhere in the value."""
    at_most: float | None = None
    """Values up to this number, and values that are no number."""

    @model_validator(mode="after")
    def _one_rule(self) -> "Reject":
        if (self.matches is None) == (self.at_most is None):
            raise ValueError("give either `matches` or `at_most`")
        return self


class ProductColumns(_Section):
    """The product feed. Without a path, products are those that the events name."""

    path: str | None = None
    id: str = "id"
    title: str | None = None
    description: str | None = None
    category: str | None = None
    category_separator: str = ">"
    category_order: Literal["auto", "path", "set"] = "auto"
    """Whether the parts of a category go from wide to narrow, or are a set of names."""
    aisle: str | None = None
    """The column that says which part of the shop; without it a level of the category tree."""
    aisle_level: Annotated[int, Field(ge=1)] | None = None
    """The level, 1 the widest; left out, the first level that divides the shop."""
    brand: str | None = None
    price: str | None = None
    image: str | None = None
    attributes: tuple[str, ...] = ()
    attribute_separator: str | None = None
    """Between several values of one attribute; left out, the value is taken whole."""
    ignore: tuple[str, ...] = ()
    """Columns that are known and not wanted: they are not reported."""
    find: Literal["auto", "never"] = "auto"
    """auto: find categories in the titles where none are given, attributes likewise."""
    reject: tuple[Reject, ...] = ()
    encoding: str = "utf-8"


class EventColumns(_Section):
    """The order or event log, one line an event."""

    path: str | None = None
    user: str = "user"
    product: str = "product"
    title: str | None = None
    """For logs without a product feed: the title, in each line."""
    time: str | None = None
    type: str | None = None
    quantity: str | None = None
    price: str | None = None
    rating: str | None = None
    basket: str | None = None
    """The order or invoice: events without a user still teach what is bought together."""
    uppercase_products: bool = False
    """Whether 85123a and 85123A are one product."""
    reject: tuple[Reject, ...] = ()
    encoding: str = "utf-8"


class UserColumns(_Section):
    """What is known of users."""

    path: str | None = None
    id: str = "id"
    text: str | None = None
    columns: tuple[str, ...] = ()
    """Columns whose values are put, as `name: value`, behind the text."""
    encoding: str = "utf-8"


class Mapping(_Section):
    """A whole mapping file; paths are absolute once it is read."""

    products: ProductColumns = ProductColumns()
    events: EventColumns | None = None
    users: UserColumns | None = None


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        MappingError: it is missing, no TOML, or has a key that is unknown or of the wrong kind.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MappingError(f"there is no mapping file {path}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path} cannot be read as TOML: {error}") from None
    for section in content.values():
        if isinstance(section, dict) and isinstance(section.get("path"), str):
            section["path"] = str(path.parent / section["path"])
    return _validated(content, str(path))


def preset(name: str, products: Path | None, events: Path | None) -> Mapping:
    """Return a mapping that comes with the package, with the files it is to read.

    Raises:
        MappingError: no preset has that name (the message lists those that do), or a file is
            given that the preset has no use for.
    """
    folder = files("crossaisle.loaders") / "presets"
    if name not in preset_names():
        raise MappingError(f"no preset is called {name!r}; there are: {', '.join(preset_names())}")
    content = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    for section, path in (("products", products), ("events", events)):
        if path is not None:
            content.setdefault(section, {})["path"] = str(path)
    return _validated(content, f"preset {name}")


def preset_names() -> list[str]:
    """Return the names of the presets."""
    folder = files("crossaisle.loaders") / "presets"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir())


def _validated(content: dict[str, Any], where: str) -> Mapping:
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            section = str(first["loc"][0]) if len(first["loc"]) > 1 else ""
            allowed = _keys(section) if section else sorted(Mapping.model_fields)
            message = f"{where}: unknown key {key!r}; known here: {', '.join(allowed)}"
        else:
            message = f"{where}: {key}: {first['msg']}"
        raise MappingError(message) from None


def _keys(section: str) -> list[str]:
    kinds: dict[str, type[BaseModel]] = {
        "products": ProductColumns,
        "events": EventColumns,
        "users": UserColumns,
    }
    kind = kinds.get(section)
    return sorted(kind.model_fields) if kind else []
