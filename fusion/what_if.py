"""What would happen to a score and a rank: other products in the history, or no such attribute."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import Channel, ContentTable, NetworkTables
from crossaisle.fusion.likeness import LikenessTable
from crossaisle.fusion.model import Model


@dataclass(frozen=True)
class WhatIf:
    """A product's score and place before and after a change.

    A rank counts from 1, among the products of the product's aisle (of all aisles, where it has
    none) that are not in the history; equal scores come in the order of their ids.
    """

    user_id: str
    product_id: str
    aisle: str | None
    score: float
    rank: int
    of: int
    """Products that are ranked."""
    new_score: float
    new_rank: int
    new_of: int

    def to_json(self) -> dict[str, str | float | None]:
        """Return the JSON object of ``explain --without ... --format json``."""
        return dict(vars(self))


def what_if(
    model: Model,
    history: sparse.csr_array,
    product: int,
    *,
    user_id: str = "",
    changed: sparse.csr_array,
    attributes: Sequence[int] = (),
) -> WhatIf:
    """Score and rank one product twice, both times by the model itself.

    Args:
        model: the model.
        history: float32 (1, products), as it is: 0, or 1 + the visits since.
        product: row of the candidate.
        user_id: whose history it is.
        changed: float32 (1, products), as it might be.
        attributes: rows of attributes whose walks are taken away, on both sides.
    """
    score, rank, of = _placed(model, history, product)
    other = without_attributes(model, attributes) if attributes else model
    new_score, new_rank, new_of = _placed(other, changed, product)
    graph, aisle = model.graph, int(model.aisle_of[product])
    return WhatIf(
        user_id=user_id,
        product_id=graph.products["id"][product],
        aisle=graph.aisles[aisle] if aisle >= 0 else None,
        score=score,
        rank=rank,
        of=of,
        new_score=new_score,
        new_rank=new_rank,
        new_of=new_of,
    )


def without_attributes(model: Model, attributes: Sequence[int]) -> Model:
    """Return the model without every walk through some attributes: their leaves are 0.

    Feature vectors keep their lengths and products their biases, so nothing but those walks goes.
    A score falls by the sum of their contributions, and in the content channel by more: a cosine
    to the third power loses more than the attribute's share of it.
    """
    nodes = model.graph.attributes.height + model.graph.categories.height
    first = model.graph.products.height + np.asarray(attributes, np.int64)
    leaves = np.concatenate([first, first + nodes])  # a node has a second one, for new products
    channels: dict[str, Channel] = dict(model.channels)
    for name, channel in model.channels.items():
        if isinstance(channel, NetworkTables):
            sides = channel.leaves_in.copy(), channel.leaves_out.copy()
            for side in sides:
                side[leaves[leaves < len(side)]] = 0
            channels[name] = NetworkTables.from_leaves(*sides, channel.mix_in, channel.mix_out)
        elif isinstance(channel, ContentTable):
            matrix = channel.matrix.copy()
            matrix.data[np.isin(matrix.indices, attributes)] = 0
            channels[name] = replace(channel, matrix=matrix)
        elif isinstance(channel, LikenessTable):
            chosen = np.asarray(attributes, np.int64)
            lost = sparse.csr_array(channel.matrix[:, chosen]) @ channel.nodes[chosen]
            left = channel.matrix.copy()
            left.data[np.isin(left.indices, chosen)] = 0
            vectors = channel.vectors - channel.share[:, None] * lost
            channels[name] = replace(channel, matrix=left, vectors=vectors)
    return replace(model, channels=channels)


def _placed(model: Model, history: sparse.csr_array, product: int) -> tuple[float, int, int]:
    aisle = model.aisle_of[product]
    chosen = model.aisle_of == aisle if aisle >= 0 else np.ones(len(model.aisle_of), bool)
    chosen[history.indices] = False
    chosen[product] = True
    candidates = np.flatnonzero(chosen)
    scores = model.scores(history, candidates, np.float64)[0]
    mine = int(np.searchsorted(candidates, product))
    better = int((scores > scores[mine]).sum() + (scores[:mine] == scores[mine]).sum())
    return float(scores[mine]), 1 + better, len(candidates)
