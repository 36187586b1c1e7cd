"""What the layers below the trained ones give for a text, computed once."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from crossaisle.encoders.modes import layer_stack

LIMIT = 2_000_000_000
"""Bytes of remembered states; texts beyond are computed each time they come."""

FAMILIES = ("bert", "camembert", "distilbert", "electra", "modernbert", "roberta", "xlm-roberta")
"""Model types of transformers whose layers take one tensor and give one; T5's, say, do not."""


class FrozenLayers:
    """Stands before the lowest layers of an encoder and remembers what they gave, text by text.

    Layers that do not learn give a text the same states at every step, if they drop nothing out. So
    those of texts met for the first time are computed together, without dropout or gradients, and
    kept as float16; for all others only the layers above are run.

    A text is known by its tokens: whatever changes it makes it another text.
    """

    def __init__(self, body: nn.Module, count: int) -> None:
        """Route the layers of a transformer, in place; its ``count`` lowest learn nothing.

        Raises:
            ValueError: it has no such stack of layers.
        """
        self.states: dict[bytes, Tensor] = {}  # float16 (tokens, d) each, in main memory
        self.bytes = 0
        self.batch: list[Tensor] = []
        self.mask = torch.zeros(0, 0, dtype=torch.bool)
        self.computing = False
        for place, layer in enumerate(layer_stack(body)[1]):
            run = layer.forward
            layer.forward = partial(self._layer, run, place - count)
        # A hook would do, were ``forward`` not what sentence-transformers calls.
        body.forward = partial(self._forward, body, body.forward)

    def _forward(self, body: nn.Module, run: Any, **given: Any) -> Any:  # noqa: ANN401
        """Run the body on a batch, what the lower layers give for it being at hand."""
        mask = given["attention_mask"].bool()
        rows = zip(given["input_ids"].cpu(), mask.cpu(), strict=True)
        keys = [ids[seen].numpy().tobytes() for ids, seen in rows]
        new = [row for row, key in enumerate(keys) if key not in self.states]
        fresh = self._compute(body, run, given, new) if new else []
        made = {keys[row]: state for row, state in zip(new, fresh, strict=True)}
        self.batch = [made[key] if key in made else self.states[key] for key in keys]
        self.mask = mask
        size = sum(state.nbytes for state in fresh)
        if self.bytes + size <= LIMIT:
            self.states.update(made)
            self.bytes += size
        return run(**given)

    def _compute(
        self,
        body: nn.Module,
        run: Any,  # noqa: ANN401
        given: dict[str, Any],
        rows: list[int],
    ) -> list[Tensor]:
        """Run the lower layers on some texts: float16 (tokens, d) each."""
        some = {
            name: value[rows] if isinstance(value, Tensor) else value
            for name, value in given.items()
        }
        trains, self.computing = body.training, True
        self.mask = some["attention_mask"].bool()
        try:
            with torch.no_grad():
                body.eval()
                run(**some)
        finally:
            self.computing = False
            body.train(trains)
        return self.batch

    def _layer(self, run: Any, above: int, hidden: Tensor, *more: Any, **named: Any) -> Tensor:  # noqa: ANN401
        """Stand for one layer, ``above`` the first that learns (below 0: under it)."""
        if self.computing == (above < 0):
            hidden = run(hidden, *more, **named)
        if above == -1 and self.computing:
            self.batch = [
                state[seen].to("cpu", torch.float16)
                for state, seen in zip(hidden, self.mask, strict=True)
            ]
        elif above == -1:
            found = torch.cat(self.batch).to(hidden)
            hidden = hidden.new_zeros(hidden.shape).masked_scatter(self.mask[..., None], found)
        return hidden
