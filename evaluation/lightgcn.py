"""Baseline: LightGCN on the graph of customers and products, by torch-geometric."""

import warnings
from typing import cast

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph

with warnings.catch_warnings():  # it calls torch.jit.script, which newer torch deprecates
    warnings.simplefilter("ignore")
    from torch_geometric import EdgeIndex


class LightGcn:
    """score_uj = x_u . z_j, both the mean of the layers 0..K of normalised propagation.

        x^(k+1) = A z^(k),  z^(k+1) = A' x^(k),  A_ui = 1 / sqrt(n_u n_i) where u bought i

    LightGCN (He et al., 2020), trained on -log sigmoid(s_ui - s_uj) with j drawn evenly from the
    products that were sold. One difference: users have no table of their own, x^(0) = 0. Training
    then sees a user as the test does: from the history h,

        x_u = |h|^-1/2 SUM_{i in h} n_i^-1/2 SUM_{k < K} z_i^(k) / (K + 1),

    so a user need not have been trained on. Each of the ``steps`` propagates the whole graph once
    and judges ``batch`` purchases: few and large, or propagation takes hours.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        layers: int,
        regularisation: float,
        size: int = 64,
        steps: int = 100,
        batch: int = 65_536,
        learning_rate: float = 0.1,
        seed: int = 0,
    ) -> None:
        """Train ``steps`` steps of Adam; the purchases of a batch are drawn with replacement."""
        log = training_log(graph)
        sold = np.asarray(log.sum(axis=0)).ravel()
        basket = np.maximum(np.asarray(log.sum(axis=1)).ravel(), 1)
        self.start = (np.maximum(sold, 1) ** -0.5).astype(np.float32)
        step = sparse.diags_array((basket**-0.5).astype(np.float32)) @ log
        step = sparse.csr_array(step @ sparse.diags_array(self.start))
        self.layers, self.people = layers, log.shape[0]
        self.to_people, self.to_products = _edges(step), _edges(step.T)
        rng = torch.Generator().manual_seed(seed)
        table = torch.nn.Parameter(0.1 * torch.randn(log.shape[1], size, generator=rng))
        if log.nnz:
            self._train(table, log, np.flatnonzero(sold), rng, steps, batch, learning_rate,
                        regularisation)  # fmt: skip
        with torch.no_grad():
            _, ends, starts = self.propagate(table)
        self.items, self.starts = ends.numpy(), starts.numpy()

    def propagate(self, table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return x (users, d), z (products, d), and SUM_{k < K} z^(k) / (K + 1) (products, d)."""
        product, person = table, torch.zeros(self.people, table.shape[1])
        users, items, starts = person, product, torch.zeros_like(table)
        for _ in range(self.layers):
            starts = starts + product
            person, product = _gather(self.to_people, product), _gather(self.to_products, person)
            users, items = users + person, items + product
        share = 1 / (self.layers + 1)
        return users * share, items * share, starts * share

    def scores(self, histories: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
        """float32 (users, m)."""
        size = np.asarray(histories.sum(axis=1)).ravel()
        users = histories @ (self.starts * self.start[:, None])
        users /= np.sqrt(np.maximum(size, 1))[:, None]
        scores: np.ndarray = users @ self.items[candidates].T
        return scores.astype(np.float32)

    def _train(
        self,
        table: torch.nn.Parameter,
        log: sparse.csr_array,
        sold: np.ndarray,
        rng: torch.Generator,
        steps: int,
        batch: int,
        learning_rate: float,
        regularisation: float,
    ) -> None:
        ends = sparse.coo_array(log).coords
        person, bought = (torch.from_numpy(np.asarray(side, dtype=np.int64)) for side in ends)
        some = torch.from_numpy(sold)
        optimiser = torch.optim.Adam([table], lr=learning_rate)
        for _ in range(steps):
            pick = torch.randint(len(person), (min(batch, len(person)),), generator=rng)
            other = some[torch.randint(len(some), (len(pick),), generator=rng)]
            users, items, _ = self.propagate(table)
            mine, yes = users[person[pick]], bought[pick]
            lead = (mine * (items[yes] - items[other])).sum(dim=1)
            length = (table[yes].square() + table[other].square()).sum() / len(pick)
            loss = torch.nn.functional.softplus(-lead).mean() + regularisation * length
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()


def _edges(matrix: sparse.csr_array) -> tuple[EdgeIndex, Tensor]:
    """Edges sorted by row, with what the way back needs, and their weights."""
    coo = sparse.coo_array(sparse.csr_array(matrix))
    ends = torch.from_numpy(np.stack(coo.coords).astype(np.int64))
    index = EdgeIndex(ends, sparse_size=matrix.shape, sort_order="row").fill_cache_()
    return cast(EdgeIndex, index), torch.from_numpy(coo.data.astype(np.float32))


def _gather(edges: tuple[EdgeIndex, Tensor], vectors: Tensor) -> Tensor:
    with warnings.catch_warnings():  # torch calls its CSR tensors beta, and their checks off
        warnings.simplefilter("ignore")
        return cast(Tensor, edges[0].matmul(vectors, input_value=edges[1]))
