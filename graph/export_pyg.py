"""The graph as PyG's ``HeteroData``, for models of one's own. A door to ``torch_geometric``."""

import warnings

import numpy as np
import polars as pl
import torch

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGES, NODE, NODES, TIME

with warnings.catch_warnings():  # it calls torch.jit.script, which newer torch deprecates
    warnings.simplefilter("ignore")
    from torch_geometric.data import HeteroData


def to_hetero_data(graph: Graph) -> HeteroData:
    """Return every node and relationship, under their labels and types.

    - ``data[label]``: ``num_nodes``; ``id`` (list of str, in row order); of Product also ``price``
      (float32 (n,), NaN where unknown) and ``aisle`` (int64 (n,), index into ``graph.aisles``,
      -1 for none).
    - ``data[head, type, tail]``: ``edge_index`` (int64 (2, e), rows of head and tail); each
      property that is a number as float32 (e,), NaN where null; ``time`` as int64 (e,), seconds
      since 1970 in UTC, the smallest int64 where there is none. Texts (source, type) are left out.

    BOUGHT_WITH is undirected and stands once: ``T.ToUndirected()`` adds the other way. It is made
    from the whole log: leave it out, or make it anew, before measuring on a part of the log.
    """
    data = HeteroData()
    for node in NODES:
        frame: pl.DataFrame = getattr(graph, node.name)
        data[node.label].num_nodes = frame.height
        data[node.label].id = frame["id"].to_list()
    prices = graph.products["price"].fill_null(float("nan")).to_numpy()
    data["Product"].price = torch.from_numpy(prices.astype(np.float32))
    data["Product"].aisle = torch.from_numpy(graph.aisle_of.astype(np.int64))
    for edge in EDGES:
        frame = getattr(graph, edge.name)
        store = data[NODE[edge.head].label, edge.relationship, NODE[edge.tail].label]
        ends = [frame[end].to_numpy().astype(np.int64) for end in ("head", "tail")]
        store.edge_index = torch.from_numpy(np.stack(ends))
        for name, dtype in edge.columns.items():
            if dtype == TIME:
                seconds = frame[name].dt.epoch("s").fill_null(np.iinfo(np.int64).min)
                store.time = torch.from_numpy(seconds.to_numpy().astype(np.int64))
            elif dtype != pl.String:
                numbers = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
                store[name] = torch.from_numpy(numbers.astype(np.float32))
    return data
