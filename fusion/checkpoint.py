"""What the first half of a training chose, kept so that an interrupted training can go on."""

import json
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from crossaisle.fusion.calibrate import Calibration, Choice
from crossaisle.fusion.config import TrainConfig
from crossaisle.graph import Graph


@dataclass(frozen=True)
class Chosen:
    """Lambdas (people: None where nobody crosses), half-life, weights, and a summary."""

    choice: Choice
    report: dict[str, object]
    people: float | None
    regression: dict[str, float]
    half_life: float


def fingerprint(
    graph: Graph,
    config: TrainConfig,
    text: np.ndarray | None,
    seed: int,
    images: np.ndarray | None = None,
) -> str:
    """SHA-256 of all that a training is made from."""
    digest = sha256(f"{config.model_dump_json()} {seed}".encode())
    for frame in (graph.products, graph.attributes, graph.categories, graph.customers):
        digest.update("\n".join(frame["id"]).encode())
    digest.update(graph.aisle_of.tobytes())
    for matrix in (
        graph.first_moments,
        graph.anonymous_baskets,
        graph.product_attributes,
        graph.product_categories,
    ):
        for part in (matrix.indptr, matrix.indices, matrix.data):
            digest.update(np.ascontiguousarray(part).tobytes())
    if text is not None:
        digest.update(np.ascontiguousarray(text).tobytes())
    if images is not None:
        digest.update(b"images")
        digest.update(np.ascontiguousarray(images).tobytes())
    return digest.hexdigest()


def save_choice(path: Path, key: str, chosen: Chosen) -> None:
    """Write the file; a disk that is full or read-only only means that nothing is kept."""
    rows = [
        [situation, fresh, made.weights, made.constants.tolist()]
        for (situation, fresh), made in chosen.choice.items()
    ]
    penalties = {"people": chosen.people, "regression": chosen.regression}
    content = {"key": key, "choice": rows, "report": chosen.report, **penalties}
    content["half_life"] = chosen.half_life
    new = path.with_name(f"{path.name}.new")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(content), encoding="utf-8")
        new.replace(path)


def load_choice(path: Path, key: str) -> Chosen | None:
    """Read the file; None where it is missing, damaged, or of another training."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["key"] != key:
            return None
        choice = {
            (situation, fresh): Calibration(weights, np.array(constants, dtype=np.float64))
            for situation, fresh, weights, constants in content["choice"]
        }
        rest = (content[name] for name in ("report", "people", "regression", "half_life"))
        return Chosen(choice, *rest)
    except (OSError, ValueError, KeyError, TypeError):
        return None
