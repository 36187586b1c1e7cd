"""``crossaisle graph inspect``: files to a mapping, with remarks on what it is unsure of."""

import json
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from crossaisle.loaders.formats import bare
from crossaisle.loaders.guess_columns import (
    SAMPLE,
    Columns,
    data_columns,
    guess,
    products_of_log,
    section_of,
)
from crossaisle.loaders.guess_header import header_of
from crossaisle.loaders.guess_joins import join_column
from crossaisle.loaders.join import beside
from crossaisle.loaders.mapping import preset_names
from crossaisle.loaders.read import read_all
from crossaisle.loaders.rows import LoadError, Rows
from crossaisle.loaders.values import ids
from crossaisle.loaders.write_mapping import File, mapping_section

ENOUGH = 0.6
"""Share of a file's columns that a preset names: from here on the file is taken for its kind."""
_LISTS = ("attributes", "ignore", "purchases", "reject", "path")
_PLAIN = ("category_separator", "category_alternatives", "category_order", "attribute_separator",
          "aisle_level", "find", "uppercase_products", "purchases")  # fmt: skip
_RECBOLE = {
    ".inter": "events",
    ".item": "products",
    ".user": "users",
    ".kg": "triples",
    ".link": "link",
}


def inspect(paths: list[str]) -> str:
    """Return a mapping file (TOML) for some files; loading by it works as it stands.

    Raises:
        LoadError: a file cannot be read, or none of them holds products or events.
    """
    known = _joined([file for path in paths for file in _files(path)])
    _join_ids(known)
    lines = ["# What crossaisle took these files for. Lines with a question mark want a look.", ""]
    sections: dict[str, list[File]] = {}
    logs = any(file.found.section == "events" for file in known)
    for file in known:
        if logs and file.found.section == "products" and "id" not in file.found.roles:
            lines.insert(1, f"# ? {file.path} is not used: no column was taken for a product's id")
        else:
            sections.setdefault(file.found.section, []).append(file)
    if "products" not in sections:
        for log in sections.get("events", [])[:1]:
            found = None if log.preset else products_of_log(log.frame, log.found)
            if found:
                sections["products"] = [replace(log, found=found)]
    if not {"products", "events"} & sections.keys():
        raise LoadError("none of these files holds products or events: name one that does")
    for section in ("products", "events", "users", "triples"):
        if section in sections:
            lines += mapping_section(section, sections[section], sections)
    return "\n".join(lines)


def _files(path: str) -> list[File]:
    """Read one file and say what it is; GA4's log is products and events at once."""
    rows = read_all((path,))[0]
    names = data_columns(rows.frame)
    path = path if path == "-" else str(Path(path).resolve())
    if {"event_name", "items"} <= set(names):
        return [_as_preset(path, "ga4", section) for section in ("products", "events")]
    if {"Handle", "Title"} <= set(names) and any(name.startswith("Variant") for name in names):
        return [_as_preset(path, "shopify", "products")]
    if _is_headless(rows):
        rows = read_all((path,), form="triples")[0]
        return [File(path, "triples", rows.frame, Columns("triples"), None, {})]
    header = header_of(rows.frame.head(SAMPLE)) if rows.has_header else ()
    if header:
        rows = read_all((path,), header=header)[0]
        found = guess(rows.frame, section_of(rows.frame.head(SAMPLE)))
        return [File(path, "auto", rows.frame, found, None, {"header": list(header)})]
    ending = Path(bare(path)).suffix
    if ending in _RECBOLE:
        section = _RECBOLE[ending]
        if section in {"triples", "link"}:
            return [File(path, "recbole", rows.frame, Columns(section), None, {})]
        found = guess(rows.frame, section)
        return [File(path, "recbole", rows.frame, found, None, {})]
    match = _best_preset(set(names))
    if match:
        return [_as_preset(path, *match, rows=rows)]
    section = section_of(rows.frame.head(SAMPLE))
    return [File(path, "auto", rows.frame, guess(rows.frame, section), None, {})]


def _is_headless(rows: Rows) -> bool:
    """Whether the first line is a triple of numbers, not a header."""
    names = data_columns(rows.frame)
    return len(names) == 1 and len(names[0].split()) == 3 and names[0].replace(" ", "").isdigit()


def _preset_section(name: str, section: str) -> dict[str, Any]:
    content = (files("crossaisle.loaders") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(content).get(section, {})
    return found


def _named(settings: dict[str, Any]) -> dict[str, list[str]]:
    """Return the columns that a preset's section names, by key."""
    skipped = {*_PLAIN, *_LISTS, "format", "optional", "encoding"}
    return {
        key: value if isinstance(value, list) else [value]
        for key, value in settings.items()
        if key not in skipped
    }


def _best_preset(names: set[str]) -> tuple[str, str] | None:
    """Return the preset and section that name most of a file's columns, if they name enough."""
    best = (ENOUGH, "", "")
    for name in preset_names():
        for section in ("products", "events"):
            settings = _preset_section(name, section)
            named = _named(settings)
            must = [named.get(key, [key])[0] for key in _ids_of(section)]
            listed = {column for columns in named.values() for column in columns}
            listed |= {*settings.get("attributes", ()), *settings.get("ignore", ())}
            if settings and set(must) <= names and len(names & listed) >= 3:
                best = max(best, (len(names & listed) / len(names), name, section))
    return (best[1], best[2]) if best[1] else None


def _ids_of(section: str) -> tuple[str, ...]:
    return ("id", "title") if section == "products" else ("user", "product")


def _as_preset(path: str, name: str, section: str, rows: Rows | None = None) -> File:
    settings = _preset_section(name, section)
    form = settings.get("format", "auto")
    frame = (rows or read_all((path,), form=form)[0]).frame
    present = set(frame.columns)
    found = Columns(section)
    for key, columns in _named(settings).items():
        kept = [column for column in columns if column in present]
        if kept:
            found.roles[key] = kept[0] if len(kept) == 1 else json.dumps(kept)
    found.attributes = [c for c in settings.get("attributes", ()) if c in present]
    used = {column for columns in _named(settings).values() for column in columns}
    found.ignored = [c for c in settings.get("ignore", ()) if c in present and c not in used]
    extra = frame.select(c for c in frame.columns if c not in used)
    rest = guess(
        extra, section, Columns(section, dict(found.roles), found.attributes, found.ignored)
    )
    kept_settings = {key: settings[key] for key in _PLAIN if key in settings}
    kept_settings |= {"format": form} if form != "auto" else {}
    return File(path, form, frame, rest, name, kept_settings)


def _joined(known: list[File]) -> list[File]:
    """Lay tables beside those that they tell more of, and guess these anew."""
    laid: set[int] = set()
    plain = [file for file in known if file.form == "auto" and not file.preset]
    for file in plain:
        for other in plain:
            if other is file or {id(file), id(other)} & laid:
                continue
            column = join_column(file.frame, other.frame)
            if column:
                laid.add(id(other))
                keys = other.frame.with_columns(ids(other.frame[column]).alias("_key"))
                file.frame = beside(file.frame, column, keys)
                file.joins += ((other, column),)
                file.found = guess(file.frame, section_of(file.frame.head(SAMPLE)))
    return [file for file in known if id(file) not in laid]


def _join_ids(known: list[File]) -> None:
    """Let values decide which columns join products to events, where names do not say it."""
    feeds = [file for file in known if file.found.section == "products"]
    logs = [file for file in known if file.found.section == "events"]
    if not feeds or not logs or feeds[0].preset or logs[0].preset:
        return
    feed, log = feeds[0], logs[0]
    values = {name: set(ids(feed.frame[name]).drop_nulls()) for name in data_columns(feed.frame)}
    best = (0.5, "", "")
    for name in data_columns(log.frame):
        said = set(ids(log.frame[name].head(SAMPLE)).drop_nulls())
        for column, held in values.items():
            if said and len(held) == feed.frame.height:  # an id is different in every row
                named = (log.found.roles.get("product") == name) + (
                    feed.found.roles.get("id") == column
                )
                best = max(best, (len(said & held) / len(said) + named * 0.01, name, column))
    share, name, column = best
    if not column:
        key, bought = feed.found.roles.get("id", ""), log.found.roles.get("product", "")
        told = set(ids(log.frame[bought].head(SAMPLE))) if bought else set()
        if key and told and not told & values.get(key, set()):
            feed.found.unsure["id"] = "none of the log's products is in it: is this the feed?"
    why = f"{min(share, 1):.0%} of the log's values are in the feed"
    _settle(log.found, "product", name, why)
    _settle(feed.found, "id", column, why)
    if "user" not in log.found.roles:
        log.found = guess(log.frame, "events", Columns("events", dict(log.found.roles)))


def _settle(found: Columns, key: str, column: str, why: str) -> None:
    """Make ``column`` the ``key`` of a table, whatever it was taken for."""
    was = found.roles.get(key)
    if not column:
        return
    if key in found.unsure or was != column:
        found.unsure[key] = why
    found.roles = {k: c for k, c in found.roles.items() if c != column} | {key: column}
    was = was if was != column else None
    found.attributes = [c for c in found.attributes if c != column]
    found.ignored = [c for c in found.ignored if c != column] + ([was] if was else [])
