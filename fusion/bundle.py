"""Histories and candidates laid end to end, for :mod:`crossaisle.fusion.largest`."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crossaisle.fusion.model import BY_KIND, BY_PEOPLE, Model, faded

MOST = 16
"""Candidates of one list; a longer one comes in pieces."""


@dataclass(frozen=True)
class Bundle:
    """Lists laid end to end: of each one history, and known candidates of one aisle.

    So whatever a score multiplies its channels by is of the list or of the history product. Pairs
    come candidate by candidate, each with the history of its list.
    """

    item: np.ndarray  # int (n,): rows of the history products
    of_item: np.ndarray  # int (n,): list of each
    item_at: np.ndarray  # int (lists + 1,): where each list's history products start
    product: np.ndarray  # int (m,): rows of the candidates
    of_product: np.ndarray  # int (m,)
    product_at: np.ndarray  # int (lists + 1,)
    mine: np.ndarray  # int (pairs,): place in ``item``
    theirs: np.ndarray  # int (pairs,): place in ``product``, ascending
    pair_at: np.ndarray  # int (m + 1,): where each candidate's pairs start
    by_people: np.ndarray  # float64 (n,): h_i |h|^-1/4, as far as a people-based channel is open
    by_kind: np.ndarray  # float64 (n,): the same for content and image
    situation: np.ndarray  # int (lists,)
    factor: np.ndarray  # float64 (lists, channels)

    @property
    def lists(self) -> int:
        """How many there are."""
        return len(self.factor)

    def of_pair(self, name: int) -> np.ndarray:
        """A channel's factor for each pair: float64 (pairs,)."""
        return np.asarray(self.factor[self.of_product, name][self.theirs])


def bundled(
    model: Model, histories: sparse.csr_array, users: np.ndarray, products: np.ndarray
) -> tuple[Bundle, np.ndarray]:
    """Lay lists end to end.

    Args:
        model: the model.
        histories: float32 (users, products), nothing in them that no score draws on.
        users: int (m,), rows of histories.
        products: int (m,), rows of candidates; none of them new.

    Returns:
        The bundle, and where each of its candidates was among those asked: int (m,).
    """
    aisle = model.aisle_of[products].astype(np.int64) + 1
    key = users * (len(model.graph.aisles) + 1) + aisle
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    inside = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    product_at = np.flatnonzero(inside % MOST == 0)
    heads = order[product_at]
    product_at = np.append(product_at, len(order))
    of_product = np.repeat(np.arange(len(heads)), np.diff(product_at))
    mine = sparse.csr_array(histories[users[heads]])
    item_at = mine.indptr.astype(np.int64)
    of_item = np.repeat(np.arange(len(heads)), np.diff(item_at))
    situation = model.situations_of(mine, np.arange(len(heads)), products[heads])
    weight = faded(mine, np.inf, np.float64).data
    if situation.any() and np.isfinite(model.half_life):
        fading = faded(mine, model.half_life, np.float64).data
        weight = np.where(situation[of_item] == 1, fading, weight)
    ends = mine.indices, products[heads[of_item]]
    sizes = np.diff(item_at)[of_product]
    pair_at = np.concatenate([[0], np.cumsum(sizes)])
    theirs = np.repeat(np.arange(len(order)), sizes)
    bundle = Bundle(
        item=mine.indices.astype(np.int64),
        of_item=of_item,
        item_at=item_at,
        product=products[order],
        of_product=of_product,
        product_at=product_at,
        mine=np.arange(len(theirs)) + (item_at[of_product] - pair_at[:-1])[theirs],
        theirs=theirs,
        pair_at=pair_at,
        by_people=weight * model.gate(BY_PEOPLE[0], *ends),
        by_kind=weight * model.gate(BY_KIND[0], *ends),
        situation=situation,
        factor=model.weights[situation, 0].astype(np.float64),
    )
    return bundle, order
