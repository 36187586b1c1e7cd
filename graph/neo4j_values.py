"""What Neo4j answers, as polars frames: columns of plain values, nodes and paths as structs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from crossaisle.graph.schema import TIME, Columns


def table_frame(records: Sequence[Sequence[Any]], columns: Columns) -> pl.DataFrame:
    """Return records of known columns as a frame; times are naive UTC microseconds.

    Raises:
        TypeError: a value is of another type than its column.
    """
    values = zip(*records, strict=True) if records else ([] for _ in columns)
    series = []
    for (name, dtype), column in zip(columns.items(), values, strict=True):
        if dtype == TIME:
            column = [None if value is None else value.to_native() for value in column]
        series.append(pl.Series(name, column, dtype=dtype))
    return pl.DataFrame(series)


def answer_frame(names: Sequence[str], records: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Return the answer to any statement; a column of mixed kinds becomes JSON text."""
    columns = zip(*records, strict=True) if records else ([] for _ in names)
    return pl.DataFrame(
        [_series(name, column) for name, column in zip(names, columns, strict=True)]
    )


def _series(name: str, column: Iterable[Any]) -> pl.Series:
    values = [_plain(value) for value in column]
    if all(value is None for value in values):
        return pl.Series(name, values, dtype=pl.Null)
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        return pl.Series(name, [json.dumps(value, default=str) for value in values])


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever Cypher can return
    """Return driver types as dictionaries and lists: a node gets ``_label``, a path both lists."""
    if hasattr(value, "nodes") and hasattr(value, "relationships"):  # a path
        return {
            "nodes": [_plain(node) for node in value.nodes],
            "relationships": [_plain(one) for one in value.relationships],
        }
    if hasattr(value, "labels"):  # a node
        return {"_label": ":".join(sorted(value.labels)), **_properties(value)}
    if hasattr(value, "start_node"):  # a relationship
        ends = {"_head": value.start_node.get("id"), "_tail": value.end_node.get("id")}
        return {"_type": value.type, **ends, **_properties(value)}
    if isinstance(value, Mapping):
        return _properties(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.to_native() if hasattr(value, "to_native") else value


def _properties(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a node, relationship or mapping
    return {key: _plain(one) for key, one in value.items()}
