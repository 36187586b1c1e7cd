"""The graph as files for Neo4j's import tool: the fastest way into an empty database."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGES, NODES, TIME, EdgeTable
from crossaisle.graph.store import StoreError

SLICE = 200_000  # rows turned into text at a time
ARGUMENTS = "import.args"


def export_neo4j_admin(graph: Graph, folder: Path) -> Path:
    """Write a CSV file and its header for each table, and a file with the import tool's arguments.

    In ``folder``, and with the server stopped::

        neo4j-admin database import full @import.args neo4j

    Then `crossaisle graph build` with the same graph makes the constraints and finds that nothing
    else is left to do. Texts are quoted and nulls are not, so that an empty text stays a text;
    times are local date-times (UTC); the ids are unique within a label.

    Returns:
        The path of the file of arguments.

    Raises:
        StoreError: the folder holds something already, or cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StoreError(f"{folder} is not empty: name another folder, or empty it")
        for node in NODES:
            frame: pl.DataFrame = getattr(graph, node.name)
            header = [f"id:ID({node.label})"]
            header += [_typed(name, frame.schema[name]) for name in frame.columns[1:]]
            _write_table(folder, node.name, header, frame.iter_slices(SLICE))
        for edge in EDGES:
            header = [f":START_ID({_label(edge.head)})", f":END_ID({_label(edge.tail)})"]
            header += [_typed(name, dtype) for name, dtype in edge.columns.items()]
            _write_table(folder, edge.name, header, _slices(graph, edge))
        path = folder / ARGUMENTS
        path.write_text(_arguments(), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror or error}") from None
    return path


def _slices(graph: Graph, edge: EdgeTable) -> Iterator[pl.DataFrame]:
    heads: pl.Series = getattr(graph, edge.head)["id"]
    tails: pl.Series = getattr(graph, edge.tail)["id"]
    frame: pl.DataFrame = getattr(graph, edge.name)
    for rows in frame.iter_slices(SLICE):
        yield rows.with_columns(head=heads.gather(rows["head"]), tail=tails.gather(rows["tail"]))


def _write_table(
    folder: Path, name: str, header: list[str], slices: Iterator[pl.DataFrame]
) -> None:
    (folder / f"{name}-header.csv").write_text(",".join(header) + "\n", encoding="utf-8")
    with (folder / f"{name}.csv").open("wb") as file:
        for frame in slices:
            frame.with_columns(_floats(frame)).write_csv(
                file,
                include_header=False,
                quote_style="non_numeric",
                datetime_format="%Y-%m-%dT%H:%M:%S%.6f",
            )


def _floats(frame: pl.DataFrame) -> list[pl.Expr]:
    """Say infinity as Java does; the columns that hold none are written as they are."""
    return [
        pl.col(name).cast(pl.String).replace({"inf": "Infinity", "-inf": "-Infinity"})
        for name, dtype in frame.schema.items()
        if dtype == pl.Float64 and frame[name].is_infinite().any()
    ]


def _typed(name: str, dtype: type[pl.DataType] | pl.DataType) -> str:
    kinds = {pl.String: "string", pl.Float64: "double", pl.UInt32: "long", TIME: "localdatetime"}
    return f"{name}:{kinds[dtype]}"


def _label(table: str) -> str:
    return next(node.label for node in NODES if node.name == table)


def _arguments() -> str:
    nodes = [f"--nodes={node.label}={node.name}-header.csv,{node.name}.csv" for node in NODES]
    edges = [
        f"--relationships={edge.relationship}={edge.name}-header.csv,{edge.name}.csv"
        for edge in EDGES
    ]
    options = ["--multiline-fields=true", "--overwrite-destination=true"]
    return "\n".join([*nodes, *edges, *options]) + "\n"
