"""Cypher by name: every statement is a file in cypher/, with a comment that documents it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any


class QueryError(ValueError):
    """No such query, or its parameters do not fit: a sentence that says what there is."""


@dataclass(frozen=True)
class Query:
    """One statement: the first comment line is its question, the others describe it."""

    name: str
    question: str
    comment: str
    defaults: dict[str, Any]
    required: tuple[str, ...]
    statement: str

    def bind(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return all parameters: those given (numbers where the default is one), then defaults.

        Raises:
            QueryError: one is missing, unknown, or not a number where one is asked for.
        """
        unknown = sorted(set(given) - set(self.defaults) - set(self.required))
        if unknown:
            known = ", ".join([*self.required, *self.defaults]) or "none"
            raise QueryError(f"{self.name} has no parameter {unknown[0]!r}; it has: {known}")
        missing = [name for name in self.required if name not in given]
        if missing:
            raise QueryError(f"{self.name} needs --param {missing[0]}=...")
        bound = dict(self.defaults)
        for name, value in given.items():
            default = self.defaults.get(name)
            try:
                bound[name] = type(default)(value) if isinstance(default, int | float) else value
            except ValueError:
                raise QueryError(f"{self.name}: {name}={value!r} is not a number") from None
        return bound


_PARAMETER = re.compile(r"^\$(?P<name>\w+)(?:\s*=\s*(?P<default>[^:]+?))?\s*:")


def parse(name: str, text: str) -> Query:
    """Take a file apart: leading ``//`` lines are the comment, ``$name = default:`` a parameter."""
    comment: list[str] = []
    lines = text.strip().splitlines()
    while lines and lines[0].startswith("//"):
        comment.append(lines.pop(0).removeprefix("//").strip())
    defaults: dict[str, Any] = {}
    required: list[str] = []
    for line in comment:
        found = _PARAMETER.match(line)
        if found and found["default"] is None:
            required.append(found["name"])
        elif found:
            defaults[found["name"]] = _literal(found["default"])
    statement = "\n".join(lines).strip().rstrip(";")
    return Query(
        name,
        comment[0] if comment else "",
        "\n".join(comment),
        defaults,
        tuple(required),
        statement,
    )


def _literal(text: str) -> Any:  # noqa: ANN401 - a number or a string, as written
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.strip("'\"")


@cache
def statement(name: str) -> str:
    """Return the text of one of our own statements, such as ``read/products``.

    Raises:
        QueryError: there is no such file in cypher/.
    """
    return load(name).statement


@cache
def statements(name: str) -> tuple[str, ...]:
    """Return the statements of a file that holds several, separated by ``;`` at a line's end."""
    body = "\n".join(
        line for line in _text(name).splitlines() if not line.lstrip().startswith("//")
    )
    return tuple(part.strip() for part in re.split(r";\s*(?:\n|$)", body) if part.strip())


def load(name_or_file: str) -> Query:
    """Return a query by the name of its file in cypher/ (``explore/`` may be left out), or a path.

    Raises:
        QueryError: neither a name nor a file; the message lists the names.
    """
    path = Path(name_or_file)
    if path.suffix == ".cypher" and path.is_file():
        return parse(path.stem, path.read_text(encoding="utf-8"))
    return parse(name_or_file, _text(name_or_file))


def names() -> list[str]:
    """Return the names of the queries that are for people: those at the top and in explore/."""
    root = files("crossaisle.cypher")
    folders = [root, root / "explore"]
    found = [item.name for folder in folders if folder.is_dir() for item in folder.iterdir()]
    return sorted(name.removesuffix(".cypher") for name in found if name.endswith(".cypher"))


def _text(name: str) -> str:
    root = files("crossaisle.cypher")
    for candidate in (root / f"{name}.cypher", root / "explore" / f"{name}.cypher"):
        if candidate.is_file():
            return candidate.read_text(encoding="utf-8")
    raise QueryError(
        f"{name!r} is neither a .cypher file nor a query; there are: {', '.join(names())}"
    )
