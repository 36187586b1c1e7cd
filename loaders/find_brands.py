"""Brands that the feed names for some products, found in the titles of those that lack one."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from crossaisle.graph.catalogue import PRODUCT_ATTRIBUTES
from crossaisle.loaders.find_words import words

BRAND = "brand"
SURE = 0.8
"""Least confidence with which a brand is given."""

PRIOR = 2.0
"""Titles that a brand's own share of right ones is pulled towards all brands' share with."""

LONGEST = 6
"""Words of a brand's name at most; longer ones are companies' full names, which no title says."""

Said = tuple[str, ...]


def brands_in_titles(products: pl.DataFrame, attributes: pl.DataFrame) -> pl.DataFrame:
    """Return the brands of products without one: the catalogue's product attributes.

    In the titles of products whose brand is known, each brand's name is right so many times of
    those that it is said; a word that is rather a colour or a kind of goods than a brand is mostly
    wrong there. Names at the head of a title (h) are right more often than those further on.
    Confidence of brand b at the place h:

        (right_b + PRIOR share_h) / (said_b + PRIOR),   share_h = SUM_b right_b,h / SUM_b said_b,h

    The longest name at a place counts, the surest of a title is taken, from :data:`SURE` on. A
    brand that the feed never names is not found: nothing tells it from any other word. Nor is one
    in an aisle without any brand: there nothing tells how often such words are right.

    Args:
        products: ``id``, ``title``, ``aisle`` (may be null).
        attributes: the catalogue's, with ``brand`` where the feed gives one.
    """
    given = attributes.filter(pl.col("kind") == BRAND).unique("product", keep="first")
    names: dict[Said, str] = {}
    for value in given["value"].value_counts(sort=True)["value"].sort().to_list():
        said = tuple(words(value))
        if said and len(said) <= LONGEST:
            names.setdefault(said, value)
    brand_of = dict(given.select("product", "value").iter_rows())
    titles = products.select("id", pl.col("title", "aisle").fill_null("")).rows()
    branded = {aisle for product, _, aisle in titles if product in brand_of}
    told: Counter[tuple[Said, bool]] = Counter()
    right: Counter[tuple[Said, bool]] = Counter()
    open_titles = []
    for product, title, aisle in titles:
        found = list(_named(words(title), names))
        if product not in brand_of:
            if found and aisle in branded:
                open_titles.append((product, found))
            continue
        true = tuple(words(brand_of[product]))
        for at in found:
            told[at] += 1
            right[at] += at[0] == true
    share = {
        head: sum(n for at, n in right.items() if at[1] == head)
        / max(sum(n for at, n in told.items() if at[1] == head), 1)
        for head in (True, False)
    }

    def confidence(at: tuple[Said, bool]) -> float:
        anywhere = ((at[0], True), (at[0], False))
        alike, all_of = sum(right[one] for one in anywhere), sum(told[one] for one in anywhere)
        return (alike + PRIOR * share[at[1]]) / (all_of + PRIOR)

    rows = []
    for product, found in open_titles:
        best = max(found, key=confidence)
        if confidence(best) >= SURE:
            rows.append((product, BRAND, names[best[0]], "title", confidence(best)))
    return pl.DataFrame(rows, schema=dict(PRODUCT_ATTRIBUTES), orient="row")


def _named(said: list[str], names: dict[Said, str]) -> Iterator[tuple[Said, bool]]:
    """Brands that a title says: the name, and whether the title begins with it."""
    place = 0
    while place < len(said):
        for length in range(min(LONGEST, len(said) - place), 0, -1):
            one = tuple(said[place : place + length])
            if one in names:
                yield one, place == 0
                place += length
                break
        else:
            place += 1
