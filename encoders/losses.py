"""Losses of fine-tuning, each a formula on vectors of length 1.

Notation: t a text's vector, tau a temperature, q_j how often product j is drawn as a second.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


def recall_loss(
    first: Tensor,
    second: Tensor,
    hard: Tensor,
    *,
    bought: Tensor,
    rows: Tensor,
    log_q: Tensor,
    temperature: float,
) -> Tensor:
    """Retrieval: the mean over i of -log softmax_i(t_i . t_j / tau - log q_j), j over the batch.

    The correction takes away that popular products are negatives more often (Yi et al., 2019). A
    candidate that is i's own second, or its first, is no negative of it: nothing is as near to a
    text as the text itself, and nobody is shown what they have.

    Args:
        first: float (pairs, d).
        second: float (pairs, d); pair i is right for first i.
        hard: float (negatives, d), more candidates, right for nobody.
        bought: int64 (pairs,), the product behind each first.
        rows: int64 (pairs + negatives,), the product behind each candidate.
        log_q: float (pairs + negatives,).
        temperature: tau.
    """
    logits = first @ torch.cat([second, hard]).T / temperature - log_q
    own = torch.arange(len(first), device=first.device)
    same = (rows[None] == rows[: len(first), None]) | (rows[None] == bought[:, None])
    same[own, own] = False
    return functional.cross_entropy(logits.masked_fill(same, float("-inf")), own)


def views_loss(one: Tensor, other: Tensor, temperature: float) -> Tensor:
    """Two views of one text find each other: -log softmax_i(t_i . t'_j / tau) (SimCSE).

    Gao et al., 2021. Both float (texts, d).
    """
    own = torch.arange(len(one), device=one.device)
    return functional.cross_entropy(one @ other.T / temperature, own)


def distil_loss(text: Tensor, people: Tensor) -> Tensor:
    """1 - t . p, the mean over products whose vector p is known (not 0).

    Args:
        text: float (products, rank), length 1.
        people: float (products, rank), length 1 or 0.
    """
    known = people.abs().sum(dim=1) > 0
    return (1 - (text * people).sum(dim=1))[known].sum() / known.sum().clamp(min=1)


class ClickLoss(nn.Module):
    """Is this pair bought together? -log sigma(y (a t_i . t_j + b)), y = 1 or -1; a, b learned."""

    def __init__(self) -> None:
        """Start where cosines .2 and .6 are an even chance and a likely one."""
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(5.0))
        self.shift = nn.Parameter(torch.tensor(-1.0))

    def forward(self, first: Tensor, second: Tensor, bought: Tensor) -> Tensor:
        """Return the mean; vectors float (pairs, d), ``bought`` 1 or 0, float (pairs,)."""
        logit = self.scale * (first * second).sum(dim=1) + self.shift
        return functional.binary_cross_entropy_with_logits(logit, bought)


class Mixture(nn.Module):
    """SUM_k w_k L_k; with ``uncertainty`` SUM_k w_k (exp(-s_k) L_k + s_k), every s_k learned.

    s_k is the log variance of task k (Kendall, Gal and Cipolla, 2018, up to the factor 1/2).
    """

    def __init__(self, weights: dict[str, float], *, uncertainty: bool) -> None:
        """Keep the objectives whose weight is above 0."""
        super().__init__()
        self.weights = {name: weight for name, weight in weights.items() if weight > 0}
        self.log_variance = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(())) for name in self.weights} if uncertainty else {}
        )

    def forward(self, losses: dict[str, Tensor]) -> Tensor:
        """Return the sum over the objectives that are switched on."""
        terms = []
        for name, weight in self.weights.items():
            term = losses[name]
            if name in self.log_variance:
                s = self.log_variance[name]
                term = torch.exp(-s) * term + s
            terms.append(weight * term)
        return torch.stack(terms).sum()
