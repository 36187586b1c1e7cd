"""Guesses written as sections of a mapping file, with remarks."""

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from crossaisle.loaders import guess_names
from crossaisle.loaders.guess_columns import SAMPLE, Columns, data_columns
from crossaisle.loaders.values import ids


@dataclass
class File:
    """One file and what it was taken for."""

    path: str
    form: str
    frame: pl.DataFrame
    found: Columns
    preset: str | None
    settings: dict[str, Any]
    joins: tuple[tuple["File", str], ...] = ()


def mapping_section(section: str, group: list[File], sections: dict[str, list[File]]) -> list[str]:
    """Return the lines of one section; files that do not fit the first are told of."""
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
    for other, column in first.joins:
        lines += [
            "",
            f"[[{section}.join]]",
            f"path = {_value(other.path)}",
            f"on = {_value(column)}",
        ]
    return [*lines, ""]


def _product_lists(file: File) -> list[str]:
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


def _event_extras(file: File, sections: dict[str, list[File]]) -> list[str]:
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


def _triples(file: File, sections: dict[str, list[File]]) -> list[str]:
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
