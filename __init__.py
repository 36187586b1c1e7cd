"""Cross-category recommendation over a knowledge graph, with reasons that add up.

Names are loaded on first use (PEP 562), so ``import crossaisle`` and ``crossaisle --help``
never import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossaisle.fusion import Recommender, TrainConfig
    from crossaisle.graph import Graph, open_store
    from crossaisle.loaders import load

    __version__: str

__all__ = ["Graph", "Recommender", "TrainConfig", "__version__", "load", "open_store"]

_HOME = {
    "Graph": "crossaisle.graph",
    "Recommender": "crossaisle.fusion",
    "TrainConfig": "crossaisle.fusion",
    "load": "crossaisle.loaders",
    "open_store": "crossaisle.graph",
}


def __getattr__(name: str) -> object:
    """Import a public name from the room that owns it."""
    if name == "__version__":
        from importlib.metadata import version

        return version("crossaisle")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
