import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossaisle.loaders.find import find
from crossaisle.loaders.find_chinese import chinese_values, is_chinese, segment, terms
from crossaisle.loaders.taxonomy import load_taxonomy


def frame(*titles: str) -> pl.DataFrame:
    return pl.DataFrame({"id": [str(at) for at in range(len(titles))], "title": list(titles)})


def pairs(title: str, *, edible: bool = False) -> set[tuple[str, str]]:
    return {(v.kind, v.value) for v in chinese_values(title, segment(title), edible=edible)}


@pytest.mark.parametrize(
    ("title", "end"),
    [
        ("红色陶瓷马克杯", "Mugs"),
        ("红酒杯", "Wine Glasses"),
        ("男士黑色真皮钱包", "Wallets & Money Clips"),
        ("薰衣草香薰蜡烛 200克", "Candles"),
        ("登山背包 大号", "Backpacks"),
        ("草莓图案手提包", "Handbags"),
        ("猫粮 2公斤", "Cat Food"),
    ],
)
def test_the_head_is_the_last_name(title: str, end: str) -> None:
    known = dict(load_taxonomy().categories.select("id", "path").iter_rows())
    found = find(frame(title, title)).categories
    assert known[found["taxonomy_id"][0]].endswith(end)


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("红色陶瓷马克杯", {("colour", "red"), ("material", "ceramic")}),
        ("白衬衫 纯棉", {("colour", "white"), ("material", "cotton")}),
        ("木质相框 20x30厘米", {("material", "wood"), ("size", "20x30cm")}),
        ("保湿面霜 500毫升", {("size", "500 ml")}),
        ("保湿面霜 0.5升", {("size", "500 ml")}),
        ("竹制筷子 10双", {("material", "bamboo"), ("quantity", "10")}),
        ("心形项链 银色", {("pattern", "heart"), ("colour", "silver")}),
        ("蓝牙耳机", set()),
        ("红酒杯", set()),
    ],
)
def test_values(title: str, wanted: set[tuple[str, str]]) -> None:
    assert pairs(title) == wanted


@pytest.mark.parametrize("title", ["不含巧克力饼干", "无巧克力饼干", "零巧克力饼干"])
def test_what_is_denied_is_not_there(title: str) -> None:
    assert ("flavour", "chocolate") in pairs("巧克力饼干", edible=True)
    assert pairs(title, edible=True) == set()


def test_a_flavour_of_what_nobody_eats_is_a_motif() -> None:
    assert pairs("草莓图案手提包") == {("theme", "strawberry")}
    assert pairs("草莓味酸奶", edible=True) == {("flavour", "strawberry")}


def test_a_chinese_shop_reads_chinese_and_an_english_one_english() -> None:
    chinese = find(frame("红色陶瓷马克杯", "银色项链", "Red mug"))
    assert chinese.categories.filter(id="0")["path"][0].startswith("家居与园艺")
    assert "红色" in chinese.attributes["value"]
    english = find(frame("红色陶瓷马克杯", "Silver necklace", "Red mug"))
    assert english.categories.filter(id="0")["path"][0].endswith("Mugs")
    assert set(english.attributes.filter(id="0")["value"]) == {"red", "ceramic"}


def test_plain_terms_name_categories_that_exist() -> None:
    assert all(rows for rows in terms().names.values())


@given(st.text(alphabet="红色陶瓷马克杯T恤ab 12，/无糖", max_size=30))
def test_segments_are_the_title(title: str) -> None:
    assert "".join(segment(title)).lower() == "".join(title.split()).lower()


def test_one_han_character_is_not_chinese() -> None:
    assert is_chinese("红色")
    assert not is_chinese("Kanji 愛 mug")
    assert not is_chinese("")
