"""How the model is trained: few settings, each with its unit and range."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class TrainConfig(BaseModel):
    """Settings of :func:`crossaisle.fusion.train.train`; the same defaults serve every shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forecast: bool = True
    """Where events have dates the weights are chosen by what people bought after a day, as it will
    be asked for. False: by purchases of any time, hidden here and there."""
    network: bool = True
    """Train the graph network. Without it the model is closed-form only: minutes become seconds."""
    quick: bool = False
    """For large shops and first looks: closed forms only, without the latent channel and regression
    across aisles, from half as many factors, lessons and questions (:data:`QUICK`, where nothing
    else is said)."""
    embedding_size: Annotated[int, Field(ge=2, le=256)] = 128
    """Numbers in a product's vector (graph network)."""
    epochs: Annotated[int, Field(ge=1, le=1000)] = 5
    """Passes over the training tasks (graph network)."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 2e-3
    """Adam's highest step; it falls to 0 along a cosine."""
    batch_size: Annotated[int, Field(ge=1, le=65536)] = 512
    """Tasks (one person, one target aisle) in one step."""
    people_rank: Annotated[int, Field(ge=1, le=1024)] = 64
    """Largest rank of the people channel's tables, one pair for each target aisle."""
    people_memory: Annotated[float, Field(ge=1, le=100_000)] = 160.0
    """Megabytes (10^6 bytes, float32) the people channel's tables may take together."""
    crossing_users: Annotated[int, Field(ge=10, le=50_000)] = 8000
    """People at most whose crossings into one aisle the ridge is solved for (memory: n^2)."""
    neighbours: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Products kept for each product in each aisle: co-bought (walks channel), alike in their
    pictures (image channel)."""
    held_out_users: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Share of people kept out of a first training, on whom the fusion weights are chosen."""
    held_out_tasks: Annotated[int, Field(ge=10, le=100_000)] = 2000
    """Hidden aisles (and hidden products) at most that the fusion weights are chosen on."""

    def in_effect(self) -> "TrainConfig":
        """Return the settings with what :attr:`quick` sets."""
        if not self.quick:
            return self
        given = self.model_fields_set
        return self.model_copy(update={n: v for n, v in QUICK.items() if n not in given})


QUICK = {"network": False, "crossing_users": 4000, "held_out_tasks": 1000}
"""What :attr:`TrainConfig.quick` sets, but for what was given a value."""
