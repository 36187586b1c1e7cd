"""Pictures from the command line: train, evaluate, explain and extend with real files."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from crossaisle.cli import main
from crossaisle.fusion import Recommender
from crossaisle.graph import Graph, open_store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

THEMES, PRODUCTS, AISLES, PEOPLE = 4, 44, 2, 240
COLOURS = ((230, 30, 20), (20, 40, 220), (30, 190, 60), (240, 230, 40))


def draw(file: Path, theme: int, rng: np.random.Generator) -> None:
    """A picture of the theme's colour and stripes, with noise."""
    pixels = np.zeros((40, 40, 3)) + COLOURS[theme]
    pixels[:: theme + 2] = 255
    noisy = np.clip(pixels + rng.normal(0, 12, pixels.shape), 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(file)


def tables(folder: Path, *, later: int = 0) -> dict[str, pl.DataFrame]:
    """Everybody buys within a theme; titles are words of their own: pictures alone tell it.

    Of each aisle the last four products, one of each theme, nobody bought; ``later`` more come.
    """
    rng = np.random.default_rng(0)
    count = PRODUCTS + later
    rows = [(f"t{a}_{k:02d}", f"aisle{a}", k % THEMES) for a in range(AISLES) for k in range(count)]
    images: list[str | None] = []
    for ident, _, theme in rows:
        file = folder / f"{ident}.png"
        draw(file, theme, np.random.default_rng(int(ident[1]) * 100 + int(ident[3:])))
        images.append(file.name)
    images[0], images[5], images[9] = "gone.png", "https://cdn.shop.com/9.jpg", None
    (folder / images[7]).write_text("not a picture")
    events = []
    for person in range(PEOPLE):
        for aisle in range(AISLES):
            own = np.arange(person % THEMES, PRODUCTS - THEMES, THEMES)
            for k in rng.choice(own, 3, replace=False).tolist():
                events.append((f"u{person:03d}", f"t{aisle}_{k:02d}", float(len(events))))
    return {
        "products": pl.DataFrame(
            {
                "id": [ident for ident, _, _ in rows],
                "title": [ident.replace("_", "x") for ident, _, _ in rows],
                "aisle": [aisle for _, aisle, _ in rows],
                "image": images,
            }
        ),
        "customers": pl.DataFrame({"id": [f"u{person:03d}" for person in range(PEOPLE)]}),
        "bought": pl.DataFrame(events, schema=["head", "tail", "position"], orient="row"),
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pictures").mkdir()
    for name, later in (("now", 0), ("later", 4)):
        with open_store(str(folder / f"{name}.lbdb"), create=True) as place:
            place.write(Graph.from_ids(tables(folder / "pictures", later=later)))
    return folder


@pytest.fixture(scope="module")
def settings(shop: Path, vit: Path) -> Path:
    file = shop / "settings.toml"
    images = f'encoder = "{vit}"\nfolder = "{shop / "pictures"}"\ndevice = "cpu"'
    train = "network = false\nneighbours = 12"
    file.write_text(f'[text]\nencoder = "none"\n[images]\n{images}\n[train]\n{train}\n')
    return file


@pytest.fixture(autouse=True)
def own_cache(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSAISLE_CACHE", str(shop / "cache"))


def run(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code = main([str(word) for word in words])
    said = " ".join(capsys.readouterr().err.split())
    assert code == 0, said
    return said


def first_hits(recommender: Recommender, asked: range) -> float:
    """How often the first of some products of aisle1 is of the customer's theme."""
    people = [f"u{person:03d}" for person in range(0, PEOPLE, 3)]
    named = [f"t1_{k:02d}" for k in asked]
    lists = recommender.recommend(people, aisle="aisle1", k=1, candidates=named)
    pairs = lists.select("user_id", "product_id").iter_rows()
    return float(np.mean([int(u[1:]) % THEMES == int(p[3:]) % THEMES for u, p in pairs]))


def test_from_pictures_to_lists_and_later_products(
    shop: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--store", shop / "now.lbdb", "--config", settings, "--seed", "1"]
    said = run(capsys, "train", *common, "--output", shop / "model")
    assert "pictures: 84 of 88 products have a vector, 84 encoded now on cpu; left out: 3" in said
    assert "1 not fetched: an address on the web; `wget -x -P FOLDER ADDRESS`" in said
    rejected = pl.read_parquet(shop / "model-rejected-images.parquet")
    assert rejected.columns == ["product_id", "path", "reason"]
    assert rejected["product_id"].to_list() == ["t0_00", "t0_05", "t0_07"]
    assert rejected["path"].to_list() == ["gone.png", "https://cdn.shop.com/9.jpg", "t0_07.png"]
    assert rejected["reason"][0] == "there is no such file"
    blind = run(
        capsys, "train", *common, "--set", "images.encoder=none", "--output", shop / "blind"
    )
    assert "pictures" not in blind
    seeing = Recommender.from_pretrained(shop / "model")
    fresh = range(PRODUCTS - THEMES, PRODUCTS)
    assert first_hits(seeing, fresh) > 0.9
    assert first_hits(Recommender.from_pretrained(shop / "blind"), fresh) < 0.5

    files = ["--store", shop / "later.lbdb", "--output", shop / "larger"]
    said = run(capsys, "extend", "--model", shop / "model", *files)
    assert "pictures: 8 of 8 products have a vector, 8 encoded now" in said
    larger = Recommender.from_pretrained(shop / "larger")
    assert first_hits(larger, range(PRODUCTS, PRODUCTS + 4)) > 0.9
    pairs = [(f"u{person:03d}", p) for person in (1, 50) for p in seeing.model.graph.products["id"]]
    assert larger.score(pairs)["score"].equals(seeing.score(pairs)["score"])

    command = ["explain", "--model", str(shop / "larger"), "--user", "u001", "--product", "t1_45"]
    assert main(command) == 0
    assert "looks alike" in capsys.readouterr().out
    assert main([*command, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["terms"][0]["kind"] == "image"
    assert told["terms"][0]["path"][1] == {"relationship": "SIMILAR_IMAGE"}
    assert told["sum"] == pytest.approx(told["score"], rel=1e-6)


def test_held_out_products_are_found_by_their_pictures(
    shop: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {}
    for name, options in (("with", []), ("without", ["--set", "images.encoder=none"])):
        output = shop / f"{name}.json"
        command = ["evaluate", "--store", shop / "now.lbdb", "--task", "product-cold"]
        command += ["--config", settings, "--baselines", "none", "--output", output, *options]
        run(capsys, *command)
        figures[name] = json.loads(output.read_text())
    assert (shop / "with-rejected-images.parquet").is_file()
    assert not (shop / "without-rejected-images.parquet").exists()
    ours = {name: content["methods"][0] for name, content in figures.items()}
    assert {method["name"] for method in ours.values()} == {"crossaisle"}
    found = {name: method["metrics"]["ndcg@10"] for name, method in ours.items()}
    assert found["with"]["low"] > found["without"]["high"]


def test_wrong_settings_are_sentences(
    shop: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--store", shop / "now.lbdb", "--config", settings, "--output", shop / "x"]
    for option, said in (
        (f"images.folder={shop / 'none'}", "images.folder: there is no folder"),
        ("images.encoder=/no/such/model", "there is no model folder /no/such/model"),
        ("images.size=3", "unknown setting 'images.size'"),
    ):
        assert main([*(str(word) for word in command), "--set", option]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
