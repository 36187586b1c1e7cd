"""A table that is larger than the store's buffer pool."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crossaisle.graph import ladybug_store
from crossaisle.graph.graph import Graph


def test_a_table_larger_than_the_pool_is_written_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladybug_store, "POOL", 1 << 26)
    monkeypatch.setattr(ladybug_store, "LARGEST_POOL", 1 << 26)
    head, tail = np.divmod(np.arange(900_000, dtype=np.uint32), 100)
    edges = pl.DataFrame({"head": head, "tail": tail + 10_000})
    edges = edges.with_columns(weight=pl.lit(0.5), count=pl.lit(2, pl.UInt32))
    ids = pl.DataFrame({"id": [f"{row:06d}" for row in range(10_100)]})
    graph = Graph.from_ids({"products": ids}).replace(bought_with=edges)
    with ladybug_store.LadybugStore(tmp_path / "x.lbdb", create=True) as store:
        store.write(graph)
    with ladybug_store.LadybugStore(tmp_path / "x.lbdb") as store:
        found = store.query(
            "MATCH (a:Product)-[r:BOUGHT_WITH]->(b:Product) "
            "RETURN count(*) AS rows, sum(cast(a.id, 'INT64') + cast(b.id, 'INT64')) AS total"
        )
    assert found.row(0) == (
        900_000,
        int(head.sum(dtype=np.int64) + (tail + 10_000).sum(dtype=np.int64)),
    )
