"""No Cypher is put together from pieces, and none stands outside cypher/."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossaisle.graph.schema import EDGES, NODES

ROOT = Path(__file__).parents[2]
OTHERS = {".venv", ".types", ".neo4j", "tests", "benchmarks", "build", "dist", ".git"}
SOURCES = [
    path for path in ROOT.rglob("*.py") if not OTHERS & set(path.relative_to(ROOT).parts[:-1])
]
CYPHER = re.compile(r"\b(MATCH|MERGE|UNWIND|DETACH DELETE)\b\s*(\(|\$|\w+\s*=\s*\()|\bRETURN \w+\.")
RUNS = {"run", "query", "execute", "execute_query", "update", "_run"}
BUILT = (ast.JoinedStr, ast.BinOp)
WRITE_BACK = {"Recommendation", "Walk"}, {"RECEIVED", "RECOMMENDS", "LEADS", "THROUGH", "ADDS"}
SIMILAR = "SIMILAR"
CLAIM = "CrossaisleBuild"


def _built(source: str) -> Iterator[int]:
    """Yield the lines on which a statement is put together, or stands in the source."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and CYPHER.search(node.value)
        ):
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            for argument in node.args[:2] if name in RUNS else ():
                made = isinstance(argument, BUILT) or (
                    isinstance(argument, ast.Call)
                    and isinstance(argument.func, ast.Attribute)
                    and argument.func.attr in {"format", "replace", "join"}
                )
                if made:
                    yield argument.lineno


def test_no_cypher_is_built_in_python() -> None:
    assert len(SOURCES) > 30
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        for line in _built(path.read_text(encoding="utf-8"))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "store.query('MATCH (n) RETURN n')",
        "tx.run(f'x {label}')",
        "tx.run('x' + label)",
        "tx.run('x %s' % label)",
        "tx.run('x {}'.format(label))",
        "text = f'MATCH (n:{label})'",
    ],
)
def test_the_check_finds_it(source: str) -> None:
    assert list(_built(source))


def test_labels_and_types_are_from_the_fixed_list() -> None:
    labels = {node.label for node in NODES} | WRITE_BACK[0] | {CLAIM}
    types = {edge.relationship for edge in EDGES} | WRITE_BACK[1] | {SIMILAR}
    for path in (ROOT / "cypher").rglob("*.cypher"):
        lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith("//"))
        for names in re.findall(r"\(\w*:([\w|]+)", text):
            assert set(names.split("|")) <= labels, f"{path.name}: {names}"
        for names in re.findall(r"\[\w*:([\w|]+)", text):
            assert set(names.split("|")) <= types, f"{path.name}: {names}"
