"""The command line as a person meets it: help, exit codes, sentences; never a traceback."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest
from rich.text import Text
from typer.main import get_command

from crossaisle.cli import TaskName, app, main
from crossaisle.evaluation import TASKS

GROUP = get_command(app)


def all_commands() -> list[list[str]]:
    """Every command that the help lists, groups taken apart."""
    found = []
    for name, command in GROUP.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found += [[name, child] for child in inner] if inner else [[name]]
    return found


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_has_a_help_with_an_example(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"Example: crossaisle {' '.join(command)}" in text


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_nothing_of_a_help_is_taken_for_markup(command: list[str]) -> None:
    node = GROUP
    for part in command:
        node = node.commands[part]  # type: ignore[attr-defined]
    for said in (node.help, *(getattr(option, "help", None) for option in node.params)):
        assert Text.from_markup(said or "").plain == (said or "")


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_example_of_the_help_parses(command: list[str]) -> None:
    node = GROUP
    for part in command:
        node = node.commands[part]  # type: ignore[attr-defined]
    example = re.search(r"Example: crossaisle (.+)", " ".join((node.help or "").split()))
    assert example
    import shlex

    words = shlex.split(example[1])
    node.make_context(command[-1], words[len(command) :])


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_is_in_the_readme(command: list[str]) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert f"crossaisle {' '.join(command)}" in readme


FEED = "id,title,aisle,brand\n1,red sock,wear,Zip\n2,red ball,play,Zip\n"
LOG = "user,product\nann,1\nann,2\nbob,1\nbob,2\n"


def shop_files(folder: Path, feed: str = FEED, log: str = LOG, mapping: str = "") -> Path:
    (folder / "feed.csv").write_text(feed)
    (folder / "log.csv").write_text(log)
    path = folder / "shop.toml"
    path.write_text(
        mapping
        or '[products]\npath = "feed.csv"\ntitle = "title"\naisle = "aisle"\nbrand = "brand"\n'
        '[events]\npath = "log.csv"\n'
    )
    return path


def build(folder: Path, mapping: Path) -> int:
    return main(["graph", "build", "--mapping", str(mapping), "--store", str(folder / "s.lbdb")])


def test_build_says_what_it_did_and_again_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = shop_files(tmp_path)
    assert build(tmp_path, mapping) == 0
    assert "2 Product" in capsys.readouterr().err
    before = (tmp_path / "s.lbdb").read_bytes()
    assert build(tmp_path, mapping) == 0
    assert "nothing changed" in capsys.readouterr().err
    assert (tmp_path / "s.lbdb").read_bytes() == before
    (tmp_path / "feed.csv").write_text(FEED.replace("red ball", "blue ball"))
    assert build(tmp_path, mapping) == 0
    assert "Product: 0 added, 1 changed, 0 removed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"mapping": '[products]\npath = "none.csv"\n'}, 3, "there is no file"),
        (
            {"mapping": '[products]\npath = "feed.csv"\ntitel = "title"\n'},
            2,
            "unknown key 'products.titel'",
        ),
        ({"mapping": '[products]\npath = "feed.csv"\ntitle = "name"\n'}, 3, "no column 'name'"),
        ({"mapping": "[products\n"}, 2, "cannot be read as TOML"),
        ({"feed": ""}, 3, "is empty"),
        ({"feed": "id,title,aisle,brand\n"}, 3, "no rows"),
    ],
)
def test_what_cannot_be_loaded_is_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    code: int,
    words: str,
) -> None:
    assert build(tmp_path, shop_files(tmp_path, **change)) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert not (tmp_path / "s.lbdb").exists()


def test_the_tasks_are_those_of_the_evaluation() -> None:
    assert get_args(TaskName) == TASKS


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["graph", "build", "--store", "s.lbdb"], 2, "either --mapping FILE or --preset"),
        (["graph", "build", "--mapping", "no.toml", "--store", "s.lbdb"], 2, "no mapping file"),
        (["graph", "build", "--preset", "nope", "--store", "s.lbdb"], 2, "online-retail"),
        (["graph", "stats", "--store", "none.lbdb"], 1, "there is no store"),
        (["graph", "stats", "--store", "redis://x"], 1, "neo4j://"),
        (["graph", "stats"], 2, "--store"),
        (["train", "--store", "s", "--output", "m", "--set", "train.nope=1"], 2, "train.epochs"),
        (["train", "--store", "s", "--output", "m", "--set", "train.epochs=no"], 2, "train.epochs"),
        (["train", "--store", "s", "--output", "m", "--config", "no.toml"], 2, "no settings file"),
        (["train", "--store", "none.lbdb", "--output", "m"], 1, "there is no store"),
        (["evaluate", "--store", "s", "--task", "x", "--output", "r.json"], 2, "aisle-cold"),
        (["recommend", "--model", "m", "--requests", "r.csv", "--output", "r.csv"], 2, "no model"),
        (["recommend", "--model", "m", "--requests", "r.csv", "--output", "r.xls"], 2, ".parquet"),
        (["explain", "--model", "m", "--user", "u", "--product", "p"], 2, "no model"),
    ],
)
def test_wrong_usage_is_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    said = capsys.readouterr().err
    assert words in " ".join(said.split())
    assert "Traceback" not in said


def test_a_query_by_name_and_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(tmp_path, shop_files(tmp_path)) == 0
    store = ["--store", str(tmp_path / "s.lbdb")]
    capsys.readouterr()
    assert main(["graph", "query", *store]) == 0
    assert "aisles" in capsys.readouterr().out
    assert main(["graph", "query", *store, "aisles", "--json"]) == 0
    assert '"aisle":"play"' in capsys.readouterr().out
    own = tmp_path / "own.cypher"
    own.write_text(
        "// How many products have $value?\n// $value: one\n"
        "MATCH (p:Product)-->(a:Attribute) WHERE a.value = $value RETURN count(p) AS n"
    )
    assert main(["graph", "query", *store, str(own), "--param", "value=Zip", "--json"]) == 0
    assert capsys.readouterr().out.strip() == '[{"n":2}]'
    for wrong, words in ((["nope"], "aisles"), ([str(own)], "needs --param value"),
                         ([str(own), "--param", "x=1", "--param", "value=1"], "no parameter 'x'"),
                         ([str(own), "--param", "x"], "write key=value")):  # fmt: skip
        assert main(["graph", "query", *store, *wrong]) == 2
        assert words in capsys.readouterr().err


def test_pseudonyms_and_nobody_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping, store, key = shop_files(tmp_path), tmp_path / "s.lbdb", tmp_path / "key"
    command = ["graph", "build", "--mapping", str(mapping), "--store", str(store)]
    assert main([*command, "--pseudonyms", str(key)]) == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert main([*command, "--pseudonyms", str(key)]) == 0
    assert "nothing changed" in capsys.readouterr().err
    from crossaisle.graph import open_store
    from crossaisle.graph.pseudonyms import pseudonym

    names = [pseudonym(one, key.read_bytes().strip()) for one in ("ann", "bob")]
    with open_store(store) as place:
        assert place.read().customers["id"].to_list() == sorted(names)
    key.write_text("short")
    assert main([*command, "--pseudonyms", str(key)]) == 3
    assert "16 or more" in capsys.readouterr().err
    assert main([*command, "--pseudonyms", str(key), "--no-customers"]) == 2
    assert "give one of the two" in capsys.readouterr().err
    assert main([*command, "--no-customers"]) == 0
    with open_store(store) as place:
        counts = place.read().counts()
    assert (counts["Customer"], counts["BOUGHT"], counts["BOUGHT_WITH"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("form", "files"),
    [
        ("turtle", ["graph.ttl"]),
        ("json-ld", ["graph.jsonld"]),
        ("graphml", ["graph.graphml"]),
        ("recbole", [f"crossaisle.{end}" for end in ("inter", "item", "kg", "link", "user")]),
    ],
)
def test_exports(tmp_path: Path, form: str, files: list[str]) -> None:
    assert build(tmp_path, shop_files(tmp_path)) == 0
    where = ["--store", str(tmp_path / "s.lbdb"), "--output", str(tmp_path / "files")]
    assert main(["graph", "export", *where, "--format", form]) == 0
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == files


def test_stats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(tmp_path, shop_files(tmp_path)) == 0
    capsys.readouterr()
    assert main(["graph", "stats", "--store", str(tmp_path / "s.lbdb"), "--json"]) == 0
    import json

    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["Product"] == 2
    assert [row["aisle"] for row in found["aisles"]] == ["play", "wear"]


PROGRAM = [sys.executable, "-c", "import sys; from crossaisle.cli import main; sys.exit(main())"]


@pytest.mark.parametrize("command", ["build", "train"])
def test_a_full_disk_is_a_sentence(tmp_path: Path, command: str) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a disk that fills up is mounted in a namespace of its own: unshare is needed")
    (tmp_path / "disk").mkdir()
    arguments = ["graph", "build", "--mapping", str(shop_files(tmp_path)), "--store"]
    if command == "train":
        assert main([*arguments, str(tmp_path / "s.lbdb")]) == 0
        arguments = ["train", "--store", str(tmp_path / "s.lbdb"), "--output"]
        arguments[1:1] = ["--set", "text.encoder=none"]
    mount = 'mount -t tmpfs -o size=4k none disk && "$@"; code=$?; ls -A disk; exit $code'
    inside = ["unshare", "-rm", "sh", "-c", mount, "sh", *PROGRAM, *arguments, "disk/made"]
    made = subprocess.run(inside, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 1, made.stderr
    assert "pace" in made.stderr, made.stderr  # "No space left", "Check the space"
    assert "Traceback" not in made.stderr
    assert "made\n" not in made.stdout  # nothing half-written is left there


@pytest.mark.parametrize("command", ["build", "train"])
def test_ctrl_c_ends_with_130_and_leaves_nothing_half(tmp_path: Path, command: str) -> None:
    rows = "".join(f"u{i % 900},{1 + i % 2}\n" for i in range(200_000))
    mapping = shop_files(tmp_path, log="user,product\n" + rows)
    store = ["--store", str(tmp_path / "s.lbdb")]
    arguments = ["graph", "build", "--mapping", str(mapping), *store]
    if command == "train":
        assert main(arguments) == 0
        arguments = ["train", *store, "--output", str(tmp_path / "model")]
    before = sorted(path.name for path in tmp_path.iterdir())
    returncode, said = interrupted(arguments, tmp_path)
    if returncode == 0:  # on a busy machine it can be done before the signal comes
        for path in tmp_path.iterdir():
            if path.name not in before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        returncode, said = interrupted(arguments, tmp_path)
    assert returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def interrupted(arguments: list[str], folder: Path) -> tuple[int, str]:
    """Send Ctrl-C a moment after the first stage has begun; return the exit code and stderr."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stderr=subprocess.PIPE, text=True, cwd=folder, env=os.environ
    )
    assert process.stderr
    process.stderr.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    return process.returncode, said
