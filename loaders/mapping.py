"""The mapping file: which columns of a shop's files mean what (TOML, paths relative to it)."""

import datetime as dt
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from crossaisle.loaders.archive import STDIN
from crossaisle.loaders.formats import Format


class MappingError(ValueError):
    """The mapping file cannot be used: which key, what is wrong, what to write instead."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Several = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""One text or an array of them."""


class _Source(_Section):
    """Files that make one table."""

    path: Several = ()
    """Files, globs, ``-`` for standard input."""
    format: Literal["auto"] | Format = "auto"
    encoding: str = "utf-8"
    header: tuple[str, ...] = ()
    """Names for the columns of a text file without a line of names."""
    optional: bool = False
    """Columns that are named here and not in the file count as empty: for standards most of whose
    fields may be left out. Ids must be there all the same."""


class Join(_Source):
    """A second table, whose columns are laid beside the rows that have the same key."""

    on: str
    """The column of the rows."""
    key: str | None = None
    """The column of the second table, where it is called otherwise."""


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


class ProductColumns(_Source):
    """The product feed. Without a path, products are those that the events name."""

    id: str = "id"
    title: str | None = None
    description: Several = ()
    """Columns that are joined; HTML is taken out."""
    category: Several = ()
    """One column, or columns that hold one level each, from wide to narrow."""
    category_separator: str = ">"
    category_alternatives: str | None = None
    """Between several categories of one product; left out, there is one."""
    category_order: Literal["auto", "path", "set"] = "auto"
    """Whether the parts of a category go from wide to narrow, or are a set of names."""
    aisle: str | None = None
    """The column that says which part of the shop; without it a level of the category tree."""
    aisle_level: Annotated[int, Field(ge=1)] | None = None
    """The level, 1 the widest; left out, the first level that divides the shop."""
    brand: str | None = None
    price: str | None = None
    """Numbers, with or without a currency."""
    price_bands: Annotated[int, Field(ge=0, le=10)] = 5
    """How many bands of equal size the prices of an aisle make, as an attribute; 0 for none."""
    image: str | None = None
    gtin: str | None = None
    """GTIN, EAN, UPC or ISBN-13; one with a wrong check digit is left out."""
    group: str | None = None
    """What the variants of one product share."""
    properties: str | None = None
    """A column of attributes with their names: a JSON object, JSON objects of name and value, or
    Google's section:name:value, parted by commas."""
    attributes: tuple[str, ...] = ()
    attribute_separator: str | None = None
    """Between several values of one attribute; left out, the value is taken whole."""
    ignore: tuple[str, ...] = ()
    """Columns that are known and not wanted: they are not reported."""
    find: Literal["auto", "never"] = "auto"
    """auto: find categories in the titles where none are given, attributes likewise."""
    category_map: str | None = None
    """A file (CSV) of the shop's categories and the taxonomy's; written where it is not, and what
    a person changes in it is kept. Left out, the shop's categories stay alone."""
    reject: tuple[Reject, ...] = ()
    join: tuple[Join, ...] = ()


class EventColumns(_Source):
    """The order or event log, one line an event."""

    user: str = "user"
    product: str = "product"
    title: str | None = None
    """For logs without a product feed: the title, in each line."""
    time: str | None = None
    time_unit: Literal["day", "week"] | None = None
    """Numbers count days or weeks since :attr:`time_origin`."""
    time_origin: dt.date | None = None
    """The date that number 0 stands for."""
    type: str | None = None
    purchases: tuple[str, ...] = ()
    """The types that count as purchases; left out, all do. Others stay out of the graph."""
    quantity: str | None = None
    price: str | None = None
    rating: str | None = None
    basket: str | None = None
    """The order or invoice: events without a user still teach what is bought together."""
    uppercase_products: bool = False
    """Whether 85123a and 85123A are one product."""
    reject: tuple[Reject, ...] = ()
    join: tuple[Join, ...] = ()

    @model_validator(mode="after")
    def _unit_and_origin(self) -> "EventColumns":
        if (self.time_unit is None) != (self.time_origin is None):
            raise ValueError("time_unit and time_origin go together")
        return self


class UserColumns(_Source):
    """What is known of users."""

    id: str = "id"
    text: str | None = None
    columns: tuple[str, ...] = ()
    """Columns whose values are put, as `name: value`, behind the text."""


class TripleColumns(_Source):
    """A knowledge graph as lines of head, relation, tail: attributes and categories of products."""

    head: str = "head"
    relation: str = "relation"
    tail: str = "tail"
    link: str | None = None
    """A file that says which product an entity is; left out, entities are called like products."""
    link_product: str = "item_id"
    link_entity: str = "entity_id"
    names: dict[str, str] = Field(default_factory=dict)
    """What a relation is to be called: the kind of its attributes."""
    categories: tuple[str, ...] = ()
    """Relations from a product to a category."""
    parents: tuple[str, ...] = ()
    """Relations from a category to the wider one."""


class Mapping(_Section):
    """A whole mapping file; paths are absolute once it is read."""

    products: ProductColumns = ProductColumns()
    events: EventColumns | None = None
    users: UserColumns | None = None
    triples: TripleColumns | None = None


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
    sections = [section for section in content.values() if isinstance(section, dict)]
    joins = [section.get("join", ()) for section in sections]
    sections += [one for listed in joins for one in listed if isinstance(one, dict)]
    for section in sections:
        for key in ("path", "link", "category_map"):
            if key in section:
                section[key] = _beside(section[key], path.parent)
    return _validated(content, str(path))


def _beside(value: object, folder: Path) -> object:
    if isinstance(value, list):
        return [_beside(part, folder) for part in value]
    if not isinstance(value, str) or value == STDIN:
        return value
    return str(folder / value)


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
    if content.pop("products_in_events", False):
        products = products or events
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
        "triples": TripleColumns,
    }
    kind = kinds.get(section)
    return sorted(kind.model_fields) if kind else []
