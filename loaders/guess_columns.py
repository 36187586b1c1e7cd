"""Which column of a table is what: by the names in :mod:`guess_names`, then by the values."""

from dataclasses import dataclass, field

import polars as pl

from crossaisle.loaders import guess_names
from crossaisle.loaders.gtin import gtins
from crossaisle.loaders.guess_names import plain
from crossaisle.loaders.rows import LINE
from crossaisle.loaders.values import ids, numbers, times

SAMPLE = 20_000
"""Rows looked at."""
MOST_VALUES = 0.5
"""An attribute has fewer different values than this share of its rows, else it tells nothing."""


@dataclass
class Columns:
    """A table's columns as keys of a mapping, each with a remark where it is not sure."""

    section: str
    roles: dict[str, str] = field(default_factory=dict)
    attributes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unsure: dict[str, str] = field(default_factory=dict)

    def take(self, key: str, column: str | None, why: str = "") -> None:
        """Say that a column is ``key``, unless that is known already."""
        if column is not None and key not in self.roles and column not in self.roles.values():
            self.roles[key] = column
            if why:
                self.unsure[key] = why


def section_of(frame: pl.DataFrame) -> str:
    """Return products, events or users: who and what together is a log."""
    names = {plain(name) for name in data_columns(frame)}
    user = names & set(guess_names.EVENTS["user"])
    product = names & (set(guess_names.EVENTS["product"]) | {"id"})
    time = names & set(guess_names.EVENTS["time"])
    if user and (product or time) and not (names & {"title", "productname"} and not time):
        return "events"
    described = ("title", "brand", "category", "gtin", "description", "image")
    if any(names & set(guess_names.PRODUCTS[key]) for key in described) and not user:
        return "products"
    if user:
        return "users"
    if time and (product or names & set(guess_names.EVENTS["basket"])):
        return "events"
    return "events" if _has_dates(frame) and not _unique(frame) else "products"


def guess(frame: pl.DataFrame, section: str, known: Columns | None = None) -> Columns:
    """Return what each column of a table is; ``known`` are those that a standard has named."""
    frame = frame.head(SAMPLE)
    found = known or Columns(section)
    names = {"products": guess_names.PRODUCTS, "events": guess_names.EVENTS}.get(
        section, guess_names.USERS
    )
    columns = data_columns(frame)
    for key, words in names.items():
        match = next((c for word in words for c in columns if plain(c) == word), None)
        if match and not _fits(frame[match], key):
            found.unsure.setdefault(
                key, f"{match} is called so, but its values do not look like it"
            )
            continue
        taken = match in found.ignored or match in found.attributes
        found.take(key, None if taken else match)
    by_value = {"products": _products, "events": _events}.get(section)
    if by_value:
        by_value(frame, found)
    used = {*found.roles.values(), *found.attributes, *found.ignored}
    for name in (name for name in columns if name not in used):
        if section == "products" and _is_attribute(frame[name], name):
            found.attributes.append(name)
        else:
            found.ignored.append(name)
    return found


def products_of_log(frame: pl.DataFrame, log: Columns) -> Columns | None:
    """Return the columns of a log that tell of its products, category or brand, if it has some."""
    names, found = data_columns(frame), Columns("products")
    found.take("id", log.roles.get("product"))
    found.take("title", log.roles.get("title"))
    for key in ("category", "aisle", "brand", "gtin", "group"):
        match = next((c for w in guess_names.PRODUCTS[key] for c in names if plain(c) == w), None)
        used = match in log.roles.values()
        found.take(key, None if used else match, "the log says it of a product")
    if "id" not in found.roles or not {"category", "aisle", "brand"} & set(found.roles):
        return None
    found.ignored = [name for name in names if name not in found.roles.values()]
    return found


def data_columns(frame: pl.DataFrame) -> list[str]:
    """Return the columns that the file has."""
    return [name for name in frame.columns if name != LINE]


def _fits(column: pl.Series, key: str) -> bool:
    """Whether values can be what the name says; only what can be checked is."""
    text = ids(column).drop_nulls()
    if not text.len():
        return key not in {"id", "user", "product"}
    if key == "time":
        time, position = times(column)
        return max(time.count(), position.count()) >= 0.9 * text.len()
    if key in {"quantity", "rating"}:
        return numbers(column).count() >= 0.9 * text.len()
    if key == "gtin":
        return gtins(text).count() >= 0.5 * text.len()
    return True


def _products(frame: pl.DataFrame, found: Columns) -> None:
    columns = [name for name in data_columns(frame) if name not in found.ignored]
    for name in columns:
        text = ids(frame[name]).drop_nulls()
        if text.n_unique() >= 5 and gtins(text).count() >= 0.95 * text.len():
            found.take("gtin", name, "by its check digits")
    unique = _unique(frame)
    found.take("id", next(iter(unique), None), "the first column whose values are all different")
    free = [name for name in columns if name not in found.roles.values()]
    words = {name: _words(frame[name]) for name in free if name not in found.attributes}
    if words and max(words.values()) > 1.5:
        found.take("title", max(words, key=lambda name: words[name]), "the column with most words")
    paths = (name for name in free if ids(frame[name]).str.contains(r"\S > \S").mean() == 1)
    found.take("category", next(paths, None), "its values read like paths")


def _events(frame: pl.DataFrame, found: Columns) -> None:
    free = [name for name in data_columns(frame) if name not in found.ignored]
    if "time" not in found.roles:
        dated = (name for name in free if _is_dates(frame[name]))
        found.take("time", next(dated, None), "its values are dates")
    free = [name for name in free if name not in found.roles.values()]
    repeated = [name for name in free if 1 < frame[name].n_unique() < frame.height]
    for key in ("product", "user"):
        rest = [name for name in repeated if name not in found.roles.values()]
        most = max(rest, key=lambda name: frame[name].n_unique(), default=None)
        found.take(key, most, "a column whose values come back; nothing else says so")
    rest = [name for name in free if name not in found.roles.values()]
    for key in ("product", "user"):
        found.take(key, next(iter(rest), None), "a column that is left; nothing else says so")
        rest = rest[1:]
    if "product" not in found.roles and "title" in found.roles:
        found.roles["product"] = found.roles["title"]
        found.unsure["product"] = "no ids: products are told apart by their titles"


def _unique(frame: pl.DataFrame) -> list[str]:
    """Return columns that are filled and different in every row, those of few words first."""
    full = [c for c in data_columns(frame) if ids(frame[c]).n_unique() == frame.height]
    full = [name for name in full if frame[name].null_count() == 0]
    return sorted(full, key=lambda name: _words(frame[name]) > 1.5)


def _words(column: pl.Series) -> float:
    mean = ids(column).drop_nulls().str.split(" ").list.len().mean()
    return mean if isinstance(mean, float) else 0.0


def _has_dates(frame: pl.DataFrame) -> bool:
    return any(_is_dates(frame[name]) for name in data_columns(frame))


def _is_dates(column: pl.Series) -> bool:
    text = ids(column.head(1000)).drop_nulls()
    if not text.len() or numbers(text).count() > text.len() / 2:
        return False
    return times(text)[0].count() >= 0.9 * text.len()


def _is_attribute(column: pl.Series, name: str) -> bool:
    text = ids(column).drop_nulls()
    if plain(name) in guess_names.ATTRIBUTES:
        return True
    if text.len() < 10 or numbers(text).count() > text.len() / 2:
        return False
    return text.n_unique() <= MOST_VALUES * text.len() and _words(column) <= 4
