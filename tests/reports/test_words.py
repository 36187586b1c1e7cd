from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.fusion.terms import Explanation, Kind, Path, PathNode, Term
from crossaisle.reports import ReportError, reasons

CANDIDATE = PathNode("Product", "ID-9", "PAPER NAPKINS")
BAG, TIN = PathNode("Product", "ID-1", "LUNCH BAG"), PathNode("Product", "ID-2", "CAKE TIN")
MUG = PathNode("Product", "ID-3", "TEA MUG")
SPOT = PathNode("Attribute", "theme=retrospot", "RETROSPOT")
PINK = PathNode("Attribute", "colour=pink", "pink")
TOYS = PathNode("Category", "ID-7", "Play > Toys")
HAS, IN, WITH, LEARNED = "HAS_ATTRIBUTE", "IN_CATEGORY", "BOUGHT_WITH", "LEARNED"

Form = tuple[Kind, tuple[PathNode | str, ...], int | None, str, str]
FORMS: list[Form] = [
    (
        "people",
        (WITH,),
        14,
        "14 people who bought Lunch Bag also bought this.",
        "Against it: people who bought Lunch Bag buy this less often than others.",
    ),
    (
        "people",
        (WITH,),
        4,
        "People who bought Lunch Bag also bought this.",
        "Against it: people who bought Lunch Bag buy this less often than others.",
    ),
    (
        "people",
        (WITH, MUG, WITH),
        None,
        "People who bought Lunch Bag often buy Tea Mug, whose buyers often buy this.",
        "Against it: you bought Lunch Bag; that goes with Tea Mug, whose buyers seldom buy this.",
    ),
    (
        "attribute",
        (HAS, SPOT, HAS),
        None,
        "Because you bought Lunch Bag, which shares the theme Retrospot with this.",
        "Against it: you bought Lunch Bag, and having chosen the theme Retrospot once, people "
        "seldom choose it again here.",
    ),
    (
        "category",
        (IN, TOYS, IN),
        None,
        "Because you bought Lunch Bag, which is in the same category: Toys.",
        "Against it: you bought Lunch Bag, and people seldom buy again from Toys here.",
    ),
    (
        "text",
        ("SIMILAR_TEXT",),
        None,
        "Its description is much like that of Lunch Bag, which you bought.",
        "Against it: its description is much like that of Lunch Bag, which you bought.",
    ),
    (
        "image",
        ("SIMILAR_IMAGE",),
        None,
        "It looks like Lunch Bag, which you bought.",
        "Against it: it looks like Lunch Bag, which you bought.",
    ),
    (
        "bridge",
        (HAS, PINK, LEARNED, SPOT, HAS),
        None,
        "You bought Lunch Bag: people who choose the colour pink there tend to choose the theme "
        "Retrospot here.",
        "Against it: you bought Lunch Bag, and people who choose the colour pink there seldom "
        "choose the theme Retrospot here.",
    ),
    (
        "bridge",
        (IN, TOYS, LEARNED),
        None,
        "You bought Lunch Bag: people who choose things from Toys there tend to choose this here.",
        "Against it: you bought Lunch Bag, and people who choose things from Toys there seldom "
        "choose this here.",
    ),
    (
        "bridge",
        (LEARNED, SPOT, HAS),
        None,
        "People who bought Lunch Bag tend to choose the theme Retrospot here.",
        "Against it: people who bought Lunch Bag seldom choose the theme Retrospot here.",
    ),
    (
        "bridge",
        (LEARNED,),
        None,
        "People who bought Lunch Bag tend to like things such as this.",
        "Against it: people who bought Lunch Bag seldom like things such as this.",
    ),
]


def explained(*terms: Term, bias: float = -1.0, rest: float = 0.0) -> Explanation:
    score = bias + rest + sum(term.contribution for term in terms)
    return Explanation("ID-0", CANDIDATE.id, score, bias, terms, rest)


def term(
    size: float, kind: Kind, start: PathNode, *middle: PathNode | str, count: int | None = None
) -> Term:
    path: Path = (start, *middle, CANDIDATE)
    return Term(size, kind, start.id, path, count)


@pytest.mark.parametrize(("kind", "middle", "count", "speaks_for", "against"), FORMS)
def test_every_kind_of_sentence(
    kind: Kind, middle: tuple[PathNode | str, ...], count: int | None, speaks_for: str, against: str
) -> None:
    assert reasons(explained(term(0.4, kind, BAG, *middle, count=count))) == [speaks_for]
    told = reasons(explained(term(-0.4, kind, BAG, *middle, count=count)))
    assert told == ["No reason in your history: it is popular here.", against]


@pytest.mark.parametrize(("kind", "middle", "count", "speaks_for", "against"), FORMS)
def test_every_kind_of_sentence_in_chinese(
    kind: Kind, middle: tuple[PathNode | str, ...], count: int | None, speaks_for: str, against: str
) -> None:
    (told,) = reasons(explained(term(0.4, kind, BAG, *middle, count=count)), lang="zh")
    assert "“Lunch Bag”" in told
    assert told.endswith("。")
    assert ("14" in told) == (count == 14)
    _, told = reasons(explained(term(-0.4, kind, BAG, *middle, count=count)), lang="zh")
    assert told.startswith("减分项：")


def test_products_that_share_a_bridge_are_told_in_one_sentence() -> None:
    both = explained(
        term(0.2, "attribute", TIN, HAS, SPOT, HAS), term(0.4, "attribute", BAG, HAS, SPOT, HAS)
    )
    assert reasons(both) == [
        "Because you bought Lunch Bag and Cake Tin, which share the theme Retrospot with this."
    ]


def test_counts_of_several_products_are_never_added_up() -> None:
    people = explained(
        term(0.4, "people", BAG, WITH, count=31),
        term(0.3, "people", TIN, WITH, count=2),
        term(0.2, "people", MUG, WITH, count=9),
    )
    assert reasons(people) == [
        "This was also bought by people who bought Lunch Bag (31 people), Cake Tin and "
        "Tea Mug (9 people)."
    ]


def test_fewer_people_than_allowed_are_not_counted() -> None:
    people = explained(term(0.4, "people", BAG, WITH, count=14))
    assert reasons(people, fewest=15) == ["People who bought Lunch Bag also bought this."]
    one = explained(term(0.4, "people", BAG, WITH, count=1))
    assert reasons(one, fewest=1) == ["1 person who bought Lunch Bag also bought this."]


def test_what_speaks_for_it_comes_first_and_the_limit_holds() -> None:
    mixed = explained(
        term(-0.9, "category", TIN, IN, TOYS, IN),
        term(0.5, "text", BAG, "SIMILAR_TEXT"),
        term(0.1, "bridge", MUG, LEARNED),
    )
    told = reasons(mixed, limit=2)
    assert len(told) == 2
    assert told[0].startswith("Its description")
    assert told[1].startswith("Against it")


def test_without_terms_it_is_popular_or_the_sum_of_many(shop: SimpleNamespace) -> None:
    assert reasons(shop.popular()) == ["No reason in your history: it is popular here."]
    many = explained(bias=0.1, rest=0.7)
    assert reasons(many) == ["No single purchase stands out: many small reasons add up."]
    assert reasons(explained(bias=-2.0, rest=0.7)) == reasons(many)
    for bias, rest in ((0.7, 0.1), (-2.0, 0.001), (-2.0, 0.0), (-2.0, -0.5)):
        assert reasons(explained(bias=bias, rest=rest)) == reasons(shop.popular())


def test_a_product_without_a_title_is_not_called_by_its_identifier() -> None:
    nameless = [PathNode("Product", f"ID-{n}", name) for n, name in ((4, ""), (5, "ID-5"))]
    terms = [term(0.2, "attribute", node, HAS, SPOT, HAS) for node in (BAG, *nameless)]
    assert reasons(explained(*terms)) == [
        "Because you bought Lunch Bag and 2 products without a title, which share the theme "
        "Retrospot with this."
    ]


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (PathNode("Attribute", "brand=x1", "Nike"), "the brand Nike"),
        (PathNode("Attribute", "size=s/m", "s/m"), "the size s/m"),
        (PathNode("Attribute", "age_group=adult", "adult"), "the age group adult"),
        (PathNode("Attribute", "8841", "Nike"), "shares Nike with"),
    ],
)
def test_kinds_of_attributes_are_words(node: PathNode, said: str) -> None:
    assert said in reasons(explained(term(0.2, "attribute", BAG, HAS, node, HAS)))[0]


def test_braces_in_titles_are_only_text() -> None:
    odd = PathNode("Product", "ID-8", "Mug {count} {0.__class__}")
    (told,) = reasons(explained(term(0.2, "text", odd, "SIMILAR_TEXT")))
    assert "Mug {count} {0.__class__}" in told


def test_unknown_language_is_a_sentence() -> None:
    with pytest.raises(ReportError, match="choose one of en, zh"):
        reasons(explained(), lang="tlh")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(FORMS),
            st.sampled_from([BAG, TIN, MUG]),
            st.floats(-1, 1).filter(bool),
        ),
        max_size=8,
    ),
    st.integers(1, 5),
    st.sampled_from(["en", "zh"]),
)
def test_no_identifier_is_ever_said(
    parts: list[
        tuple[tuple[Kind, tuple[PathNode | str, ...], int | None, str, str], PathNode, float]
    ],
    limit: int,
    lang: str,
) -> None:
    terms = [term(size, form[0], start, *form[1], count=form[2]) for form, start, size in parts]
    told = reasons(explained(*terms), lang, limit)
    assert 1 <= len(told) <= limit
    assert not any("ID-" in sentence or "=retro" in sentence for sentence in told)
    assert not any("{" in sentence for sentence in told)


def test_terms_of_no_weight_are_no_reason(shop: SimpleNamespace) -> None:
    tiny = shop.walk(1e-5, "people", "22423", "BOUGHT_WITH", to="21080", count=14)
    found = shop.explained("u", "21080", -8.0, 1e-6, tiny)
    assert reasons(found) == ["No reason in your history: it is popular here."]
    assert reasons(found, "zh") == ["这件商品在这里本来就很受欢迎，与您的购买记录无关。"]
    many = shop.explained("u", "21080", -8.0, 0.5, tiny)
    assert reasons(many) == ["No single purchase stands out: many small reasons add up."]
