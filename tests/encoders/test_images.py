"""The image encoder: two kinds of models, the cache, little memory, bad folders, odd pictures."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from crossaisle.commands.cache import cache
from crossaisle.encoders import EncoderError, images
from crossaisle.encoders.images import ImageEncoder
from crossaisle.encoders.vector_cache import kept

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of different colours, and what is none."""
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(10):
        colour = (25 * number, 250 - 20 * number, 120)
        kind = "jpg" if number % 2 else "png"
        Image.new("RGB", (50 + number, 30), colour).save(made / f"{number}.{kind}")
    (made / "empty.png").write_bytes(b"")
    (made / "text.png").write_text("a sentence")
    Image.new("1", (8000, 8000)).save(made / "huge.png")
    return made


FILES = [f"{number}.{'jpg' if number % 2 else 'png'}" for number in range(10)]


@pytest.fixture
def encoder(vit: Path, tmp_path: Path) -> ImageEncoder:
    return ImageEncoder(str(vit), device="cpu", cache=tmp_path / "cache")


def direct(model: Path, file: Path) -> np.ndarray:
    """What the model's own library says of one picture."""
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(str(model), backend="pil")
    network = AutoModel.from_pretrained(str(model))
    pixels = processor(Image.open(file).convert("RGB"), return_tensors="pt")
    with torch.no_grad():
        if hasattr(network, "get_image_features"):
            found = network.get_image_features(**pixels).pooler_output[0]
        else:
            found = network(**pixels).pooler_output[0]
    return (found / found.norm()).numpy()


@pytest.mark.parametrize(("kind", "numbers"), [("vit", 32), ("clip", 16)])
def test_vectors_are_what_the_model_says(
    request: pytest.FixtureRequest, folder: Path, tmp_path: Path, kind: str, numbers: int
) -> None:
    model: Path = request.getfixturevalue(kind)
    encoder = ImageEncoder(str(model), device="cpu", cache=tmp_path / "cache")
    found = encoder.encode([FILES[0], None, FILES[3], ""], folder)
    assert found.shape == (4, numbers)
    assert found.dtype == np.float32
    for row, name in ((0, FILES[0]), (2, FILES[3])):
        assert found[row] == pytest.approx(direct(model, folder / name), abs=1e-5)
    assert not found[[1, 3]].any()
    assert encoder.refused == {}
    assert np.abs(found[0] - found[2]).max() > 1e-3


def test_what_is_no_picture_is_refused_and_counted(encoder: ImageEncoder, folder: Path) -> None:
    asked = ["gone.png", FILES[1], "empty.png", "text.png", None, "huge.png", "http://a.b/c.png"]
    found = encoder.encode([*asked, "text.png"], folder)
    assert np.flatnonzero(found.any(axis=1)).tolist() == [1]
    said = {place: reason.partition(":")[0] for place, reason in encoder.refused.items()}
    assert said == {
        0: "there is no such file",
        2: "the file is empty",
        3: "no picture of a known kind (PNG, JPEG, GIF, WEBP, BMP, TIFF)",
        5: "more than 50 million pixels",
        6: "not fetched",
        7: "no picture of a known kind (PNG, JPEG, GIF, WEBP, BMP, TIFF)",
    }
    assert encoder.encode([], folder).shape == (0, 32)
    assert encoder.encode([None], folder).shape == (1, 32)


def test_a_file_is_encoded_once_whatever_it_is_called(
    encoder: ImageEncoder,
    vit: Path,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copy(folder / FILES[0], folder / "copy.png")
    first = encoder.encode([FILES[0], "copy.png", FILES[1]], folder)
    assert encoder.encoded == 2
    assert np.array_equal(first[0], first[1])
    again = ImageEncoder(str(vit), device="cpu", cache=tmp_path / "cache")
    assert np.array_equal(again.encode([FILES[1], FILES[0], FILES[2]], folder)[:2], first[[2, 0]])
    assert again.encoded == 1
    Image.new("RGB", (9, 9)).save(folder / FILES[1])  # another picture under a known name
    again.encode([FILES[1]], folder)
    assert again.encoded == 1
    assert [one.texts for one in kept(tmp_path / "cache")] == [4]
    monkeypatch.setenv("CROSSAISLE_CACHE", str(tmp_path / "cache"))
    assert "-images: 4 pictures, " in cache(None)[0]


def test_a_killed_run_goes_on_where_it_stopped(
    encoder: ImageEncoder,
    vit: Path,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images, "CHUNK", 4)
    done: list[int] = []

    def progress(stage: str, at: int, of: int) -> None:
        done.append(at)
        if at == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode(FILES, folder, progress)
    assert done == [0, 4, 8]
    again = ImageEncoder(str(vit), device="cpu", cache=tmp_path / "cache")
    found = again.encode(FILES, folder)
    assert again.encoded == 2
    fresh = ImageEncoder(str(vit), device="cpu", cache=tmp_path / "other").encode(FILES, folder)
    assert found == pytest.approx(fresh, abs=1e-6)


def test_out_of_memory_halves_the_batch(
    encoder: ImageEncoder,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    real = encoder._model.vectors

    def small(pixels: np.ndarray) -> np.ndarray:
        if len(pixels) > 8:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return real(pixels)

    monkeypatch.setattr(encoder._model, "vectors", small)
    assert np.linalg.norm(encoder.encode(FILES, folder), axis=1) == pytest.approx(1, abs=1e-5)
    assert encoder.batch == 8
    assert "now encoded 8 at a time" in caplog.text


def test_a_vector_that_is_none_is_refused(
    encoder: ImageEncoder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = encoder._model.vectors

    def odd(pixels: np.ndarray) -> np.ndarray:
        found = real(pixels)
        found[0], found[1, 3] = 0, np.nan
        return found

    monkeypatch.setattr(encoder._model, "vectors", odd)
    found = encoder.encode(FILES[:4], folder)
    assert encoder.refused == dict.fromkeys([0, 1], "the model makes no vector of it")
    assert np.flatnonzero(found.any(axis=1)).tolist() == [2, 3]


def test_a_model_in_half_precision_is_read(vit: Path, folder: Path, tmp_path: Path) -> None:
    from transformers import AutoModel

    model = tmp_path / "half"
    shutil.copytree(vit, model)
    AutoModel.from_pretrained(str(vit)).half().save_pretrained(model)
    found, whole = (
        ImageEncoder(str(one), device="cpu", cache=tmp_path / "cache").encode(FILES, folder)
        for one in (model, vit)
    )
    assert not np.array_equal(found, whole)
    assert found == pytest.approx(whole, abs=2e-3)


def test_a_convolutional_model_is_read(vit: Path, folder: Path, tmp_path: Path) -> None:
    from transformers import ResNetConfig, ResNetModel

    model = tmp_path / "resnet"
    shape = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
    ResNetModel(ResNetConfig(**shape)).save_pretrained(model)
    shutil.copy(vit / "preprocessor_config.json", model)
    found = ImageEncoder(str(model), device="cpu", cache=tmp_path).encode(FILES, folder)
    assert found.shape == (10, 16)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)


def without_pooling(model: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(model / "model.safetensors")
    left = {key: value for key, value in weights.items() if "pooler" not in key}
    assert len(left) < len(weights)
    save_file(left, model / "model.safetensors", metadata={"format": "pt"})


def test_pooling_that_was_never_trained_is_not_used(
    vit: Path, folder: Path, tmp_path: Path
) -> None:
    """Transformers would fill it in at random: another vector each time."""
    from transformers import AutoModel

    model = tmp_path / "classifier"
    shutil.copytree(vit, model)
    without_pooling(model)
    vectors = [
        ImageEncoder(str(model), device="cpu", cache=tmp_path / name).encode(FILES, folder)
        for name in ("one", "two")
    ]
    assert np.array_equal(*vectors)
    pixels = ImageEncoder(str(model), device="cpu")._model.pixels((folder / FILES[0]).read_bytes())
    with torch.no_grad():
        whole = AutoModel.from_pretrained(str(vit))(torch.from_numpy(pixels[None]))
    token = whole.last_hidden_state[0, 0]
    assert vectors[0][0] == pytest.approx((token / token.norm()).numpy(), abs=1e-5)


def test_pictures_that_are_not_brought_to_one_size_are_refused(
    clip: Path, folder: Path, tmp_path: Path
) -> None:
    model = tmp_path / "no crop"
    shutil.copytree(clip, model)
    file = model / "preprocessor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "do_center_crop": False}))
    Image.new("RGB", (30, 30), "red").save(folder / "square.png")
    encoder = ImageEncoder(str(model), device="cpu", cache=tmp_path)
    found = encoder.encode([FILES[0], "square.png"], folder)
    assert found.any(axis=1).tolist() == [False, True]
    assert encoder.refused[0].startswith("the image processor does not bring it to one size")


def lose(name: str) -> Callable[[Path], None]:
    return lambda model: (model / name).unlink()


def other_layers(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))


def other_size(model: Path) -> None:
    file = model / "preprocessor_config.json"
    settings = json.loads(file.read_text())
    file.write_text(json.dumps({**settings, "size": {"height": 20, "width": 20}}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lose("config.json"), "cannot be loaded"),
        (lose("model.safetensors"), "cannot be loaded"),
        (lose("preprocessor_config.json"), "cannot be loaded"),
        (other_layers, "its weights lack"),
        (other_size, "cannot be loaded: .*20"),
    ],
    ids=["config", "weights", "processor", "other weights", "other processor"],
)
def test_a_broken_folder_is_a_sentence(
    vit: Path, folder: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    model = tmp_path / "broken"
    shutil.copytree(vit, model)
    damage(model)
    with pytest.raises(EncoderError, match=f"{said}.*hf download"):
        ImageEncoder(str(model), device="cpu", cache=tmp_path).encode([FILES[0]], folder)


def test_no_model_no_hub_no_pillow_are_sentences(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EncoderError, match="there is no model folder /no/such/folder"):
        ImageEncoder("/no/such/folder")
    monkeypatch.setattr(images, "no_answer", lambda name: "the hub does not answer (offline)")
    with pytest.raises(EncoderError, match="does not answer .* `hf download nobody/nothing"):
        ImageEncoder("nobody/nothing", cache=tmp_path).encode([FILES[0]], folder)
    monkeypatch.setattr(images, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match=r"pip install 'crossaisle\[images\]'"):
        ImageEncoder(str(tmp_path))
