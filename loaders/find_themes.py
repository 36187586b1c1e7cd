"""Themes of one shop: words that the taxonomy does not know and that dress many kinds of goods."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

Phrase = tuple[str, ...]

MINIMUM = 5
"""Titles that a theme must be in."""

SPREAD = 4.0
"""Effective number of head nouns (exp of their entropy) that a theme must dress."""

COLLOCATION = 0.5
"""Share of the rarer word's uses that must stand in a pair for the pair to be one phrase."""


@dataclass(frozen=True)
class FreeWords:
    """What is unexplained in a title: its words, None where something explained stands."""

    words: tuple[str | None, ...]
    head: str


def themes(titles: Sequence[FreeWords]) -> dict[Phrase, float]:
    """Propose themes: phrase of one to three words -> confidence in (0, 1].

    A pair is one phrase when it is :data:`COLLOCATION` of the uses of its rarer word and stands
    in :data:`MINIMUM` titles. A phrase is a theme when the titles with it have an effective
    number exp(H) of head nouns of at least :data:`SPREAD`, H their entropy. Its confidence is
    1 - 1 / (2 (1 + ln(exp(H) / SPREAD) + ln(n / MINIMUM))), n the titles with it.
    """
    heads: dict[Phrase, Counter[str]] = defaultdict(Counter)
    joined = collocations(titles)
    for title in titles:
        for said in free_phrases(title, joined):
            heads[said][title.head] += 1
    found: dict[Phrase, float] = {}
    for said, counts in heads.items():
        titles_with = counts.total()
        if titles_with < MINIMUM:
            continue
        entropy = -sum(n / titles_with * math.log(n / titles_with) for n in counts.values())
        if math.exp(entropy) >= SPREAD:
            strength = entropy - math.log(SPREAD) + math.log(titles_with / MINIMUM)
            found[said] = 1 - 0.5 / (1 + strength)
    return found


def collocations(titles: Sequence[FreeWords]) -> frozenset[tuple[str, str]]:
    """Return the pairs of neighbouring words that are one phrase."""
    alone: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for title in titles:
        alone.update({one for one in title.words if one})
        pairs.update(
            {
                (one, other)
                for one, other in zip(title.words, title.words[1:], strict=False)
                if one and other
            }
        )
    return frozenset(
        pair
        for pair, count in pairs.items()
        if count >= MINIMUM and count >= COLLOCATION * min(alone[pair[0]], alone[pair[1]])
    )


def free_phrases(title: FreeWords, joined: frozenset[tuple[str, str]]) -> set[Phrase]:
    """Cut a title's unexplained words into phrases: neighbours that belong together stay so."""
    found: set[Phrase] = set()
    current: list[str] = []
    for one in (*title.words, None):
        if current and (one is None or len(current) == 3 or (current[-1], one) not in joined):
            found.add(tuple(current))
            current = []
        if one is not None:
            current.append(one)
    return found
