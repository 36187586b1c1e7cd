"""Names for the columns of a file whose first line is a row already."""

import polars as pl

from crossaisle.loaders.rows import LINE
from crossaisle.loaders.values import ids, numbers, times

FEW = 12
"""Different values that kinds of events, or stars, have at the most."""
MOST_STARS = 10


def header_of(frame: pl.DataFrame) -> tuple[str, ...]:
    """Guess names by place and values; none where the first line does name the columns.

    A line is a row when its first field, or half of its fields, are numbers. A column of moments
    is the time, one of few numbers up to ten the rating, one of few words the type; of what is
    left, a column that differs in every row is a product's id, else the user comes before the
    product, as in the logs that are published.
    """
    names = [name for name in frame.columns if name != LINE]
    counted = numbers(pl.Series(names)).is_not_null()
    if len(names) < 2 or not (counted[0] or counted.sum() * 2 >= len(names)):
        return ()
    found = [_by_values(frame[name]) for name in names]
    first = ids(frame[names[0]])
    if first.n_unique() == frame.height and "time" not in found:
        found = ["id"] + [None] * (len(names) - 1)
        words = [ids(frame[name]).str.split(" ").list.len().mean() or 0 for name in names]
        longest = max(range(1, len(names)), key=lambda k: words[k])
        found[longest] = "title"
        places = ["category"]
    else:
        places = ["user", "product", "category"]
        if found.count(None) < 2 and "type" in found:  # a log has a product before it has types
            found[found.index("type")] = None
    for k, _ in enumerate(names):
        if found[k] is None and places:
            found[k] = places.pop(0)
    taken = [name for name in found if name]
    clear = [name if name and taken.count(name) == 1 else None for name in found]
    return tuple(name or f"column {k}" for k, name in enumerate(clear, start=1))


def _by_values(column: pl.Series) -> str | None:
    text = ids(column).drop_nulls()
    if not text.len():
        return None
    number = numbers(text)
    kinds = text.n_unique()
    if times(text)[0].count() >= 0.9 * text.len():
        return "time"
    if number.count() == text.len():
        low, high = number.min(), number.max()
        stars = isinstance(low, float) and isinstance(high, float) and 0 <= low < high
        return "rating" if stars and high <= MOST_STARS and kinds <= FEW else None  # type: ignore[operator]
    return "type" if kinds <= FEW and kinds * 10 <= text.len() else None
