"""The repository root is the package: what that needs to stay true."""

import ast
import doctest
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

import crossaisle

ROOT = Path(__file__).resolve().parent.parent
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
ROOMS = {
    "graph": set[str](),
    "loaders": {"graph"},
    "encoders": {"graph"},
    "fusion": {"graph", "encoders"},
    "evaluation": {"graph", "fusion"},
    "reports": {"graph", "fusion"},
    "commands": {"graph", "loaders", "encoders", "fusion", "evaluation", "reports"},
    "cli": {"commands"},
}
DOORS = {  # a heavy library enters through these files and no others
    "bm25s": {"fusion/search.py"},
    "dateutil": {"loaders/dates.py"},
    "defusedxml": {"loaders/read_merchant.py"},
    "implicit": {"evaluation/bpr.py", "evaluation/ials.py"},
    "ladybug": {"graph/ladybug_store.py"},
    "neo4j": {"graph/neo4j_access.py", "graph/neo4j_store.py", "graph/neo4j_sentences.py"},
    "networkx": {"graph/export_graphml.py"},
    "PIL": {"encoders/pictures.py"},
    "babel": {"reports/catalogue.py"},
    "pint": {"loaders/units.py"},
    "rdflib": {"graph/export_rdf.py", "loaders/read_rdf.py"},
    "resvg_py": {"reports/png.py"},
    "rich": {"commands/screen.py", "commands/evaluate.py", "evaluation/tables.py"},
    "safetensors": {"fusion/saved.py"},
    "onnxruntime": {"encoders/exported.py"},
    "peft": {"encoders/modes.py"},
    "sentence_transformers": {"encoders/sentence.py"},
    "torch_geometric": {"encoders/network.py", "evaluation/lightgcn.py", "graph/export_pyg.py"},
    "transformers": {
        "encoders/images.py",  # vision models: sentence-transformers knows CLIP's alone
        "encoders/masked.py",
        "encoders/sentence.py",
        "encoders/trainer.py",
    },
    "typer": {"cli.py"},
}
MAX_LINES = 320
LONGER = {"cli.py": 540}  # a list of arguments, no logic


def package_files() -> list[Path]:
    """Return every Python file that ships, relative to the root."""
    inside = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in [*inside, *ROOT.glob("*.py")])


def module_name(path: Path) -> str:
    parts = ("crossaisle", *path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_package_is_listed() -> None:
    found = {module_name(p) for p in package_files() if p.name == "__init__.py"}
    assert set(SETUPTOOLS["packages"]) == found | {"crossaisle.cypher"}


def test_root_holds_only_the_entry_points() -> None:
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py", "cli.py"}


def test_no_root_name_hides_the_standard_library() -> None:
    names = {p.stem for p in ROOT.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert not names & sys.stdlib_module_names


def imported_modules(path: Path) -> list[str]:
    """Return every module a file imports, at any depth of nesting."""
    found: list[str] = []
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return found


@pytest.mark.parametrize("path", package_files(), ids=str)
def test_imports_follow_the_arrows(path: Path) -> None:
    room = path.parts[0].removesuffix(".py")
    for module in imported_modules(path) if room != "__init__" else []:
        package, _, rest = module.partition(".")
        if package == "crossaisle":
            assert rest.split(".")[0] in ROOMS[room] | {room}, f"{path} imports {module}"
        elif package in DOORS:
            assert path.as_posix() in DOORS[package], f"{package} has its own door"


@pytest.mark.parametrize("path", package_files(), ids=str)
def test_a_file_fits_in_the_head(path: Path) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= LONGER.get(path.as_posix(), MAX_LINES)


@pytest.mark.parametrize("path", package_files(), ids=str)
def test_doctests_run_under_the_package_name(path: Path) -> None:
    assert doctest.testmod(import_module(module_name(path))).failed == 0


def test_public_names_resolve() -> None:
    assert sorted(crossaisle.__all__) == dir(crossaisle)
    assert all(hasattr(crossaisle, name) for name in crossaisle.__all__)


def test_the_command_line_starts_light() -> None:
    heavy = "{'torch', 'torch_geometric', 'transformers', 'neo4j', 'rdflib', 'sklearn'}"
    probe = f"import sys, crossaisle.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    expected = {f"crossaisle/{path.as_posix()}" for path in package_files()}
    data = [ROOT / "py.typed", ROOT / "cypher/__init__.py", *(ROOT / "cypher").rglob("*.cypher")]
    data += [*(ROOT / "loaders/presets").iterdir(), *(ROOT / "loaders/taxonomy").iterdir()]
    data += [*(ROOT / "reports/templates").iterdir()]
    expected |= {f"crossaisle/{path.relative_to(ROOT).as_posix()}" for path in data}
    assert names == expected
