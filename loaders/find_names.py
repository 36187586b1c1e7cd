"""The taxonomy's names as phrases that a title can hold."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from crossaisle.loaders.find_words import english, is_plural, word, words
from crossaisle.loaders.taxonomy import Taxonomy, load_taxonomy, parent_paths

NOT_GOODS = ("bu", "gc", "na", "pa", "se", "so")
"""Verticals that no physical shop article belongs to: bundles, gift cards, services, software."""

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """Phrases to categories. A *key* is a phrase written without spaces: tea cup = teacup.

    exact: key -> {category row: weight in (0, 1]}.
    heads: last word -> rows of the names that end so.
    phrases: category row -> its phrases.
    rewrites: key -> the wider phrase that it is a kind of (tea light -> candle).
    idf: word -> ln(names / names with it).
    headness: word -> share of its names that it ends.
    context: words of each category's ancestors. lineage: rows of its ancestors, the verticals
    left out, and itself. longest: words of the longest key that titles are searched for.
    """

    exact: dict[str, dict[int, float]]
    heads: dict[str, list[int]]
    phrases: dict[int, list[Phrase]]
    rewrites: dict[str, Phrase]
    idf: dict[str, float]
    headness: dict[str, float]
    longest: int
    context: list[frozenset[str]]
    lineage: list[tuple[int, ...]]
    paths: list[str]
    ids: list[str]


def split_name(name: str) -> list[str]:
    """Split a name of several things into single ones, with what they share.

    >>> split_name("Hair Pins, Claws & Clips")
    ['Hair Pins', 'Hair Claws', 'Hair Clips']
    >>> split_name("Candle & Oil Warmers")
    ['Candle Warmers', 'Oil Warmers']
    """
    parts = [part.strip() for part in re.split(r",\s*&|,|&|/", name) if part.strip()]
    if len(parts) == 1:
        return parts
    first, last = parts[0].split(), parts[-1].split()
    whole = []
    for part in parts:
        single = len(part.split()) == 1
        if single and len(last) > 1 and not is_plural(part.lower()):
            whole.append(" ".join([part, *last[1:]]))
        elif single and part != parts[0] and len(first) > 1:
            whole.append(" ".join([*first[:-1], part]))
        else:
            whole.append(part)
    return whole


def phrase(name: str) -> Phrase:
    """Return a name's words, without signs."""
    return tuple(one for one in words(name) if one[0].isalnum())


@cache
def taxonomy_names() -> Names:
    """Index the names of the taxonomy's categories that goods can have."""
    return _index(load_taxonomy())


def _index(taxonomy: Taxonomy) -> Names:
    exact: dict[str, dict[int, float]] = defaultdict(dict)
    phrases: dict[int, list[Phrase]] = {}
    rows = list(zip(*(taxonomy.categories[name] for name in ("id", "name", "level")), strict=True))
    for row, (key, name, level) in enumerate(rows):
        if key.split("-")[0] in NOT_GOODS or level == 1:
            continue
        phrases[row] = [said for part in split_name(name) if (said := phrase(part))]
        for said in phrases[row]:
            exact["".join(said)][row] = 1.0
    paths = list(zip(taxonomy.categories["path"], taxonomy.categories["name"], strict=True))
    everything = [said for some in phrases.values() for said in some]
    heads: dict[str, list[int]] = defaultdict(list)
    for row, some in phrases.items():
        for said in some:
            heads[said[-1]].append(row)
    rewrites = _add_kinds(exact, taxonomy, {key: row for row, (key, _, _) in enumerate(rows)})
    _add_synonyms(exact, rewrites)
    rewrites = {key: rewrites.get("".join(meant), meant) for key, meant in rewrites.items()}
    row_of = {path: row for row, (path, _) in enumerate(paths)}
    return Names(
        exact=dict(exact),
        heads=dict(heads),
        phrases=phrases,
        rewrites=rewrites,
        idf=_idf(everything),
        headness=_headness(everything),
        longest=4,
        context=[frozenset(phrase(path)) - set(phrase(name)) for path, name in paths],
        lineage=[tuple(row_of[above] for above in parent_paths(path)[1:]) for path, _ in paths],
        paths=taxonomy.categories["path"].to_list(),
        ids=taxonomy.categories["id"].to_list(),
    )


def _add_synonyms(exact: dict[str, dict[int, float]], rewrites: dict[str, Phrase]) -> None:
    for said, meant in english()["synonym"].items():
        rewrites["".join(phrase(said))] = phrase(meant)
        rows = exact.get("".join(phrase(meant)), {})
        for row, weight in rows.items():
            known = exact["".join(phrase(said))]
            known[row] = max(known.get(row, 0.0), 0.95 * weight)


def _add_kinds(
    exact: dict[str, dict[int, float]], taxonomy: Taxonomy, row_of: dict[str, int]
) -> dict[str, Phrase]:
    """Let the values of "Candle type" name candles: tea light, pillar candle."""
    rewrites: dict[str, Phrase] = {}
    values: dict[str, list[str]] = defaultdict(list)
    for attribute, name in taxonomy.values.select("attribute", "name").iter_rows():
        values[attribute].append(name)
    for key, attributes in taxonomy.categories.select("id", "attributes").iter_rows():
        row = row_of[key]
        if key.split("-")[0] in NOT_GOODS:
            continue
        for attribute in attributes:
            stem, _, ending = attribute.rpartition("_")
            noun = tuple(word(part) for part in stem.split("_"))
            if ending not in ("type", "style", "design") or not _names(taxonomy, row, noun):
                continue
            for value in values[attribute]:
                said = phrase(value)
                if said and said != ("other",):
                    exact["".join((*said, *noun))].setdefault(row, 0.9)
                    if len(said) == 1 or ending != "type":
                        continue  # "polka dots" is a design of much, a kind of nothing
                    if "".join(said) not in exact:
                        rewrites["".join(said)] = noun
                    exact["".join(said)].setdefault(row, 0.7)
    return rewrites


def _names(taxonomy: Taxonomy, row: int, noun: Phrase) -> bool:
    name = taxonomy.categories["name"][row]
    return any(phrase(part)[-len(noun) :] == noun for part in split_name(name))


def _idf(phrases: Iterable[Phrase]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    total = 0
    for said in phrases:
        counts.update(set(said))
        total += 1
    return {one: math.log(total / count) for one, count in counts.items()}


def _headness(phrases: Iterable[Phrase]) -> dict[str, float]:
    seen: Counter[str] = Counter()
    last: Counter[str] = Counter()
    for said in phrases:
        seen.update(set(said))
        last[said[-1]] += 1
    return {one: last[one] / count for one, count in seen.items()}
