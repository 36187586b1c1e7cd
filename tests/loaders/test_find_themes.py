from crossaisle.loaders.find_themes import SPREAD, FreeWords, abbreviations, collocations, themes

HEADS = ["mug", "bag", "plate", "tin", "clock", "card", "jar", "box"]


def title(*said: str | None, head: str, values: tuple[int, ...] = ()) -> FreeWords:
    return FreeWords(said, frozenset(values), frozenset(), head)


def test_a_word_on_many_kinds_of_goods_is_a_theme() -> None:
    found = themes([title("retrospot", None, head=head) for head in HEADS])
    assert list(found) == [("retrospot",)]
    assert 0.5 < found[("retrospot",)] < 1


def test_a_word_of_one_kind_of_goods_is_none() -> None:
    assert themes([title("espresso", None, head="cup") for _ in range(50)]) == {}


def test_a_rare_word_is_none() -> None:
    assert themes([title("retrospot", None, head=head) for head in HEADS[:4]]) == {}


def test_words_that_stay_together_are_one_theme() -> None:
    said = [title("dolly", "girl", None, head=head, values=(1,)) for head in HEADS]
    said += [title("girl", None, head=head, values=(0,)) for head in HEADS[:3]]
    assert collocations(said) == {("dolly", "girl")}
    assert list(themes(said)) == [("dolly", "girl")]


def test_a_word_that_is_mostly_the_head_is_a_thing() -> None:
    said = [title("parasol", None, head=head) for head in HEADS]
    said += [title(None, head="parasol") for _ in range(20)]
    assert themes(said) == {}


def test_spread_counts_effective_heads() -> None:
    lopsided = [title("retrospot", head="mug") for _ in range(100)]
    lopsided += [title("retrospot", head=head) for head in HEADS]
    assert SPREAD > 1.6  # exp(entropy) of 101 to 1, seven times, is below 1.6
    assert themes(lopsided) == {}


def test_a_short_beginning_of_a_commoner_word_is_an_abbreviation() -> None:
    said = [["ant", "mug"], ["antique", "owl"], ["antique", "bowl"], ["owl", "owlet"], ["owl"]]
    assert abbreviations(said) == {"ant"}
