"""What ``crossaisle report --format json`` writes, and its JSON Schema."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from crossaisle.commands.report import write
from crossaisle.fusion import Recommender
from crossaisle.fusion.audience import Audience
from crossaisle.fusion.crossing import Crossing
from crossaisle.reports import AisleCount, Interval, Purchase
from tests.fusion.test_explain_command import Explanation, Strict

SCHEMA = Path(__file__).parents[2] / "docs/report.schema.json"


class Method(Strict):
    name: str
    ours: bool
    metrics: dict[str, Interval]


class Accuracy(Strict):
    task: str
    users: int
    command: str
    methods: list[Method]


class Ranked(Strict):
    rank: int
    title: str
    aisle: str
    explanation: Explanation


class Customer(Strict):
    user_id: str
    aisle: str
    history: list[Purchase]
    ranked: list[Ranked]


class Report(BaseModel):
    """What `crossaisle report --format json` writes; nothing is rounded."""

    title: str
    made: str
    model: str
    counts: dict[str, int]
    aisles: list[AisleCount]
    accuracy: list[Accuracy]
    crossings: list[Crossing]
    audiences: list[Audience]
    customers: list[Customer]


def test_the_published_schema_is_what_is_written(
    every_channel: Recommender, tmp_path: Path
) -> None:
    assert json.loads(SCHEMA.read_text()) == Report.model_json_schema()
    requests, output = tmp_path / "asked.csv", tmp_path / "report.json"
    first, second = every_channel.model.graph.aisles[:2]
    requests.write_text(f"user_id,aisle\nu0004,{second}\n")
    write(
        every_channel, requests, output, "en", None, 3, lambda *_: None, "json",
        pairs=[(first, second)], products=["p1_011"],
    )  # fmt: skip
    written = output.read_text()
    told = Report.model_validate_json(written)
    assert json.loads(written).keys() == Report.model_fields.keys()
    assert [row.rank for row in told.customers[0].ranked] == [1, 2, 3]
    assert len(told.crossings) == len(told.audiences) == 1
    data = json.loads(written)
    data["customers"][0]["ranked"][0]["explanation"]["terms"][0]["kind"] = "magic"
    with pytest.raises(ValueError, match=r"terms\.0\.kind"):
        Report.model_validate_json(json.dumps(data))
