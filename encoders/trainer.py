"""transformers' Trainer around a tower: schedule, precision, checkpoints, early stopping, logs."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, SequentialSampler
from transformers import (
    EarlyStoppingCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback

from crossaisle.encoders.finetune_config import FinetuneConfig
from crossaisle.encoders.modes import layer_of
from crossaisle.encoders.tower import Batches, Tower
from crossaisle.graph import Progress

Answer = Callable[[], float]


class Pairs(Dataset[np.ndarray]):
    """Rows of pairs, in the order in which they are learned."""

    def __init__(self, rows: np.ndarray) -> None:
        """Keep int64 (pairs, 3)."""
        self.rows = rows

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self.rows)

    def __getitem__(self, place: int) -> np.ndarray:
        """One row."""
        row: np.ndarray = self.rows[place]
        return row


class TowerTrainer(Trainer):
    """Asks held-out products in place of a loss; FGM; rates by layer."""

    def __init__(
        self,
        tower: Tower,
        config: FinetuneConfig,
        answer: Answer | None,
        **more: Any,  # noqa: ANN401 - the Trainer's own
    ) -> None:
        """Wrap a tower; ``answer`` measures it on held-out products."""
        self.tower, self.config, self.answer = tower, config, answer
        self.noise = Perturbation(tower.encoder.transformers_model.get_input_embeddings())
        super().__init__(model=tower, **more)

    def _get_train_sampler(self, *_: object, **__: object) -> SequentialSampler:
        return SequentialSampler(cast(Pairs, self.train_dataset))

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """Make AdamW's groups: with and without decay, a rate for each layer, a rate for heads."""
        if self.optimizer is None:
            self.optimizer = torch.optim.AdamW(groups(self.tower, self.config))
        return self.optimizer

    def training_step(self, model: nn.Module, inputs: dict[str, Any], *rest: Any) -> Tensor:  # noqa: ANN401
        """Run forward and backward; with FGM twice, the second time with word vectors pushed.

        e' = e + epsilon g / |g|, g the gradient of the loss by e (Miyato et al., 2017).
        """
        if not self.config.perturbation:
            return super().training_step(model, inputs, *rest)
        self.noise.watch()
        loss = super().training_step(model, inputs, *rest)
        self.noise.push(self.config.perturbation)
        super().training_step(model, inputs, *rest)
        self.noise.rest()
        return loss

    def evaluate(self, *_: object, **__: object) -> dict[str, float]:
        """Ask the held-out products."""
        self.tower.eval()
        found = {"eval_held_out": self.answer()} if self.answer else {}
        self.log(found)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, found)
        return found


class Perturbation:
    """FGM on what comes out of the table of word vectors, so that it works in every mode."""

    def __init__(self, table: nn.Module) -> None:
        """Hook the table."""
        self.state = "rest"
        self.delta: Tensor | None = None
        self.seen: Tensor | None = None
        table.register_forward_hook(self._hook)

    def watch(self) -> None:
        """Keep the next forward's word vectors, for their gradient."""
        self.state, self.seen = "watch", None

    def push(self, length: float) -> None:
        """Add epsilon g / |g| to them in the next forward."""
        if self.seen is not None and self.seen.grad is not None:
            gradient = self.seen.grad
            self.delta = length * gradient / gradient.norm().clamp(min=1e-12)
            self.state = "push"

    def rest(self) -> None:
        """Do nothing from now on."""
        self.state, self.delta, self.seen = "rest", None, None

    def _hook(self, _: nn.Module, __: object, output: Tensor) -> Tensor | None:
        if self.state == "watch" and self.seen is None:
            if not output.requires_grad:
                output.requires_grad_()
            output.retain_grad()
            self.seen = output
        elif self.state == "push" and self.delta is not None and output.shape == self.delta.shape:
            pushed, self.delta = output + self.delta, None
            return pushed
        return None


class Thaw(TrainerCallback):
    """Layers join from the top, one after another, in the first part of the steps."""

    def __init__(self, tower: Tower, until: int) -> None:
        """Remember what may be trained at all."""
        names = [(n, p) for n, p in tower.encoder.named_parameters() if p.requires_grad]
        depth = max((layer_of(name) for name, _ in names), default=0)
        self.steps = [
            (parameter, round((depth - layer_of(name)) / (depth + 1) * until))
            for name, parameter in names
        ]

    def on_step_begin(self, args: object, state: Any, control: object, **_: object) -> None:  # noqa: ANN401
        """Freeze what has not joined yet."""
        for parameter, start in self.steps:
            parameter.requires_grad_(state.global_step >= start)


class Told(TrainerCallback):
    """Tells how many steps are done."""

    def __init__(self, progress: Progress, stage: str) -> None:
        """Tell it to ``progress``."""
        self.progress, self.stage = progress, stage

    def on_step_end(self, args: object, state: Any, control: object, **_: object) -> None:  # noqa: ANN401
        """After each step."""
        self.progress(self.stage, state.global_step, state.max_steps)


def loggers(config: FinetuneConfig, folder: Path) -> list[TrainerCallback]:
    """Where losses go beside the report: a TensorBoard folder beside the output, or MLflow."""
    if config.log == "tensorboard":
        from torch.utils.tensorboard import SummaryWriter
        from transformers.integrations.integration_utils import TensorBoardCallback

        return [TensorBoardCallback(SummaryWriter(folder))]  # type: ignore[no-untyped-call]
    if config.log == "mlflow":
        from transformers.integrations.integration_utils import MLflowCallback

        return [MLflowCallback()]  # type: ignore[no-untyped-call]
    return []


def groups(tower: Tower, config: FinetuneConfig) -> list[dict[str, Any]]:
    """Parameters by rate and decay: rate x layer_decay^(layers above); biases, norms: no decay."""
    top = max((layer_of(n) for n, _ in tower.encoder.named_parameters()), default=0)
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in tower.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = config.head_learning_rate
        if name.startswith("encoder."):
            rate = config.rate * config.layer_decay ** (top - layer_of(name))
        plain = parameter.ndim < 2 or "prompt" in config.mode
        decay = 0.0 if plain else config.weight_decay
        found.setdefault((rate, decay), []).append(parameter)
    return [{"params": p, "lr": rate, "weight_decay": d} for (rate, d), p in found.items()]


def train_tower(
    tower: Tower,
    batches: Batches,
    pairs: np.ndarray,
    config: FinetuneConfig,
    *,
    folder: Path,
    log: Path,
    answer: Answer | None,
    device: str | None,
    seed: int,
    progress: Progress,
    resume: bool,
) -> list[dict[str, float]]:
    """Train in place and return the log: step with loss, or with eval_held_out.

    Checkpoints lie in ``folder`` (the best and the last). The best on held-out products is what is
    left in the tower.
    """
    every = max(1, config.steps // config.evaluations)
    args = TrainingArguments(
        output_dir=str(folder),
        max_steps=config.steps,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulation,
        warmup_steps=int(config.warmup * config.steps),
        lr_scheduler_type="cosine",
        max_grad_norm=config.clip,
        bf16=config.precision == "bfloat16",
        fp16=config.precision == "float16",
        use_cpu=device == "cpu",
        seed=seed,
        logging_steps=max(1, every // 4),
        eval_strategy="steps" if answer else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=answer is not None,
        metric_for_best_model="eval_held_out" if answer else None,
        greater_is_better=True if answer else None,
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        disable_tqdm=True,
    )
    callbacks: list[TrainerCallback] = [Told(progress, "fine-tuning")]
    if answer:
        callbacks.append(EarlyStoppingCallback(config.patience))
    callbacks += loggers(config, log)
    if config.thaw:
        callbacks.append(Thaw(tower, int(config.thaw * config.steps)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = TowerTrainer(
            tower,
            config,
            answer,
            args=args,
            data_collator=batches,
            train_dataset=Pairs(pairs),
            eval_dataset=Pairs(pairs[:1]),
            callbacks=callbacks,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.remove_callback(ProgressCallback)
        found = sorted(folder.glob("checkpoint-*")) if resume else []
        trainer.train(resume_from_checkpoint=bool(found) or None)
    kept = ("step", "loss", "eval_held_out")
    return [
        {name: float(line[name]) for name in kept if name in line}
        for line in trainer.state.log_history
    ]
