"""Categories of titles: which names of the taxonomy a title holds, and where its head noun is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from crossaisle.loaders.find_names import Names

CUTS = {"with", "in", "on", "for", "of", "from", "by", "to", "at", "and"} | set(",;:()|")
"""What ends the noun phrase that names the product: prepositions and signs."""

DRESS = {"design", "style", "shape", "shaped", "pattern", "print", "assorted", "set", "pack", "new"}
"""Words that tell how a product looks or is packed, never what it is."""

PACKS = {"set", "pack", "box", "bag", "pair", "case", "tin", "lot", "bundle"}

Spot = tuple[int, str]  # a word and its place in the title

FIRST_HEAD, INNER_HEAD, BODY, LATER = 1.0, 0.8, 0.4, 0.3
"""Weight of a name by where it ends: at the end of the first noun phrase, before a word that can
only begin a new description (LUNCH BAG | RED RETROSPOT), within it, behind a preposition."""


MOTIF = 0.7
"""Weight, of its own, that a motif keeps as head when goods stand before it: lights, mushrooms."""

LOOSE = 0.4
"""Weight of a name that shares no more than the head noun: many such names are a hint together."""

INSIDE = 0.6
"""Weight of a name inside a longer one that ends at the same word: a key ring is no ring."""


DEPTH = 0.05
"""What a level more costs a name: of two alike, the general one is meant."""


@dataclass(frozen=True)
class Parsed:
    """A title's words without signs and numbers of pieces.

    weights: of a name that ends at that word; places: where it is in ``words(title)``.
    """

    words: tuple[str, ...]
    weights: tuple[float, ...]
    places: tuple[int, ...]

    @property
    def head(self) -> str:
        """The word that names the product most probably, or "" for a title without words."""
        return self.words[self.head_at] if self.words else ""

    @property
    def head_at(self) -> int:
        """Where the head is in ``words``."""
        return self.weights.index(max(self.weights))


@dataclass(frozen=True)
class Lexicon:
    """What single words can be.

    modifiers describe; those of them in looks (colours, sizes) never end a name, while others do
    (cake tin, wine glass). motifs are pictured on goods (apple, star); goods are neither and end
    most names of the taxonomy that hold them (card, light).
    """

    modifiers: frozenset[str] = frozenset()
    looks: frozenset[str] = frozenset()
    motifs: frozenset[str] = frozenset()
    goods: frozenset[str] = frozenset()


def parse(said_words: list[str], lexicon: Lexicon) -> Parsed:
    """Find the places where the name of the product can end, in the words of a title.

    CARD PSYCHEDELIC APPLES: where the last word is a motif, goods before it can be the head too.
    """
    modifiers = lexicon.modifiers
    said: list[str] = []
    weights: list[float] = []
    places: list[int] = []
    for number, spots in enumerate(_phrases(_without_packs(said_words))):
        part = [one for _, one in spots]
        end = len(part)
        while end > 1 and (part[end - 1] in lexicon.looks or _is_code(part[end - 1])):
            end -= 1
        motif = part[end - 1] in lexicon.motifs
        goods = [place for place in range(end - 1) if motif and part[place] in lexicon.goods]
        for place, one in enumerate(part):
            if number:
                weight = LATER
            elif place == end - 1:
                weight = MOTIF if goods else FIRST_HEAD
            elif place in goods[-1:] or (
                place < end and part[place + 1] in modifiers and one not in modifiers
            ):
                weight = INNER_HEAD
            else:
                weight = BODY
            if one in modifiers and not (place == end - 1 and number == 0):
                weight *= 0.5
            said.append(one)
            weights.append(weight)
            places.append(spots[place][0])
    return Parsed(tuple(said), tuple(weights), tuple(places))


def _phrases(said: Sequence[Spot]) -> list[list[Spot]]:
    parts: list[list[Spot]] = [[]]
    for at, one in said:
        if one in CUTS and parts[-1]:
            parts.append([])
        elif one[0].isalnum() and one not in CUTS:
            parts[-1].append((at, one))
    return [part for part in parts if part]


def _without_packs(said: list[str]) -> list[Spot]:
    """Drop "set of 6", "pack of 12", "set/3", "box of 4": a number says how many, not what."""
    kept: list[Spot] = []
    place = 0
    while place < len(said):
        skip = 0
        if said[place] in PACKS:
            after = place + 1
            if after < len(said) and said[after] in ("of", "/"):
                after += 1
            if after < len(said) and said[after].isdigit():
                skip = after + 1 - place
        if not skip and said[place].isdigit():
            skip = 1
        if not skip:
            kept.append((place, said[place]))
        elif place:
            kept.append((place, ","))
        place += skip or 1
    return kept


def _is_code(one: str) -> bool:
    return one[0].isdigit() or len(one) == 1


def candidates(parsed: Parsed, names: Names) -> dict[int, float]:
    """Score the categories whose names the title holds: category row -> about 0 to 2.

    A whole name of n words that ends at place j scores weight_j (1 + .35 (n - 1)); a name whose
    last word is in the title, and of whose other words enough are, scores
    weight_j * (idf of the words in the title / idf of the name)^2. Words of the category's
    ancestors in the title speak for it (.06 each, two at most), its depth against it (DEPTH a
    level): "mirror" alone is no toy for birds.
    """
    found = _candidates(parsed, names)
    wider = _rewritten(parsed, names)
    if wider != parsed:
        for row, score in _candidates(wider, names).items():
            found[row] = max(found.get(row, 0.0), 0.95 * score)
    held = set(parsed.words)
    for row in found:
        depth = names.paths[row].count(" > ") - 1
        found[row] += 0.06 * min(2, len(held & names.context[row])) - DEPTH * depth
    return found


def _rewritten(parsed: Parsed, names: Names) -> Parsed:
    """Exchange each kind for what it is a kind of: tea light holder -> candle holder."""
    said: list[str] = []
    weights: list[float] = []
    places: list[int] = []
    start = 0
    while start < len(parsed.words):
        for length in range(min(3, len(parsed.words) - start), 0, -1):
            meant = names.rewrites.get("".join(parsed.words[start : start + length]))
            if meant:
                break
        part = meant or parsed.words[start : start + 1]
        said.extend(part)
        weights.extend([parsed.weights[start + length - 1]] * len(part))
        places.extend([parsed.places[start]] * len(part))
        start += length
    return Parsed(tuple(said), tuple(weights), tuple(places))


def _candidates(parsed: Parsed, names: Names) -> dict[int, float]:
    found: dict[int, float] = {}
    held = set(parsed.words)
    last_place = parsed.head_at if parsed.words else -1
    for end in range(1, len(parsed.words) + 1):
        last = parsed.words[end - 1]
        weight = parsed.weights[end - 1] * (0.4 + 0.6 * names.headness.get(last, 1.0))
        for length in range(min(names.longest, end), 0, -1):
            rows = names.exact.get("".join(parsed.words[end - length : end]), {})
            for row, strength in rows.items():
                score = strength * weight * (1 + 0.35 * (length - 1))
                found[row] = max(found.get(row, 0.0), score)
            if rows:
                weight *= INSIDE
        for row in names.heads.get(last, ()):
            share = max(
                _share(said, held, names) for said in names.phrases[row] if said[-1] in held
            )
            near = max(share**2 if share > 0.5 else 0.0, LOOSE * (last_place == end - 1))
            if near:
                found[row] = max(found.get(row, 0.0), 0.95 * weight * near)
    return found


def _share(said: tuple[str, ...], held: set[str], names: Names) -> float:
    total = sum(names.idf[one] for one in said)
    return sum(names.idf[one] for one in said if one in held) / total if total else 0.0


def softmax(scores: dict[int, float], sharpness: float, nothing: float) -> dict[int, float]:
    """Turn scores into shares, against the score ``nothing`` of "none of them"."""
    powers = {row: math.exp(sharpness * score) for row, score in scores.items()}
    total = sum(powers.values()) + math.exp(sharpness * nothing)
    return {row: power / total for row, power in powers.items()}


def name_places(parsed: Parsed, row: int, names: Names) -> frozenset[int]:
    """Return the places of the words that name the product: its category's name, or the head."""
    if not parsed.words:
        return frozenset()
    best = (0.0, parsed.head_at, 1)
    for end in range(1, len(parsed.words) + 1):
        for length in range(1, min(names.longest, end) + 1):
            rows = names.exact.get("".join(parsed.words[end - length : end]), {})
            if row in rows:
                best = max(best, (parsed.weights[end - 1] * length, end - 1, length))
    _, last, length = best
    return frozenset(parsed.places[last - length + 1 : last + 1])
