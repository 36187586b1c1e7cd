"""A training that goes on from its checkpoint gives the model it would have given."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crossaisle.fusion import Recommender, TrainConfig
from crossaisle.graph import Graph

SMALL = TrainConfig(epochs=1, embedding_size=4)


def test_an_interrupted_training_goes_on(tmp_path: Path, shop: Callable[..., Graph]) -> None:
    file = tmp_path / "c.json"
    graph = shop(people=120)
    whole = Recommender.train(graph, SMALL)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "walks":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Recommender.train(graph, SMALL, progress=stop, checkpoint=file)
    stages = []
    resumed = Recommender.train(
        graph, SMALL, progress=lambda stage, done, total: stages.append(stage), checkpoint=file
    )
    assert not [stage for stage in stages if stage.startswith("held out")]
    everything = np.arange(graph.products.height)
    expected = whole.model.scores(graph.purchases, everything)
    np.testing.assert_array_equal(resumed.model.scores(graph.purchases, everything), expected)


@pytest.mark.parametrize("content", ["", "{}", '{"key": "other"}', "[1]"])
def test_another_training_or_damage_is_not_used(
    tmp_path: Path, shop: Callable[..., Graph], content: str
) -> None:
    file = tmp_path / "c.json"
    file.write_text(content)
    stages = []
    Recommender.train(
        shop(people=60),
        SMALL,
        progress=lambda stage, done, total: stages.append(stage),
        checkpoint=file,
    )
    assert [stage for stage in stages if stage.startswith("held out")]
