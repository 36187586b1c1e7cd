import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossaisle.loaders.taxonomy import SEPARATOR, load_taxonomy, parent_paths, path_in


def test_every_category_hangs_where_its_path_says() -> None:
    categories = load_taxonomy().categories
    path_of = dict(categories.select("id", "path").iter_rows())
    for row in categories.iter_rows(named=True):
        above = path_of[row["parent"]] + SEPARATOR if row["parent"] else ""
        assert row["path"] == above + row["name"]
        assert row["level"] == len(parent_paths(row["path"]))


def test_the_shipped_release_is_whole() -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.categories.filter(level=1).height == 26
    assert taxonomy.categories.height == 10_595
    assert not taxonomy.categories["path"].is_duplicated().any()
    for frame in (taxonomy.categories, taxonomy.attributes, taxonomy.values):
        assert frame["name_zh"].null_count() == 0
    known = set(taxonomy.attributes["id"])
    assert set(taxonomy.values["attribute"]) <= known
    assert set(taxonomy.categories["attributes"].explode().drop_nulls()) <= known


def test_it_is_read_once() -> None:
    assert load_taxonomy() is load_taxonomy()


def test_paths_are_there_in_chinese() -> None:
    chinese = path_in(load_taxonomy().categories, "zh")
    paths = dict(chinese.iter_rows())
    assert paths["aa-1"] == "服饰与配饰 > 服装"
    assert chinese.height == load_taxonomy().categories.height


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="not in 'fr'"):
        path_in(pl.DataFrame(), "fr")


@given(st.lists(st.text("abc &", min_size=1).filter(lambda n: SEPARATOR not in n), min_size=1))
def test_parent_paths_grow_by_one_name(names: list[str]) -> None:
    paths = parent_paths("/".join(names), "/")
    assert paths[-1] == "/".join(names)
    assert [path.split("/") for path in paths] == [names[: n + 1] for n in range(len(names))]
