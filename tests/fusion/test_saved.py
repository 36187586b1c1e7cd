"""The model folder: equal bit for bit, all or nothing, damage named."""

from pathlib import Path

import numpy as np
import pytest

from crossaisle.fusion import ModelError, Recommender
from crossaisle.fusion.saved import load_model


@pytest.fixture
def folder(every_channel: Recommender, tmp_path: Path) -> Path:
    every_channel.save(tmp_path / "model", card="# Card\n")
    return tmp_path / "model"


def test_scores_are_equal_bit_for_bit(every_channel: Recommender, folder: Path) -> None:
    loaded = Recommender.from_pretrained(folder)
    model = every_channel.model
    everything = np.arange(model.graph.products.height)
    assert np.array_equal(
        loaded.model.scores(model.graph.purchases, everything),
        model.scores(model.graph.purchases, everything),
    )
    assert loaded.explain("u0001", "p1_003") == every_channel.explain("u0001", "p1_003")
    assert loaded.recommend(["u0002"]).equals(every_channel.recommend(["u0002"]))
    assert loaded.model.config == model.config
    assert loaded.model.report == model.report
    assert (folder / "README.md").read_text() == "# Card\n"


def test_saving_again_takes_the_place_whole(every_channel: Recommender, folder: Path) -> None:
    (folder / "stray.txt").write_text("of an older model")
    every_channel.save(folder)
    assert not (folder / "stray.txt").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    load_model(folder)


def test_every_file_is_watched(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        for damaged in (whole[:middle], flipped, None):
            if damaged is None:
                path.unlink()
            else:
                path.write_bytes(damaged)
            with pytest.raises(ModelError) as caught:
                load_model(folder)
            # A flipped digit of the manifest accuses the file that it speaks of.
            assert path.name in str(caught.value) or path.name == "manifest.json"
            path.write_bytes(whole)
    load_model(folder)


def test_a_place_that_is_no_model_is_left_alone(every_channel: Recommender, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    with pytest.raises(ModelError, match="no model"):
        every_channel.save(tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "keep me"
    with pytest.raises(ModelError, match=r"dear\.txt is a file"):
        every_channel.save(tmp_path / "letters" / "dear.txt")
    with pytest.raises(ModelError, match="could not be written"):
        every_channel.save(tmp_path / "letters" / "dear.txt" / "model")
    with pytest.raises(ModelError, match="no model folder"):
        load_model(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"manifest\.json"):
        load_model(tmp_path / "letters")


def test_a_failed_write_leaves_the_old_model(
    every_channel: Recommender, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crossaisle.fusion.saved.save_file", full)
    with pytest.raises(ModelError, match="No space left on device"):
        every_channel.save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
