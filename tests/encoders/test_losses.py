"""Every loss against loops."""

import math

import pytest
import torch

from crossaisle.encoders.losses import (
    ClickLoss,
    Mixture,
    distil_loss,
    recall_loss,
    views_loss,
)


def unit(*shape: int, seed: int) -> torch.Tensor:
    rows = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(rows, dim=1)


def test_recall_is_a_corrected_softmax_over_the_batch() -> None:
    first, second, hard = unit(5, 8, seed=0), unit(5, 8, seed=1), unit(3, 8, seed=2)
    rows = torch.tensor([4, 7, 4, 9, 1, 2, 7, 30])  # pairs 0 and 2 have one second; 6 is 1's own
    log_q = torch.log(torch.rand(40, generator=torch.Generator().manual_seed(3)))[rows]
    bought = torch.tensor([20, 21, 9, 22, 30])  # 2's first is 3's second; 4's a hard negative
    found = recall_loss(first, second, hard, bought=bought, rows=rows, log_q=log_q, temperature=0.2)
    total, candidates = 0.0, [*second, *hard]
    for i in range(5):
        logits = []
        for j, candidate in enumerate(candidates):
            if j != i and rows[j] in (rows[i], bought[i]):
                continue
            logits.append(float(first[i] @ candidate) / 0.2 - float(log_q[j]))
            if j == i:
                right = logits[-1]
        total += -right + math.log(sum(math.exp(x) for x in logits))
    assert float(found) == pytest.approx(total / 5, rel=1e-5)


def test_recall_falls_when_a_pair_comes_together() -> None:
    first, second = unit(4, 6, seed=0), unit(4, 6, seed=1)
    rows, flat = torch.arange(4), torch.zeros(4)
    none = torch.zeros(0, 6)

    def loss(start: torch.Tensor) -> torch.Tensor:
        return recall_loss(
            start, second, none, bought=rows + 9, rows=rows, log_q=flat, temperature=0.1
        )

    assert loss(second) < loss(first)


def test_views_are_a_softmax() -> None:
    one, other = unit(4, 6, seed=0), unit(4, 6, seed=1)
    total = 0.0
    for i in range(4):
        logits = [float(one[i] @ other[j]) / 0.1 for j in range(4)]
        total += -logits[i] + math.log(sum(math.exp(x) for x in logits))
    assert float(views_loss(one, other, 0.1)) == pytest.approx(total / 4, rel=1e-5)


def test_distil_leaves_out_products_without_vector() -> None:
    text, people = unit(5, 6, seed=0), unit(5, 6, seed=1)
    people[2] = 0
    wanted = sum(1 - float(text[i] @ people[i]) for i in (0, 1, 3, 4)) / 4
    assert float(distil_loss(text, people)) == pytest.approx(wanted, rel=1e-5)
    assert float(distil_loss(text, torch.zeros(5, 6))) == 0


def test_click_is_a_logistic_loss() -> None:
    first, second = unit(4, 6, seed=0), unit(4, 6, seed=1)
    bought = torch.tensor([1.0, 0, 0, 1])
    loss, total = ClickLoss(), 0.0
    for i in range(4):
        chance = 1 / (1 + math.exp(-(5 * float(first[i] @ second[i]) - 1)))
        total -= math.log(chance if bought[i] else 1 - chance)
    assert loss(first, second, bought).item() == pytest.approx(total / 4, rel=1e-5)


def test_mixture_weighs_and_leaves_out() -> None:
    losses = {"recall": torch.tensor(2.0), "click": torch.tensor(3.0), "views": torch.tensor(5.0)}
    mixture = Mixture({"recall": 0.5, "click": 2.0, "views": 0.0}, uncertainty=False)
    assert mixture(losses).item() == pytest.approx(7.0)


def test_learned_uncertainty_finds_the_variance() -> None:
    """The minimum of exp(-s) L + s is at s = log L."""
    mixture = Mixture({"recall": 1.0, "click": 1.0}, uncertainty=True)
    losses = {"recall": torch.tensor(4.0), "click": torch.tensor(0.25)}
    optimizer = torch.optim.Adam(mixture.parameters(), 0.05)
    for _ in range(400):
        optimizer.zero_grad()
        mixture(losses).backward()
        optimizer.step()
    assert mixture.log_variance["recall"].item() == pytest.approx(math.log(4), abs=0.02)
    assert mixture.log_variance["click"].item() == pytest.approx(math.log(0.25), abs=0.02)
