"""Themes in Chinese titles: characters that belong together and dress many kinds of goods."""

from collections.abc import Sequence

from crossaisle.loaders.find_chinese import heads_of, is_term
from crossaisle.loaders.find_themes import FreeWords, collocations, free_phrases, themes

_FILLERS = (
    "新款 爆款 同款 网红 正品 官方 旗舰店 包邮 特价 促销 批发 定制 "
    "厂家 直销 家用 创意 可爱 简约 时尚 百搭 便携 多功能 大容量 高档 "
    "高级 通用 加厚 加大 加绒 防水 防滑 透气 柔软 舒适 亲肤 环保 "
    "学生 宽松 修身 显瘦 轻奢 优质 经典 热卖 畅销 推荐 礼盒 套装 "
    "组合 装饰 精美 实用 耐用 全新 进口 国产 迷你 超大"
)
FILLERS = frozenset(_FILLERS.split())
"""What shops say of anything: no theme."""

LONGEST = 6
"""Characters of a theme at most."""

NOTHING: frozenset[int] = frozenset()

Row = tuple[str, str, str, float, str]  # id, kind, value, confidence, source


def chinese_themes(titles: Sequence[tuple[str, list[str]]]) -> list[Row]:
    """Propose themes of titles that are cut by :func:`crossaisle.loaders.find_chinese.segment`.

    What no term explains is left there as single characters. Neighbours that mostly stand together
    are one word (:func:`crossaisle.loaders.find_themes.collocations`), and a word of two
    characters or more is a theme where :func:`crossaisle.loaders.find_themes.themes` says so.

    Args:
        titles: id and pieces of each.
    """
    heads = [_head(pieces) for _, pieces in titles]
    letters = [
        FreeWords(tuple(_open(one) for one in pieces), NOTHING, NOTHING, head)
        for (_, pieces), head in zip(titles, heads, strict=True)
    ]
    joined = collocations(letters)
    found = [
        list(
            dict.fromkeys(
                word
                for phrase in free_phrases(title, joined, LONGEST)
                if len(word := "".join(phrase)) > 1 and not _filled(word)
            )
        )
        for title in letters
    ]
    alone = [  # a sign between two words: each is a phrase of its own
        FreeWords(tuple(part for word in words for part in (word, None)), NOTHING, NOTHING, head)
        for words, head in zip(found, heads, strict=True)
    ]
    strong = themes(alone)
    return [
        (product, "theme", word, strong[(word,)], "inferred")
        for (product, _), words in zip(titles, found, strict=True)
        for word in words
        if (word,) in strong
    ]


def _open(piece: str) -> str | None:
    return None if is_term(piece) or not piece.isalpha() else piece


def _filled(word: str) -> bool:
    """Whether a word is what shops say of anything."""
    left = word
    for filler in sorted(FILLERS):
        left = left.replace(filler, "")
    return len(left) < 2


def _head(pieces: list[str]) -> str:
    """Return the last name of goods."""
    places = heads_of(pieces)
    return pieces[max(places)] if places else ""
