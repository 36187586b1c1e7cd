"""Masked-language training on the catalogue: the encoder reads the shop's words before its log.

Continued pre-training (Gururangan et al., 2020) on texts alone; hidden products may take part.
"""

from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import (
    AutoModelForMaskedLM,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
)

from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.graph import Progress

MASKED = 0.15  # share of the tokens that are to be guessed


class Tokens(Dataset[dict[str, Any]]):
    """Texts as tokens."""

    def __init__(self, rows: list[list[int]]) -> None:
        """Keep them."""
        self.rows = rows

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        """One text."""
        return {"input_ids": self.rows[place]}


def train_masked(
    encoder: Any,  # noqa: ANN401 - a SentenceTransformer
    texts: list[str],
    config: FinetuneConfig,
    folder: Path,
    *,
    seed: int,
    progress: Progress,
) -> list[float]:
    """Train the encoder's body in place to guess masked words; return the losses.

    The guessing head is new (sentence encoders come without theirs) but for its last layer, which
    is the table of word vectors, and is dropped at the end.
    """
    tokenizer, body = encoder.tokenizer, encoder.transformers_model
    model = AutoModelForMaskedLM.from_config(body.config)  # type: ignore[no-untyped-call]
    model.base_model.load_state_dict(body.state_dict(), strict=False)
    model.tie_weights()
    found = tokenizer([t for t in texts if t], truncation=True, max_length=config.max_tokens)
    args = TrainingArguments(
        output_dir=str(folder),
        max_steps=config.masked_steps,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.rate or 1e-4,
        weight_decay=config.weight_decay,
        warmup_steps=int(config.warmup * config.masked_steps),
        lr_scheduler_type="cosine",
        bf16=config.precision == "bfloat16",
        fp16=config.precision == "float16",
        use_cpu=encoder.device.type == "cpu",
        seed=seed,
        save_strategy="no",
        logging_steps=max(1, config.masked_steps // 20),
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    collate = DataCollatorForLanguageModeling(tokenizer, mlm_probability=MASKED)
    trainer = Trainer(
        model=model, args=args, train_dataset=Tokens(found["input_ids"]), data_collator=collate
    )
    progress("masked words", 0, config.masked_steps)
    trainer.train()
    progress("masked words", config.masked_steps, config.masked_steps)
    with torch.no_grad():
        body.load_state_dict(model.base_model.state_dict(), strict=False)
    return [float(line["loss"]) for line in trainer.state.log_history if "loss" in line]
