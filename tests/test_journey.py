"""The whole way, as a newcomer goes it: the demo, then every block of the README."""

import gzip
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from crossaisle.fusion import ModelError, Recommender

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "COLUMNS": "200",
}


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


LOG = Path("examples/online-retail/online_retail.csv.gz")
NAMED = ("12747", "14646")  # the customers the README asks for


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newcomer's folder; the demo takes the whole log, the README's commands a quarter of it."""
    made = tmp_path_factory.mktemp("newcomer")
    log = pl.read_csv(ROOT / LOG, infer_schema=False)
    whose = pl.coalesce("CustomerID", "InvoiceNo").str.extract(r"(\d+)")
    kept = log.filter(whose.is_in(NAMED) | (whose.cast(pl.Int64) % 4 == 0))
    (made / LOG).parent.mkdir(parents=True)
    (made / LOG).write_bytes(gzip.compress(kept.write_csv().encode()))
    return made


@pytest.fixture(scope="module")
def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(["crossaisle", "demo", "--output", "demo"], folder)


def test_the_demo_ends_in_a_list_with_reasons(demo: subprocess.CompletedProcess[str]) -> None:
    assert "never bought in" in demo.stdout
    assert [line[:2] for line in demo.stdout.splitlines() if re.match(r"\d\. ", line)] == [
        "1.", "2.", "3.", "4.", "5.",
    ]  # fmt: skip
    assert "also bought" in demo.stdout
    assert "warning" not in (demo.stdout + demo.stderr).lower()


def test_the_demo_accounts_for_every_line(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    rejected = pl.read_parquet(folder / "demo/rejected.parquet")
    counts = dict(rejected.group_by("reason").len().iter_rows())
    assert counts["cancellation"] == 9288
    assert counts["postage"] == 1981
    assert 541_909 - rejected.height == 527_761
    assert "1,371 Basket" in " ".join(demo.stderr.split())


def test_the_demo_beats_its_baselines(demo: subprocess.CompletedProcess[str], folder: Path) -> None:
    results = json.loads((folder / "demo/results.json").read_text())
    ours = results["methods"][0]
    assert ours["name"] == "crossaisle"
    for other in results["methods"][1:]:
        assert ours["metrics"]["ndcg@10"]["value"] > other["metrics"]["ndcg@10"]["value"]


def test_terms_add_up_and_paths_exist(demo: subprocess.CompletedProcess[str], folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("exactness", ROOT / "benchmarks/exactness.py")
    assert spec
    assert spec.loader
    exactness = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(exactness)
    model = Recommender.from_pretrained(folder / "demo/model")
    worst, shown, wrong = exactness.measure(model, 1000)
    assert worst < 1e-5
    assert shown > 1000
    assert wrong == []


def test_a_damaged_model_is_named(demo: subprocess.CompletedProcess[str], folder: Path) -> None:
    file = folder / "demo/model/products.parquet"
    content = file.read_bytes()
    try:
        file.write_bytes(content[:-1])
        with pytest.raises(ModelError, match=r"products\.parquet"):
            Recommender.from_pretrained(folder / "demo/model")
    finally:
        file.write_bytes(content)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def after(folder: Path) -> Path:
    """The folder when every command of the README has run in it."""
    for block in blocks("bash"):
        for line in block.strip().splitlines():
            run(["bash", "-c", line], folder)
    return folder


def test_every_command_of_the_readme_runs(after: Path) -> None:
    recs = pl.read_csv(after / "recs.csv")
    assert recs["rank"].to_list() == [1, 2, 3, 4, 5] * 2
    assert recs["reasons"].str.len_chars().min() > 10
    assert "Content-Security-Policy" in (after / "report.html").read_text()


ENDS = (0, 130, -signal.SIGINT)  # done before it; in time; when Python itself was leaving
INTERRUPTED = (
    "demo --output other",
    "graph stats --store shop.lbdb",
    "graph query --store shop.lbdb aisles",
    "graph export --store shop.lbdb --format parquet --output files",
    "evaluate --store shop.lbdb --task aisle-warm --output other.json",
    "recommend --model model --requests requests.csv --reasons 2 --output other.csv",
    "explain --model model --user 12747 --product 22423",
    "search --model model lamp",
    "report --model model --requests requests.csv --output other.html",
)


def past_the_start(process: subprocess.Popen[str]) -> None:
    """Wait until polars is loaded, as each command does, and a second; some are done by then."""
    libraries = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and "polars" not in libraries.read_text():
        time.sleep(0.05)
    time.sleep(1)


@pytest.mark.parametrize("command", INTERRUPTED)
def test_ctrl_c_in_each_command(after: Path, command: str) -> None:
    """Here build and train are not: tests/test_cli.py looks at what they leave."""
    process = subprocess.Popen(
        ["crossaisle", *command.split()],
        cwd=after,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    past_the_start(process)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=300)
    assert "Traceback" not in complained
    assert process.returncode in ((130,) if command.startswith(("demo", "evaluate")) else ENDS)
    if process.returncode == 130:
        assert said == ""
        assert "interrupted" in complained
        assert not list(after.glob("other.*"))


def test_the_python_of_the_readme_runs(after: Path) -> None:
    (block,) = blocks("python")
    assert len(block.strip().splitlines()) <= 12
    done = run([sys.executable, "-W", "error", "-c", block], after)
    numbers = re.search(r"sum (\S+) score (\S+)", done.stdout)
    assert numbers
    assert float(numbers[1]) == pytest.approx(float(numbers[2]), rel=1e-5)
