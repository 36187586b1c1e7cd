"""The encoder as it is trained: texts of a batch in, one loss out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from crossaisle.encoders.augment import Lexicon, varied
from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.lessons import Lessons
from crossaisle.encoders.losses import ClickLoss, Mixture, distil_loss, recall_loss, views_loss

PART = 32
"""Texts encoded at once; all are padded to the longest."""


class Tower(nn.Module):
    """An encoder, what is trained beside it, and the objectives.

    Attributes:
        encoder: a SentenceTransformer: text to a vector of length 1.
        head: text vectors to vectors of the purchase log, for ``distil``.
    """

    log_q: Tensor
    people: Tensor
    teacher: Tensor

    def __init__(
        self,
        encoder: Any,  # noqa: ANN401 - a SentenceTransformer
        lessons: Lessons,
        config: FinetuneConfig,
        teacher: np.ndarray | None = None,
    ) -> None:
        """Take the encoder as it is (see :func:`crossaisle.encoders.modes.prepare`).

        With ``teacher``, float32 (products, d) of length 1 or 0, it learns to give those vectors.
        """
        super().__init__()
        self.encoder = encoder
        self.settings = config
        size, rank = int(encoder.get_embedding_dimension()), lessons.people.shape[1]
        self.head = nn.Linear(size, rank) if config.distil else None
        self.click = ClickLoss() if config.click else None
        weights = {name: getattr(config, name) for name in ("distil", "recall", "click", "views")}
        if teacher is not None:
            weights["imitate"] = 1.0
            self.register_buffer("teacher", torch.from_numpy(teacher), persistent=False)
        self.mixture = Mixture(weights, uncertainty=config.uncertainty)
        log_q = np.log(np.maximum(lessons.sampled, 1e-9)).astype(np.float32)
        self.register_buffer("log_q", torch.from_numpy(log_q), persistent=False)
        self.register_buffer("people", torch.from_numpy(lessons.people), persistent=False)

    def start_head(self, vectors: np.ndarray, rows: np.ndarray, penalty: float = 1.0) -> None:
        """Begin with the ridge regression of the log's vectors on text vectors.

        A head that fits before the encoder moves spoils less of what the encoder knows (Kumar et
        al., 2022).

        Args:
            vectors: float32 (rows, d), the texts' vectors.
            rows: int64 (rows,), their products.
            penalty: lambda.
        """
        if self.head is None:
            return
        middle = vectors.mean(axis=0)
        centred = (vectors - middle).astype(np.float64)
        wanted = self.people.cpu().numpy()[rows]
        gram = centred.T @ centred + penalty * np.eye(centred.shape[1])
        solved = np.linalg.solve(gram, centred.T @ wanted).astype(np.float32)
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(solved.T.copy()))
            self.head.bias.copy_(torch.from_numpy(-middle @ solved))

    def vectors(self, features: dict[str, Any]) -> Tensor:
        """Encode, texts of like length together: float (texts, d), length 1."""
        mask = features["attention_mask"]
        order = mask.sum(dim=1).argsort(stable=True)
        found = [
            self.encoder(_part(features, rows))["sentence_embedding"] for rows in order.split(PART)
        ]
        return functional.normalize(torch.cat(found).float(), dim=1)[order.argsort()]

    def forward(
        self, features: dict[str, Any], views: dict[str, Any] | None, pairs: Tensor, rows: Tensor
    ) -> dict[str, Tensor]:
        """Return the loss and its parts.

        Args:
            features: tokens of the batch's distinct texts.
            views: tokens of their second views, for ``views``.
            pairs: int64 (pairs, 3), positions of first, second and hard negative (-1: none).
            rows: int64 (texts,), products behind the texts.
        """
        texts = self.vectors(features)
        first, second = texts[pairs[:, 0]], texts[pairs[:, 1]]
        given = pairs[:, 2] >= 0
        hard = texts[pairs[given, 2]]
        losses: dict[str, Tensor] = {}
        if self.settings.recall:
            candidates = rows[torch.cat([pairs[:, 1], pairs[given, 2]])]
            losses["recall"] = recall_loss(
                first,
                second,
                hard,
                bought=rows[pairs[:, 0]],
                rows=candidates,
                log_q=self.log_q[candidates],
                temperature=self.settings.temperature,
            )
        if self.head is not None:
            guess = functional.normalize(self.head(texts), dim=1)
            losses["distil"] = distil_loss(guess, self.people[rows])
        if "imitate" in self.mixture.weights:
            losses["imitate"] = distil_loss(texts, self.teacher[rows])
        if self.click is not None:
            # Wrong pairs: the hard negatives, and each first with the next pair's second.
            left = torch.cat([first, first, first[given]])
            right = torch.cat([second, second.roll(1, dims=0), hard])
            bought = torch.zeros(len(left), device=left.device)
            bought[: len(first)] = 1
            losses["click"] = self.click(left, right, bought)
        if self.settings.views:
            other = self.vectors(features if views is None else views)
            losses["views"] = views_loss(texts, other, self.settings.temperature)
        return {"loss": self.mixture(losses), **{k: v.detach() for k, v in losses.items()}}


def _part(features: dict[str, Any], rows: Tensor) -> dict[str, Any]:
    """Take some texts, without the columns in which all of them are padded."""
    mask = features["attention_mask"]
    used = mask[rows].any(dim=0)
    return {
        name: value[rows][:, used]
        if isinstance(value, Tensor) and value.shape == mask.shape
        else value
        for name, value in features.items()
    }


class Batches:
    """Rows of pairs to what :meth:`Tower.forward` takes; each text of a batch is encoded once."""

    def __init__(
        self,
        encoder: Any,  # noqa: ANN401
        texts: Sequence[str],
        config: FinetuneConfig,
        lexicon: Lexicon,
    ) -> None:
        """Keep the texts, and the prompt that the encoder puts in front of them."""
        self.encoder, self.texts, self.settings = encoder, texts, config
        self.lexicon = lexicon
        name = encoder.default_prompt_name
        self.prompt = encoder.prompts.get(name) if name else None

    def __call__(self, rows: Sequence[np.ndarray]) -> dict[str, Any]:
        """Tokenise the distinct texts of some pairs."""
        pairs = np.stack(rows)
        if not (self.settings.hard_negatives and (self.settings.recall or self.settings.click)):
            pairs[:, 2] = -1
        distinct, place = np.unique(pairs, return_inverse=True)
        place = place.reshape(pairs.shape)
        if distinct[0] < 0:
            distinct, place = distinct[1:], place - 1
        texts = [self.texts[row] for row in distinct]
        # Luck comes from the batch itself: a training that resumes sees the same views.
        rng = np.random.default_rng(pairs[:, :2].ravel())
        if self.settings.augment:
            luck = rng.random(len(texts)) < self.settings.augment
            texts = [
                varied(text, rng, self.lexicon) if changed else text
                for text, changed in zip(texts, luck, strict=True)
            ]
        return {
            "features": self.tokens(texts),
            "views": self.tokens([varied(text, rng, Lexicon()) for text in texts])
            if self.settings.views
            else None,
            "pairs": torch.from_numpy(place.astype(np.int64)),
            "rows": torch.from_numpy(distinct.astype(np.int64)),
        }

    def tokens(self, texts: list[str]) -> dict[str, Any]:
        """Tokenise, at most ``max_tokens`` of each text."""
        found: dict[str, Any] = self.encoder.preprocess(texts, prompt=self.prompt)
        return found
