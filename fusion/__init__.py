"""Vectors and walks -> scores, lists, contributions; training of the whole; the saved model."""

from crossaisle.fusion.config import TrainConfig
from crossaisle.fusion.errors import FusionError, ModelError, TrainingError, UnknownId
from crossaisle.fusion.model import Model
from crossaisle.fusion.recommender import Recommender
from crossaisle.fusion.scorer import Scorer
from crossaisle.fusion.terms import Explanation, PathNode, Term

__all__ = [
    "Explanation",
    "FusionError",
    "Model",
    "ModelError",
    "PathNode",
    "Recommender",
    "Scorer",
    "Term",
    "TrainConfig",
    "TrainingError",
    "UnknownId",
]
