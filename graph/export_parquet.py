"""The graph as a folder of Parquet files, and back."""

from pathlib import Path

import polars as pl

from crossaisle.graph.graph import Graph, GraphError
from crossaisle.graph.schema import EDGES, NODES


def export_parquet(graph: Graph, folder: Path) -> None:
    """Write one file a table, ``products.parquet`` to ``bought_with.parquet``; ends by id."""
    folder.mkdir(parents=True, exist_ok=True)
    for node in NODES:
        getattr(graph, node.name).write_parquet(folder / f"{node.name}.parquet")
    for edge in EDGES:
        graph.edges_by_id(edge.name).write_parquet(folder / f"{edge.name}.parquet")


def import_parquet(folder: Path) -> Graph:
    """Read what :func:`export_parquet` wrote; a table that is not there is empty.

    Raises:
        GraphError: a file is none of these tables, or breaks the schema.
    """
    tables = {}
    for table in (*NODES, *EDGES):
        file = folder / f"{table.name}.parquet"
        if file.is_file():
            try:
                tables[table.name] = pl.read_parquet(file)
            except (OSError, pl.exceptions.PolarsError) as error:
                raise GraphError(f"{file} cannot be read: {error}") from None
    if "products" not in tables:
        raise GraphError(f"{folder} holds no products.parquet: it is no exported graph")
    try:
        return Graph.from_ids(tables)
    except pl.exceptions.PolarsError as error:
        raise GraphError(f"{folder} is no exported graph: {error}") from None
