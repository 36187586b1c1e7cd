"""Where a score is a log probability, and where a log has ratings: is the number itself right?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crossaisle.evaluation.ranking import score_blocks
from crossaisle.evaluation.splits import Fold

if TYPE_CHECKING:  # fusion loads torch; the protocol is all that is needed of it
    from crossaisle.fusion.scorer import Scorer

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """Of a model whose scores are log probabilities up to a constant per case."""

    log_loss: float
    """Mean over cases, in nats. A model that knows nothing: ``log_loss_even``."""
    log_loss_even: float
    """The same where every candidate is equally probable: log of their number."""
    ece: float
    """Expected calibration error of the first product's probability."""


def calibrate(scorer: Scorer, fold: Fold) -> Calibration:
    """Judge softmax(scores) over each case's candidates, less the history.

    A case's answer is one of its n hidden products, each as likely: its log loss is the mean of
    -log p over them, and its first product is right by 1/n where it is hidden, else by 0.
    """
    loss, even, confidence, right = [], [], [], []
    for block in score_blocks(scorer, fold):
        known, hidden = block.known.toarray() != 0, block.hidden.toarray() != 0
        log = log_softmax(block.scores, ~known)
        answers = np.maximum(hidden.sum(axis=1), 1)
        loss.append(log_loss(log, hidden))
        even.append(np.log(np.maximum((~known).sum(axis=1), 1)))
        first = np.argmax(log, axis=1)
        rows = np.arange(len(log))
        confidence.append(np.exp(log[rows, first]))
        right.append(hidden[rows, first] / answers)
    return Calibration(
        float(np.concatenate(loss).mean()),
        float(np.concatenate(even).mean()),
        expected_calibration_error(np.concatenate(confidence), np.concatenate(right)),
    )


def log_softmax(scores: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """s_j - log SUM_{allowed k} exp s_k, -inf where not allowed: float64 (cases, m)."""
    there = np.where(allowed, scores.astype(np.float64), -np.inf)
    top = there.max(axis=1, keepdims=True, initial=-np.inf)
    shifted = there - np.where(np.isfinite(top), top, 0)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    result: np.ndarray = shifted - np.log(np.where(total > 0, total, 1))
    return result


def log_loss(log_probability: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """-mean over the answers of log p, natural logarithm: float64 (cases,); 0 without answers.

    Args:
        log_probability: float (cases, m).
        answers: bool (cases, m).
    """
    total = np.where(answers, log_probability, 0).sum(axis=1)
    return np.asarray(-total / np.maximum(answers.sum(axis=1), 1))


def expected_calibration_error(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS
) -> float:
    """ECE = SUM_b |b| / N |mean right - mean confidence| over ``bins`` equal widths of (0, 1].

    Naeini, Cooper and Hauskrecht (2015); Guo et al. (2017).

    Args:
        confidence: float (N,) in [0, 1].
        right: float (N,), how right each was: 0, 1, or a share.
        bins: how many.
    """
    if not len(confidence):
        return 0.0
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))


def mean_absolute_error(rating: np.ndarray, predicted: np.ndarray) -> float:
    """MAE = mean |r - r'|; only for logs with ratings and models that predict them."""
    return float(np.abs(rating - predicted).mean())


def root_mean_squared_error(rating: np.ndarray, predicted: np.ndarray) -> float:
    """RMSE = sqrt(mean (r - r')^2); only for logs with ratings and models that predict them."""
    return float(np.sqrt(np.square(rating - predicted).mean()))
