import pytest

from crossaisle.loaders.find_attributes import title_values


def pairs(title: str, *, edible: bool = False) -> set[tuple[str, str]]:
    return {(one.kind, one.value) for one in title_values(title, edible=edible)}


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("RED CERAMIC BOWL", {("colour", "red"), ("material", "ceramic")}),
        ("Grey wooden stool", {("colour", "gray"), ("material", "wood")}),
        ("Rose gold ring", {("colour", "rose gold")}),
        ("Stainless steel kettle", {("material", "stainless steel")}),
        ("Birthday candles", {("occasion", "birthday")}),
        ("Paisley scarf", {("pattern", "paisley")}),
        ("SET OF 6 PLATES", {("quantity", "6")}),
        ("SET/3 BOXES", {("quantity", "3")}),
        ("PACK OF 72 CAKE CASES", {("quantity", "72")}),
        ("4 VANILLA CANDLES", {("quantity", "4"), ("theme", "vanilla")}),
        ("Cushion 40 x 40 cm", {("size", "40x40cm")}),
        ("Shampoo 500 ml", {("size", "500 ml")}),
        ("Shampoo 0.5 liter", {("size", "500 ml")}),
        ("Shampoo, 10 oz", {("size", "283 g")}),
        ("Shampoo 10-Ounce", {("size", "283 g")}),
        ("Ice tea 16.9 fl. oz", {("size", "500 ml")}),
        ("Ice tea 16.9 Fluid Ounce", {("size", "500 ml")}),
        ("6 x 3 cm label", {("size", "6x3cm")}),
        ("5 FT GARLAND", {("size", "152 cm")}),
        ("50'S GIFT BAG", set()),
        ("Model 17095 kettle", set()),
    ],
)
def test_values(title: str, wanted: set[tuple[str, str]]) -> None:
    assert pairs(title) >= wanted
    assert not {kind for kind, _ in pairs(title)} - {kind for kind, _ in wanted} or wanted == set()
    if not wanted:
        assert pairs(title) == set()


def test_longest_wins() -> None:
    assert ("colour", "gold") not in pairs("Rose gold ring")
    assert ("flavour", "rose") not in pairs("Rose gold ring")


@pytest.mark.parametrize("title", ["Cotton free gloves", "No cotton gloves", "Cotton-less gloves"])
def test_what_is_denied_is_not_there(title: str) -> None:
    assert ("material", "cotton") not in pairs(title)


def test_an_orange_is_a_colour_unless_it_is_eaten_or_smelt() -> None:
    assert ("colour", "orange") in pairs("Orange bowl")
    assert ("flavour", "orange") in pairs("Orange juice", edible=True)
    assert ("flavour", "orange") in pairs("Orange scented soap")
    assert ("colour", "orange") not in pairs("Orange scented soap")


def test_a_value_said_twice_counts_once() -> None:
    values = title_values("Red and red bowl", edible=False)
    assert [one.value for one in values].count("red") == 1


def test_a_motif_of_what_nobody_eats_is_a_theme() -> None:
    assert pairs("Strawberry purse") == {("theme", "strawberry")}
    assert ("flavour", "strawberry") in pairs("Strawberry yoghurt", edible=True)


def test_two_that_stand_together_are_of_one_kind() -> None:
    assert pairs("Cinnamon & orange wreath") == {("flavour", "cinnamon"), ("flavour", "orange")}
    assert ("colour", "orange") in pairs("Pink & orange wreath")


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Hanging strawbery", ("theme", "strawberry")),
        ("Fuschia bowl", ("colour", "fuchsia")),
        ("Cinammon candle", ("theme", "cinnamon")),
    ],
)
def test_common_misspellings_are_understood(title: str, wanted: tuple[str, str]) -> None:
    assert wanted in pairs(title)


@pytest.mark.parametrize("title", ["Simmer down", "Marbel bowl", "Summary"])
def test_other_words_are_no_misspelling(title: str) -> None:
    assert pairs(title) == set()


def test_a_value_of_two_words_is_found_written_as_one() -> None:
    assert pairs("Rosegold ring") == pairs("Rose gold ring") == {("colour", "rose gold")}


def test_a_tin_to_put_things_in_is_no_metal() -> None:
    assert pairs("First aid tin") == pairs("Incense in tin") == set()
    assert pairs("Tin bucket") == {("material", "tin")}


def test_grammar_says_what_no_list_has() -> None:
    assert pairs("Bag suki design") == {("theme", "suki")}
    assert pairs("Opium scented candle") == {("flavour", "opium")}
    assert pairs("Ocean scent candle") == {("flavour", "ocean")}
    assert pairs("New design bag") == set()
