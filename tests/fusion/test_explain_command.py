"""What ``crossaisle explain`` prints: every question, every form, and its JSON Schema."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from crossaisle.commands.explain import Question, explain
from crossaisle.commands.files import UsageError
from crossaisle.fusion import Recommender

SCHEMA = Path(__file__).parents[2] / "docs/explanation.schema.json"
USER, PRODUCT, OTHER = "u0004", "p1_011", "p1_003"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)  # keys may be added, so the schema forbids none


class Node(Strict):
    label: Literal["Product", "Attribute", "Category"]
    id: str
    name: str


class Step(Strict):
    relationship: Literal[
        "BOUGHT_WITH",
        "HAS_ATTRIBUTE",
        "IN_CATEGORY",
        "PART_OF",
        "LEARNED",
        "SIMILAR_TEXT",
        "SIMILAR_IMAGE",
    ]


class Term(Strict):
    contribution: float
    kind: Literal["people", "attribute", "category", "text", "image", "bridge"]
    history_product: str
    count: int | None = Field(description="people who bought both ends; null: not a people walk")
    path: list[Node | Step] = Field(description="nodes and relationships, alternating")


class Explanation(Strict):
    """What `crossaisle explain --format json` prints; score = bias + contributions + rest = sum."""

    user_id: str
    product_id: str
    score: float
    bias: float
    terms: list[Term]
    rest: float
    sum: float


def test_the_published_schema_is_what_is_printed(every_channel: Recommender) -> None:
    assert json.loads(SCHEMA.read_text()) == Explanation.model_json_schema()
    kinds = set()
    for product in every_channel.model.graph.products["id"][::9]:
        printed = explain(every_channel, USER, product, form="json", top=400)
        told = Explanation.model_validate_json(printed)
        assert json.loads(printed).keys() == Explanation.model_fields.keys()
        kinds |= {term.kind for term in told.terms}
        for term in told.terms:
            sorts = [type(step) for step in term.path]
            assert sorts == ([Node, Step] * len(sorts))[: len(sorts)]
            assert sorts[-1] is Node
    assert kinds == {"people", "attribute", "category", "text", "image", "bridge"}


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_adds_up_to_the_score(every_channel: Recommender) -> None:
    for question in (None, Question(group_by="attribute"), Question(group_by="history")):
        rows = read(explain(every_channel, USER, PRODUCT, question=question, form="csv", top=3))
        score = every_channel.score([(USER, PRODUCT)])["score"][0]
        assert sum(float(row["contribution"]) for row in rows) == pytest.approx(score, rel=1e-6)
        assert len({row["score"] for row in rows}) == 1
        assert float(rows[0]["score"]) == pytest.approx(score, rel=1e-12)
        assert {(row["user_id"], row["product_id"]) for row in rows} == {(USER, PRODUCT)}
    rows = read(explain(every_channel, USER, PRODUCT, form="csv", top=3))
    assert [row["kind"] for row in rows[3:]] == ["bias", "rest"]
    for row in rows[:3]:
        assert row["path"].startswith(f"Product:{row['history_product']} -")
        assert row["path"].endswith(f"Product:{PRODUCT}")


def figures(text: str) -> list[int]:
    found = re.findall(r"([+−]?[\d,]+\.\d+)$", text, flags=re.MULTILINE)
    return [round(float(cell.replace("−", "-").replace(",", "")) * 1e6) for cell in found]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "question",
    [Question(against=OTHER)] + [Question(group_by=by) for by in ("history", "attribute", "kind")],
    ids=str,
)
def test_printed_columns_add_up(every_channel: Recommender, lang: str, question: Question) -> None:
    text = explain(every_channel, USER, PRODUCT, question=question, lang=lang, top=4)
    table = figures(text[text.index("─") :])
    assert len(table) > 3
    assert sum(table[:-1]) == table[-1]


def test_what_would_be_if(every_channel: Recommender) -> None:
    bought = every_channel.model.graph.visits_since[[4]].indices
    gone = every_channel.model.graph.products["id"][int(bought[0])]
    question = Question(without=(gone,), with_=("p2_005",), without_attributes=("theme:1",))
    told = json.loads(explain(every_channel, USER, PRODUCT, question=question, form="json"))
    text = explain(every_channel, USER, PRODUCT, question=question)
    assert f"{told['rank']} of {told['of']}" in text
    assert f"{told['new_rank']} of {told['new_of']}" in text
    assert f"{abs(told['new_score']):.3f}" in text


def test_other_forms(every_channel: Recommender) -> None:
    drawing = explain(every_channel, USER, PRODUCT, form="svg")
    assert drawing.startswith("<svg")
    assert 'xmlns="http://www.w3.org/2000/svg"' in drawing
    assert explain(every_channel, USER, PRODUCT, form="html").startswith("<!doctype html>")
    grouped: dict[str, Any] = json.loads(
        explain(every_channel, USER, PRODUCT, question=Question(group_by="kind"), form="json")
    )
    sums = sum(group["contribution"] for group in grouped["groups"])
    assert sums == pytest.approx(grouped["score"] - grouped["bias"], abs=1e-6)
    contrast = json.loads(
        explain(every_channel, USER, PRODUCT, question=Question(against=OTHER), form="json")
    )
    assert contrast["sum"] == pytest.approx(contrast["score"], abs=1e-6)


@pytest.mark.parametrize(
    ("question", "form", "words"),
    [
        (Question(against=OTHER, group_by="kind"), "text", "one thing at a time"),
        (Question(against=PRODUCT), "text", "the product itself"),
        (Question(against=OTHER, with_=("p2_005",)), "text", "one thing at a time"),
        (Question(against=OTHER), "svg", "not as svg"),
        (Question(group_by="kind"), "html", "not as html"),
        (Question(without=("p2_005",)), "csv", "not as csv"),
    ],
)
def test_what_cannot_be_asked_is_said(
    every_channel: Recommender, question: Question, form: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        explain(every_channel, USER, PRODUCT, question=question, form=form)
