"""Themes of Chinese titles: planted ones come out, goods and what shops say of anything do not."""

import polars as pl
import pytest

from crossaisle.loaders.find import find
from crossaisle.loaders.find_chinese import segment
from crossaisle.loaders.find_chinese_themes import chinese_themes

GOODS = ["马克杯", "书包", "抱枕", "拼图", "雨伞", "蜡烛", "毛巾", "地毯", "T恤"]


def proposed(titles: list[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    rows = chinese_themes([(str(at), segment(title)) for at, title in enumerate(titles)])
    for product, kind, value, confidence, source in rows:
        assert (kind, source) == ("theme", "inferred")
        assert 0.5 <= confidence < 1
        found.setdefault(value, set()).add(int(product))
    return found


@pytest.mark.parametrize("theme", ["小猪佩奇", "冰雪奇缘", "哆啦A梦", "星空"])
def test_characters_that_stay_together_on_many_goods_are_a_theme(theme: str) -> None:
    titles = [f"{theme}{good} 红色" for good in GOODS] + [f"蓝色{good}" for good in GOODS]
    assert proposed(titles) == {theme: set(range(len(GOODS)))}


def test_several_in_one_shop_are_told_apart() -> None:
    titles = [f"儿童{theme}{good}" for theme in ("小猪佩奇", "冰雪奇缘") for good in GOODS]
    assert set(proposed(titles)) == {"小猪佩奇", "冰雪奇缘"}


def test_what_is_on_one_kind_of_goods_is_none() -> None:
    assert proposed([f"梵高星月{GOODS[0]} {number}号" for number in range(20)]) == {}


def test_what_shops_say_of_anything_is_none() -> None:
    assert proposed([f"新款创意{good}" for good in GOODS]) == {}


def test_a_rare_one_is_none() -> None:
    assert proposed([f"小猪佩奇{good}" for good in GOODS[:4]]) == {}


def test_they_are_attributes_of_the_catalogue() -> None:
    titles = [f"小猪佩奇{good}" for good in GOODS] + [f"红色{good}" for good in GOODS]
    products = pl.DataFrame({"id": [f"p{n}" for n in range(len(titles))], "title": titles})
    found = find(products).attributes.filter(pl.col("source") == "inferred")
    assert set(found["id"]) == {f"p{n}" for n in range(len(GOODS))}
    assert set(found["value"]) == {"小猪佩奇"}
