"""``crossaisle graph inspect``: files to a mapping, with remarks on what it is unsure of."""

import json
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from crossaisle.loaders import guess_names
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
from crossaisle.loaders.mapping import preset_names
from crossaisle.loaders.read import read_all
from crossaisle.loaders.rows import LoadError, Rows
from crossaisle.loaders.values import ids

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


@dataclass
class _File:
    path: str
    form: str
    frame: pl.DataFrame
    found: Columns
    preset: str | None
    settings: dict[str, Any]


def inspect(paths: list[str]) -> str:
    """Return a mapping file (TOML) for some files; loading by it works as it stands.

    Raises:
        LoadError: a file cannot be read, or none of them holds products or events.
    """
    known = [file for path in paths for file in _files(path)]
    _join_ids(known)
    lines = ["# What crossaisle took these files for. Lines with a question mark want a look.", ""]
    sections: dict[str, list[_File]] = {}
    for file in known:
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
            lines += _section(section, sections[section], sections)
    return "\n".join(lines)


def _files(path: str) -> list[_File]:
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
        return [_File(path, "triples", rows.frame, Columns("triples"), None, {})]
    header = header_of(rows.frame.head(SAMPLE)) if rows.has_header else ()
    if header:
        rows = read_all((path,), header=header)[0]
        found = guess(rows.frame, section_of(rows.frame.head(SAMPLE)))
        return [_File(path, "auto", rows.frame, found, None, {"header": list(header)})]
    ending = Path(bare(path)).suffix
    if ending in _RECBOLE:
        section = _RECBOLE[ending]
        if section in {"triples", "link"}:
            return [_File(path, "recbole", rows.frame, Columns(section), None, {})]
        found = guess(rows.frame, section)
        return [_File(path, "recbole", rows.frame, found, None, {})]
    match = _best_preset(set(names))
    if match:
        return [_as_preset(path, *match, rows=rows)]
    section = section_of(rows.frame.head(SAMPLE))
    return [_File(path, "auto", rows.frame, guess(rows.frame, section), None, {})]


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


def _as_preset(path: str, name: str, section: str, rows: Rows | None = None) -> _File:
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
    return _File(path, form, frame, rest, name, kept_settings)


def _join_ids(known: list[_File]) -> None:
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


def _section(section: str, group: list[_File], sections: dict[str, list[_File]]) -> list[str]:
    first = group[0]
    alike = [
        one for one in group if one.found.roles == first.found.roles and one.form == first.form
    ]
    lines = [f"[{section}]"]
    if first.preset:
        lines.append(f"# columns as in the preset {first.preset}")
    lines.append(f"path = {_value([one.path for one in alike] if len(alike) > 1 else first.path)}")
    lines += [
        f"# ? {one.path} looks like {section} too, but has other columns"
        for one in group
        if one not in alike
    ]
    if first.form not in {"auto", "recbole"} and "format" not in first.settings:
        lines.append(f"format = {_value(first.form)}")
    for key, value in first.settings.items():
        why = "no line of names: guessed by place and values" if key == "header" else None
        lines.append(f"{key} = {_value(value)}{_remark(why)}")
    if section == "triples":
        return [*lines, *_triples(first, sections), ""]
    for key, column in first.found.roles.items():
        value = column if column.startswith('["') else _value(column)
        lines.append(f"{key} = {value}{_remark(first.found.unsure.get(key))}")
    missing = {k: why for k, why in first.found.unsure.items() if k not in first.found.roles}
    lines += [f"# ? {key}: {why}" for key, why in missing.items()]
    if section == "products":
        lines += _product_lists(first)
    if section == "users" and first.found.ignored:
        lines.append(f"columns = {_value(first.found.ignored)}")
    if section == "events":
        lines += _event_extras(first, sections)
    return [*lines, ""]


def _product_lists(file: _File) -> list[str]:
    lines = []
    roles = file.found.roles
    if (
        "category" in roles
        and "category_separator" not in file.settings
        and roles["category"][0] != "["
    ):
        text = ids(file.frame[roles["category"]].head(SAMPLE)).drop_nulls()
        dotted = text.str.contains(r"^[A-Za-z][\w-]*(\.[\w-]+)+$")
        counts = {sep: text.str.contains(sep, literal=True).sum() for sep in (">", "|", "/", ";")}
        counts["."] = dotted.sum()
        best = max(counts, key=lambda sep: counts[sep])
        if file.form == "recbole" and not counts[best]:  # its header says: tokens, blanks between
            lines += ['category_separator = " "', 'category_order = "set"']
        elif counts[best] and best != ">":
            lines.append(f"category_separator = {_value(best)}{_remark('seen in its values')}")
    if file.found.attributes:
        lines.append(f"attributes = {_value(file.found.attributes)}")
    if file.found.ignored:
        lines.append(
            f"ignore = {_value(file.found.ignored)}  # not used: move what matters to attributes"
        )
    return lines


def _event_extras(file: _File, sections: dict[str, list[_File]]) -> list[str]:
    roles, lines = file.found.roles, []
    if "type" in roles and "purchases" not in file.settings:
        kinds = ids(file.frame[roles["type"]]).drop_nulls().unique().sort().to_list()
        bought = [kind for kind in kinds if guess_names.plain(kind) in guess_names.PURCHASES]
        if not bought and len(kinds) > 1:
            shown = ", ".join(kinds)[:80]
            lines.append(f"# ? purchases: all events count; if not, list some of {shown}")
        if bought and len(bought) < len(kinds):
            lines.append(
                f"purchases = {_value(bought)}{_remark('others: ' + ', '.join(kinds)[:80])}"
            )
    if "product" in roles and "products" not in sections and "title" not in roles:
        lines.append(f"title = {_value(roles['product'])}{_remark('no file names the products')}")
    if "products" in sections and "title" in roles and file.preset is None:
        lines.append("# products have a file of their own: the title here is not used")
    return lines


def _triples(file: _File, sections: dict[str, list[_File]]) -> list[str]:
    names = data_columns(file.frame)
    lines = [
        f"{key} = {_value(name)}"
        for key, name in zip(("head", "relation", "tail"), names, strict=False)
    ]
    if "link" in sections:
        link = sections["link"][0]
        item, entity = data_columns(link.frame)[:2]
        lines += [
            f"link = {_value(link.path)}",
            f"link_product = {_value(item)}",
            f"link_entity = {_value(entity)}",
        ]
    relations = ids(file.frame[names[1]]).value_counts(sort=True).head(20)[names[1]].to_list()
    shown = ", ".join(str(name) for name in relations)[:200]
    lines += [
        f"# ? relations are {shown}",
        '# ? names = {"0" = "director"} names them; categories = ["1"] are those of categories',
    ]
    return lines


def _remark(why: str | None) -> str:
    return f"  # ? {why}" if why else ""


def _value(value: object) -> str:
    """Write a TOML value: its strings are JSON's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
