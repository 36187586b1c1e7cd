"""The graph network: linear, relation-weighted propagation from leaves to products.

    z(i) = SUM_r theta_r SUM_n A_r[i, n] x_r[n]

over the relations SELF (the product's own vector), IN_CATEGORY, HAS_ATTRIBUTE and BOUGHT_WITH,
once with the tables of the history side (in) and once with those of the candidate side (out). No
non-linearity, so z_in(i) . z_out(j) is a sum over pairs of leaves: walks of the graph. In the
spirit of LightGCN (He et al., 2020) and of KGIN's relation products (Wang et al., 2021); unlike
them no user has a vector, and the two sides have tables of their own.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

with warnings.catch_warnings():  # it calls torch.jit.script, which newer torch deprecates
    warnings.simplefilter("ignore")
    from torch_geometric import EdgeIndex


@dataclass(frozen=True)
class Relation:
    """One kind of edge from products to leaves."""

    name: str
    leaves: str  # the table it reads: "product" or "node" (attributes, then categories)
    matrix: sparse.csr_array  # float32 (products, rows of that table), rows of length <= 1


@dataclass(frozen=True)
class Edges:
    """A relation seen from some rows (users or products), ready for torch."""

    index: EdgeIndex  # (row, leaf), sorted by row
    weight: Tensor  # float32 (edges,)

    @classmethod
    def from_matrix(cls, matrix: sparse.csr_array) -> "Edges":
        """Wrap a scipy matrix (rows, leaves)."""
        coo = sparse.coo_array(matrix)
        ends = torch.from_numpy(np.stack(coo.coords).astype(np.int64))
        index = EdgeIndex(ends, sparse_size=matrix.shape, sort_order="row")
        return cls(cast(EdgeIndex, index), torch.from_numpy(coo.data.astype(np.float32)))

    def gather(self, vectors: Tensor) -> Tensor:
        """Weighted sum of the leaves: float32 (rows, d)."""
        if not len(self.weight):
            return vectors.new_zeros(self.index.sparse_size(0) or 0, vectors.shape[1])
        with warnings.catch_warnings():  # torch calls its CSR tensors beta, and their checks off
            warnings.simplefilter("ignore")
            return cast(Tensor, self.index.matmul(vectors, input_value=self.weight))


class GraphNetwork(nn.Module):
    """Leaf tables, relation weights and the candidates' biases.

    Args:
        start: first value of the products' vectors, float32 (products, d), for both sides.
        nodes: number of attribute and category leaves; they start at 0, so that at the first step
            the network is its SVD start and nothing else.
        relations: names in the order of ``theta``; SELF comes first and counts 1, the others
            start at .3.
        bias: first value of the candidates' biases, float32 (products,).
    """

    def __init__(
        self, start: np.ndarray, nodes: int, relations: tuple[str, ...], bias: np.ndarray
    ) -> None:
        """Copy the start into both sides' tables."""
        super().__init__()
        size = start.shape[1]
        self.relations = relations
        self.tables = nn.ParameterDict(
            {
                f"{leaves}_{side}": nn.Parameter(first.clone())
                for side in ("in", "out")
                for leaves, first in (
                    ("product", torch.from_numpy(start.astype(np.float32))),
                    ("node", torch.zeros(nodes, size)),
                )
            }
        )
        # SELF counts 1: its scale is the table's own, and a free factor only speeds overfitting.
        weight = torch.full((len(relations) - 1,), 0.3)
        self.theta_in = nn.Parameter(weight.clone())
        self.theta_out = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))

    def vectors(self, side: str, edges: Mapping[str, tuple[str, Edges]]) -> Tensor:
        """Propagate leaves to rows: float32 (rows, d).

        Args:
            side: "in" (histories) or "out" (candidates).
            edges: relation -> (table of leaves, edges from the rows to them).
        """
        theta = self._theta(side)
        parts = [
            theta[place] * edges[name][1].gather(self.tables[f"{edges[name][0]}_{side}"])
            for place, name in enumerate(self.relations)
        ]
        return torch.stack(parts).sum(dim=0)

    def weights(self, side: str) -> dict[str, float]:
        """Relation weights theta of one side."""
        return dict(zip(self.relations, self._theta(side).detach().tolist(), strict=True))

    def table(self, leaves: str, side: str) -> np.ndarray:
        """Leaf vectors: float32 (leaves, d), a copy."""
        return np.array(self.tables[f"{leaves}_{side}"].detach().numpy())

    def _theta(self, side: str) -> Tensor:
        learned = self.theta_in if side == "in" else self.theta_out
        return torch.cat([torch.ones(1), learned])
