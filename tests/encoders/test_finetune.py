"""Fine-tuning a tiny BERT on a planted shop: it learns, it repeats, it resumes."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from crossaisle.encoders import EncoderError, SentenceEncoder, product_texts
from crossaisle.encoders import trainer as trainer_module
from crossaisle.encoders.finetune import Finetuned, checkpoints, finetune
from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.modes import layer_of
from crossaisle.graph import Graph

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SMALL = {
    "steps": 80,
    "batch_size": 16,
    "evaluations": 3,
    "people_rank": 8,
    "learning_rate": 1e-3,
    "head_learning_rate": 1e-2,
    "max_tokens": 32,
}
MODES = ("frozen", "top", "full", "lora", "prompt")


@pytest.fixture
def run(
    tmp_path: Path, tiny: Path, catalogue: Graph, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Finetuned, Path]]:
    monkeypatch.setenv("CROSSAISLE_CACHE", str(tmp_path / "cache"))

    def once(name: str = "out", *, seed: int = 0, resume: bool = False, **settings: object):  # noqa: ANN202
        config = FinetuneConfig.model_validate({**SMALL, **settings})
        output = tmp_path / name
        base = SentenceEncoder(str(tiny), device="cpu")
        told = finetune(catalogue, output, config, base=base, seed=seed, resume=resume)
        return told, output

    return once


@pytest.fixture(scope="module")
def plain(
    tiny: Path, catalogue: Graph, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., list[float]]:
    """The losses of 16 steps with no switch on; trained once for all switches."""

    @cache
    def once(recall: float) -> list[float]:
        folder = tmp_path_factory.mktemp("plain")
        config = FinetuneConfig.model_validate(
            {**SMALL, "steps": 16, "evaluations": 1, "recall": recall}
        )
        base = SentenceEncoder(str(tiny), device="cpu")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CROSSAISLE_CACHE", str(folder / "cache"))
            return losses(finetune(catalogue, folder / "out", config, base=base, seed=0))

    return once


def losses(told: Finetuned) -> list[float]:
    return [line["loss"] for line in told.curve if "loss" in line]


def vectors(folder: Path, texts: list[str]) -> np.ndarray:
    return SentenceEncoder(str(folder), device="cpu").encode(texts)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_trains_what_it_says(
    run: Callable[..., tuple[Finetuned, Path]], tiny: Path, catalogue: Graph, mode: str
) -> None:
    told, folder = run(mode=mode, recall=1.0, top_layers=1, prompt_tokens=4, lora_rank=4)
    before, after = (
        SentenceEncoder(str(place), device="cpu")._model.transformers_model.state_dict()
        for place in (tiny, folder)
    )
    moved = {
        name for name, value in before.items() if not torch.equal(value, after[name][: len(value)])
    }
    if mode == "frozen":
        assert (told.trainable, moved) == (0, set())
    elif mode == "top":
        assert moved
        assert {layer_of(f".{name}") for name in moved} == {1}
    elif mode == "full":
        assert told.trainable == told.parameters
        assert {layer_of(f".{name}") for name in moved} == {-1, 0, 1}
    elif mode == "lora":
        assert 0 < told.trainable < told.parameters / 2
        assert all(name.endswith("weight") for name in moved)
        assert moved
    else:
        assert told.trainable == 4 * 32
        assert moved == set()  # the old words stay as they were; four new ones joined
        table = "embeddings.word_embeddings.weight"
        assert len(after[table]) == len(before[table]) + 4
    texts = product_texts(catalogue).to_list()
    assert vectors(folder, texts[:5]).shape == (5, 32)
    assert losses(told)[-1] < losses(told)[0]


@pytest.mark.parametrize(
    "objective",
    [{"distil": 1.0}, {"distil": 0.0, "recall": 1.0}, {"distil": 0.0, "click": 1.0}],
    ids=["distil", "recall", "click"],
)
def test_every_objective_finds_the_planted_synonyms(
    run: Callable[..., tuple[Finetuned, Path]], objective: dict[str, float]
) -> None:
    """That words of one theme mean the same stands in the purchases only."""
    told, folder = run(**objective)
    if not objective["distil"]:  # which speaks through a head of its own
        words = ["red dinosaur mug", "blue rocket card", "green garden lamp", "white spade box"]
        near = np.corrcoef(vectors(folder, words))
        assert min(near[0, 1], near[2, 3]) > max(near[0, 2], near[0, 3], near[1, 2], near[1, 3])
    assert told.before is not None
    assert told.after is not None
    assert told.after > told.before + 0.05
    assert losses(told)[-1] < losses(told)[0]


def test_two_views_and_masked_words_need_no_purchases_to_learn(
    run: Callable[..., tuple[Finetuned, Path]], tiny: Path
) -> None:
    told, folder = run(distil=0.0, views=1.0, masked_steps=5)
    assert losses(told)[-1] < losses(told)[0]
    words = ["red dinosaur mug", "white spade box"]
    assert not np.allclose(vectors(folder, words), vectors(tiny, words), atol=1e-3)


def test_varied_texts_teach_too_and_the_same_twice(
    run: Callable[..., tuple[Finetuned, Path]],
) -> None:
    settings = {"steps": 12, "evaluations": 2, "distil": 0.0, "recall": 1.0}
    plain, once, twice = (
        losses(run(name, **settings, augment=share)[0])
        for name, share in (("plain", 0.0), ("once", 1.0), ("twice", 1.0))
    )
    assert once == twice
    assert once != plain


def test_a_student_of_fewer_layers_gives_the_vectors_of_its_teacher(
    run: Callable[..., tuple[Finetuned, Path]], tiny: Path, catalogue: Graph
) -> None:
    settings = {"student_layers": 1, "steps": 150, "learning_rate": 3e-3}
    told, folder = run("student", patience=99, **settings)
    texts = product_texts(catalogue).to_list()
    wanted, made = vectors(tiny, texts), vectors(folder, texts)
    losses_of = losses(told)
    assert losses_of[-1] < 0.3 * losses_of[0]
    near = np.corrcoef(wanted - wanted.mean(axis=0), made - made.mean(axis=0))
    near = near[: len(texts), len(texts) :]
    assert np.diag(near).mean() > 0.9
    assert near.mean() < 0.3
    encoder = SentenceEncoder(str(folder), device="cpu")
    kept = {name for name, _ in encoder._model.transformers_model.named_parameters()}
    assert {layer_of(f".{name}") for name in kept} == {-1, 0}
    assert (
        told.trainable
        == told.parameters
        == sum(p.numel() for p in encoder._model.transformers_model.parameters())
    )


def test_a_student_keeps_layers_evenly_spread(
    tmp_path: Path, make_tiny: Callable[..., Path]
) -> None:
    from crossaisle.encoders.modes import shorten
    from crossaisle.encoders.sentence import load_encoder

    folder = make_tiny(tmp_path, ["red lamp", "blue mug", "a green garden box"], layers=6)
    encoder = load_encoder(folder, "tiny", "cpu")
    before = list(encoder.transformers_model.encoder.layer)
    shorten(encoder, 3)
    after = list(encoder.transformers_model.encoder.layer)
    assert [before.index(layer) for layer in after] == [1, 3, 5]
    assert encoder.encode(["red lamp"]).shape == (1, 32)


def test_masked_words_are_learned(tiny: Path, catalogue: Graph, tmp_path: Path) -> None:
    from crossaisle.encoders.masked import train_masked
    from crossaisle.encoders.sentence import load_encoder
    from crossaisle.graph import silent

    encoder = load_encoder(tiny, "tiny", "cpu")
    config = FinetuneConfig.model_validate({**SMALL, "masked_steps": 80})
    texts = product_texts(catalogue).to_list()
    curve = train_masked(encoder, texts, config, tmp_path, seed=0, progress=silent)
    assert np.mean(curve[-3:]) < 0.8 * np.mean(curve[:3])


def test_same_seed_same_encoder(run: Callable[..., tuple[Finetuned, Path]]) -> None:
    settings = {"steps": 12, "evaluations": 2, "recall": 1.0, "views": 0.1}
    words = ["red dinosaur mug", "white spade box"]
    one, again, other = (
        run(name, seed=seed, **settings) for name, seed in (("one", 3), ("again", 3), ("other", 4))
    )
    assert losses(one[0]) == losses(again[0])
    assert np.array_equal(vectors(one[1], words), vectors(again[1], words))
    assert losses(one[0]) != losses(other[0])


def test_an_interrupted_training_goes_on_to_the_same_curve(
    run: Callable[..., tuple[Finetuned, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"steps": 24, "evaluations": 4, "recall": 1.0, "views": 0.1, "patience": 99}
    whole, folder = run("whole", **settings)
    step = trainer_module.TowerTrainer.training_step

    def failing(self: trainer_module.TowerTrainer, *rest: object) -> torch.Tensor:
        if self.state.global_step == 15:
            raise KeyboardInterrupt
        return step(self, *rest)

    monkeypatch.setattr(trainer_module.TowerTrainer, "training_step", failing)
    with pytest.raises(KeyboardInterrupt):
        run("cut", **settings)
    monkeypatch.undo()
    cut, again = run("cut", resume=True, **settings)
    assert [line["step"] for line in cut.curve] == [line["step"] for line in whole.curve]
    assert losses(cut) == pytest.approx(losses(whole), abs=1e-6)
    words = ["red dinosaur mug", "white spade box"]
    assert vectors(again, words) == pytest.approx(vectors(folder, words), abs=1e-5)
    assert not checkpoints(again).exists()


def test_other_settings_do_not_resume(
    run: Callable[..., tuple[Finetuned, Path]], tmp_path: Path
) -> None:
    first, folder = run("out", steps=8, evaluations=2)
    place = checkpoints(folder)
    place.mkdir()
    (place / "key").write_text("of something else")
    (place / "checkpoint-4").mkdir()
    again, _ = run("out", steps=8, evaluations=2, resume=True)
    assert losses(again) == losses(first)


@pytest.mark.parametrize(
    "switch",
    [
        {"perturbation": 0.5},
        {"layer_decay": 0.5},
        {"thaw": 0.5},
        {"accumulation": 2},
        {"gradient_checkpointing": True},
        {"uncertainty": True, "recall": 1.0},
        {"precision": "bfloat16"},
        {"weight_decay": 5.0},
    ],
    ids=str,
)
def test_every_switch_changes_what_it_should(
    run: Callable[..., tuple[Finetuned, Path]],
    plain: Callable[..., list[float]],
    switch: dict[str, object],
) -> None:
    one = plain(switch.get("recall", 0.0))
    two = losses(run(steps=16, evaluations=1, **switch)[0])
    if "gradient_checkpointing" in switch:  # costs time, changes nothing
        assert two == pytest.approx(one, abs=1e-4)
    else:
        assert two[-1] != one[-1]
    assert all(np.isfinite(two))


def test_rates_fall_from_layer_to_layer(tiny: Path, catalogue: Graph) -> None:
    from crossaisle.encoders.lessons import draw_lessons
    from crossaisle.encoders.modes import prepare
    from crossaisle.encoders.sentence import load_encoder
    from crossaisle.encoders.tower import Tower

    config = FinetuneConfig(layer_decay=0.5, learning_rate=1e-3, people_rank=8, weight_decay=0.1)
    encoder = load_encoder(tiny, "tiny", "cpu")
    prepare(encoder, config)
    tower = Tower(encoder, draw_lessons(catalogue, config, 32, 0), config)
    rate = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in trainer_module.groups(tower, config)
        for parameter in group["params"]
    }
    for name, parameter in tower.named_parameters():
        wanted = 1e-3
        if name.startswith("encoder."):
            wanted = 1e-3 * 0.5 ** (1 - layer_of(name))
        decay = 0.0 if parameter.ndim < 2 else 0.1
        assert rate[id(parameter)] == pytest.approx((wanted, decay)), name


def test_what_cannot_be_done_is_a_sentence(
    run: Callable[..., tuple[Finetuned, Path]], catalogue: Graph, tiny: Path, tmp_path: Path
) -> None:
    with pytest.raises(EncoderError, match="mode lora"):
        run(mode="lora", lora_targets=("no_such_module",))
    with pytest.raises(EncoderError, match=r"student_layers 3: the encoder has 2 layers, not 3"):
        run(student_layers=3)
    import polars as pl

    blank = catalogue.replace(
        products=catalogue.products.with_columns(title=pl.lit(None, pl.String)),
        in_category=catalogue.in_category.clear(),
    )
    base = SentenceEncoder(str(tiny), device="cpu")
    with pytest.raises(EncoderError, match="no product has a text"):
        finetune(blank, tmp_path / "x", FinetuneConfig.model_validate(SMALL), base=base)


def test_losses_go_to_tensorboard(
    run: Callable[..., tuple[Finetuned, Path]], tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    run(steps=8, evaluations=2, log="tensorboard")
    assert list((tmp_path / "out-log").glob("events.out.tfevents*"))
