"""Themes of one shop: words that the taxonomy does not know and that dress many kinds of goods."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Phrase = tuple[str, ...]

MINIMUM = 5
"""Titles that a theme must be in."""

SPREAD = 4.0
"""Effective number of head nouns (exp of their entropy) that a theme must dress."""

COLLOCATION = 0.5
"""Share of the rarer word's uses that must stand in a pair for the pair to be one phrase."""

HEAD = 0.25
"""A word that is the head noun in more of its titles than this share is a thing, not a theme."""

LONGEST = 3

SHORT = 4
"""Letters of the longest word that may be an abbreviation."""


@dataclass(frozen=True)
class FreeWords:
    """A title for the search of themes.

    words: None where a sign or something well explained stands (the product's name, a colour).
    values: places of attribute values, which are part of a theme only beside other words (DOLLY
    *GIRL*); common: places of words that the taxonomy often uses, which are no theme alone
    (TEA). head: the head noun.
    """

    words: tuple[str | None, ...]
    values: frozenset[int]
    common: frozenset[int]
    head: str


def themes(titles: Sequence[FreeWords]) -> dict[Phrase, float]:
    """Propose themes: phrase of one to three words -> confidence in (0, 1).

    Neighbours are one phrase when they stand together in :data:`MINIMUM` titles and in
    :data:`COLLOCATION` of the titles of the rarer one. A phrase is a theme when the titles with
    it have an effective number exp(H) of head nouns of at least :data:`SPREAD`, H their entropy.
    Its confidence is 1 - 1 / (2 (1 + ln(exp(H) / SPREAD) + ln(n / MINIMUM))), n its titles.
    """
    heads: dict[Phrase, Counter[str]] = defaultdict(Counter)
    as_head = Counter(title.head for title in titles)
    joined = collocations(titles)
    for title in titles:
        for said in free_phrases(title, joined):
            heads[said][title.head] += 1
    found: dict[Phrase, float] = {}
    for said, counts in heads.items():
        count = counts.total()
        if count < MINIMUM or as_head[said[-1]] > HEAD / (1 - HEAD) * count:
            continue
        entropy = -sum(n / count * math.log(n / count) for n in counts.values())
        if math.exp(entropy) >= SPREAD:
            strength = entropy - math.log(SPREAD) + math.log(count / MINIMUM)
            found[said] = 1 - 0.5 / (1 + strength)
    return found


def abbreviations(titles: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the words of up to :data:`SHORT` letters that a word as common begins with.

    ANT beside ANTIQUE, DES beside DESIGN: cut off, not a motif.
    """
    counts: Counter[str] = Counter()
    for said in titles:
        counts.update({one for one in said if one.isalpha()})
    found = set()
    for one, count in counts.items():
        starts = {one[:end] for end in range(2, min(SHORT, len(one) - 1) + 1)}
        found |= {start for start in starts if 0 < counts[start] <= count}
    return frozenset(found)


def collocations(titles: Sequence[FreeWords]) -> frozenset[tuple[str, str]]:
    """Return the pairs of neighbouring words that are one phrase."""
    alone: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for title in titles:
        alone.update({one for one in title.words if one})
        pairs.update({(one, other) for one, other in pairwise(title.words) if one and other})
    return frozenset(
        pair
        for pair, count in pairs.items()
        if count >= MINIMUM and count >= COLLOCATION * min(alone[pair[0]], alone[pair[1]])
    )


def free_phrases(
    title: FreeWords, joined: frozenset[tuple[str, str]], longest: int = LONGEST
) -> dict[Phrase, tuple[int, int]]:
    """Cut a title into phrases, neighbours that belong together in one: phrase -> (start, end).

    A phrase has at most ``longest`` words.
    """
    found: dict[Phrase, tuple[int, int]] = {}
    current: list[str] = []
    for place, one in enumerate((*title.words, None)):
        whole = len(current) == longest or (current and (current[-1], one) not in joined)
        if current and (one is None or whole):
            start = place - len(current)
            weak = title.values if len(current) > 1 else title.values | title.common
            if not weak.issuperset(range(start, place)):
                found.setdefault(tuple(current), (start, place))
            current = []
        if one is not None:
            current.append(one)
    return found
