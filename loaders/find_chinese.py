"""Chinese titles: cut by longest match over the taxonomy's own terms, the head noun last."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crossaisle.loaders.find_attributes import KINDS, Value
from crossaisle.loaders.find_categories import DEPTH
from crossaisle.loaders.find_names import phrase, taxonomy_names
from crossaisle.loaders.taxonomy import load_taxonomy
from crossaisle.loaders.units import quantity as in_common_unit

_FILE = Path(__file__).parent / "taxonomy" / "chinese.tsv"
_HAN = re.compile(r"[\u3400-\u9fff]")
_PIECE = re.compile(r"[A-Za-z]?[\u3400-\u9fff]+|[^\W\u3400-\u9fff_]+|[^\w\s]")
_NOT_SO = ("无", "不含", "免", "零", "非", "不")
_LAST, _EARLIER, _LETTER = 1.0, 0.45, 0.04
"""Weight of a name at the end of its phrase, of an earlier one, and of each letter that it has."""

_SHADES = set("红橙黄绿蓝紫粉白黑灰棕")
"""One character that is a colour before a known term: 白衬衫."""

_LONGEST = 10
_COUNTED = re.compile(
    r"(\d{1,4})\s*[个件只支片包盒套条双瓶枚张本块袋粒颗卷罐](?:装|套|入)?(?![\u3400-\u9fff]*[高宽])"
)
_MEASURED = re.compile(
    r"(\d+(?:\.\d+)?(?:\s*[x×*]\s*\d+(?:\.\d+)?){0,2})\s*"
    r"(厘米|公分|毫米|毫升|千克|公斤|升|克|米|寸|(?:cm|mm|ml|kg|g|l|oz)(?![A-Za-z]))",
    re.IGNORECASE,
)
_UNITS = {"厘米": "cm", "公分": "cm", "毫米": "mm", "毫升": "ml", "千克": "kg", "公斤": "kg"}
_UNITS |= {"升": "l", "克": "g", "米": "m", "寸": "inch"}


@dataclass(frozen=True)
class Terms:
    """What can stand in a Chinese title.

    values: term -> (kind, value in English, small letters). names: term -> category rows.
    """

    values: dict[str, tuple[str, str]]
    names: dict[str, tuple[int, ...]]


def is_chinese(text: str) -> bool:
    """Whether a text is written in Chinese: at least two Han characters."""
    return len(_HAN.findall(text)) > 1


@cache
def terms() -> Terms:
    """Return the taxonomy's terms, and plain ones of chinese.tsv, which come first."""
    values: dict[str, tuple[str, str]] = {}
    names: dict[str, set[int]] = defaultdict(set)
    taxonomy, goods = load_taxonomy(), taxonomy_names()
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row in goods.phrases:
        rows_of[taxonomy.categories["name"][row]].append(row)
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, said, meant = line.split("\t")
            if kind == "name":
                names[said].update(rows_of[meant])
            else:
                values[said] = (kind, meant)
    plain = set(names)
    for row in goods.phrases:
        for said in _parts(taxonomy.categories["name_zh"][row]):
            if said not in plain and said not in values and len(said) > 1:
                names[said].add(row)
    for said, value in _taxonomy_values():
        values.setdefault(said, value)
    return Terms(values, {said: tuple(sorted(rows)) for said, rows in names.items()})


def _taxonomy_values() -> Iterator[tuple[str, tuple[str, str]]]:
    values = load_taxonomy().values
    for kind, attributes in KINDS:
        fitting = values.filter(values["attribute"].str.contains(f"^(?:{attributes})$"))
        for english, chinese in fitting.select("name", "name_zh").iter_rows():
            meant = " ".join(phrase(re.split(r"[(/]", english)[0]))
            if meant in ("", "other", "all", "custom"):
                continue
            for said in _parts(chinese):
                if len(said) > 1 and (kind != "colour" or said.endswith("色")):  # 红酒 is a wine
                    yield said, (kind, meant)


@cache
def chinese_for() -> dict[tuple[str, str], str]:
    """Return what a value is called in Chinese: (kind, value in English) -> the first term."""
    found: dict[tuple[str, str], str] = {}
    for said, meant in terms().values.items():
        found.setdefault(meant, said)
    return found


def in_words_of(chinese: bool, kind: str, value: str) -> str:
    """Return a value as the shop's readers say it: in Chinese, or as it is."""
    if not chinese:
        return value
    named = chinese_for()
    return named.get((kind, value), named.get(("flavour", value), value))


def _parts(name: str) -> list[str]:
    parts = re.split(r"[/、()（）&,，]|和|与", name)
    return [said for part in parts if _HAN.search(said := part.strip()) and len(said) <= _LONGEST]


def segment(text: str) -> list[str]:
    """Cut a title: the longest known term at each place, else one character; other scripts whole.

    >>> segment("红色陶瓷马克杯 2件")
    ['红色', '陶瓷', '马克杯', '2', '件']
    """
    known = terms()
    pieces: list[str] = []
    for run in _PIECE.findall(text):
        if not _HAN.search(run):
            pieces.append(run.lower())
            continue
        place = 0
        while place < len(run):
            length = min(_LONGEST, len(run) - place)
            while length > 1 and not _is_known(run[place : place + length], known):
                length -= 1
            pieces.append(run[place : place + length])
            place += length
    return pieces


def _is_known(said: str, known: Terms) -> bool:
    return said in known.values or said in known.names


def is_term(said: str) -> bool:
    """Whether a piece is a value or a name of goods, or a shade before one."""
    return _is_known(said, terms()) or said in _SHADES


def chinese_candidates(pieces: Sequence[str]) -> dict[int, float]:
    """Score the categories whose names are in a title: category row -> about 0 to 1.3.

    The last name before a sign or the end is the head (1.0), earlier ones describe (.45); each
    character adds .04 and each level of depth costs as in English.
    """
    known, goods = terms(), taxonomy_names()
    found: dict[int, float] = {}
    heads = heads_of(pieces)
    for place, one in enumerate(pieces):
        weight = _LAST if place in heads else _EARLIER
        for row in known.names.get(one, ()):
            depth = goods.paths[row].count(" > ") - 1
            score = weight + _LETTER * len(one) - DEPTH * depth
            found[row] = max(found.get(row, 0.0), score)
    return found


def _plain(number: str) -> str:
    return re.sub(r"[×*]", "x", "".join(number.lower().split()))


def heads_of(pieces: Sequence[str]) -> set[int]:
    """Return the last name of each run; one that can be a motif (玫瑰) only if it is alone."""
    known = terms().values
    heads = set()
    for run in _runs(pieces):
        goods = [place for place in run if pieces[place] not in known] or run
        heads |= set(goods[-1:])
    return heads


def _runs(pieces: Sequence[str]) -> list[list[int]]:
    """Return the places of names, between signs."""
    runs: list[list[int]] = [[]]
    for place, one in enumerate(pieces):
        if not one[0].isalnum():
            runs.append([])
        elif one in terms().names:
            runs[-1].append(place)
    return runs


def chinese_values(text: str, pieces: Sequence[str], *, edible: bool) -> list[Value]:
    """Find the attribute values of a Chinese title, each (kind, value) once.

    A word after 无, 不含, 免 ... is denied. Where nothing is eaten or smelt, a flavour is a motif.
    """
    known = terms()
    found: list[Value] = []
    names = heads_of(pieces)
    for place, said in enumerate(pieces):
        after = pieces[place + 1 : place + 2]
        shade = said in _SHADES and bool(after) and _is_known(after[0], known)
        one = f"{said}色" if shade else said
        if one not in known.values or place in names:
            continue
        denied = "".join(pieces[max(0, place - 2) : place]).endswith(_NOT_SO)
        kind, value = known.values[one]
        if kind == "flavour" and not edible:
            kind = "theme"
        if not denied:
            found.append(Value(kind, value, 0.9, place, place + 1))
    found += [
        Value("size", in_common_unit(_plain(number) + _UNITS.get(unit, unit.lower())), 0.95)
        for number, unit in _MEASURED.findall(text)
    ]
    counts = [int(number) for number in _COUNTED.findall(text)]
    found += [Value("quantity", str(count), 0.9) for count in counts if count > 1]
    return list({(one.kind, one.value): one for one in reversed(found)}.values())[::-1]
