"""How the text encoder is fine-tuned: few settings, each with its unit and range."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Weight = Annotated[float, Field(ge=0, le=100)]
Mode = Literal["frozen", "top", "full", "lora", "prompt"]

LEARNING_RATES: dict[Mode, float] = {
    "frozen": 0.0,
    "top": 1e-4,
    "full": 1e-4,
    "lora": 1e-3,
    "prompt": 1e-2,
}
STUDENT_RATE = 3e-4


class FinetuneConfig(BaseModel):
    """Settings of :func:`crossaisle.encoders.finetune.finetune`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = "full"
    """What is trained of the encoder: nothing, the top layers, all, LoRA adapters (merged into the
    weights at the end), or the vectors of a prompt in front of every text."""
    top_layers: Annotated[int, Field(ge=1, le=100)] = 2
    """Layers trained in mode top, counted from the output."""
    lora_rank: Annotated[int, Field(ge=1, le=1024)] = 16
    """Rank of the adapters in mode lora."""
    lora_targets: tuple[str, ...] = ()
    """Names of the modules that get an adapter, such as ["query", "value"]; none: all linear."""
    prompt_tokens: Annotated[int, Field(ge=1, le=100)] = 8
    """Trained tokens in mode prompt."""

    student_layers: Annotated[int, Field(ge=0, le=100)] = 0
    """Above 0: the encoder keeps so many of its layers, evenly spread, and learns from the
    catalogue's texts alone to give the vectors it gave before; mode and objectives do not count."""

    distil: Weight = 1.0
    """Weight of: the text's vector becomes the product's vector of the purchase log."""
    recall: Weight = 0.0
    """Weight of: co-bought texts are near, the others of the batch are far (retrieval)."""
    click: Weight = 0.0
    """Weight of: is this pair co-bought? (binary)"""
    views: Weight = 0.0
    """Weight of: two views of one text are near (no log needed)."""
    augment: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Chance that a text of a batch is varied: words left out, values exchanged for others of their
    kind, phrases for synonyms."""
    uncertainty: bool = False
    """Learn the weights of the objectives that are switched on (Kendall et al., 2018)."""
    people_rank: Annotated[int, Field(ge=2, le=4096)] = 512
    """Numbers in the vectors of the purchase log."""
    hard_negatives: bool = True
    """One product of the same category that was not bought together joins each pair (recall)."""
    temperature: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Of the softmax over a batch (recall, views)."""
    masked_steps: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Steps of masked-language training on the catalogue's texts before all else."""

    steps: Annotated[int, Field(ge=1, le=10_000_000)] = 400
    """Steps at most; training ends sooner where held-out products say so."""
    batch_size: Annotated[int, Field(ge=2, le=65536)] = 64
    """Pairs in one step."""
    accumulation: Annotated[int, Field(ge=1, le=1024)] = 1
    """Batches whose gradients are added up before a step."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    """AdamW's highest step; none: 1e-4 for full and top, 1e-3 for lora, 1e-2 for prompt, 3e-4 for a
    student."""
    head_learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    """The same for what is trained beside the encoder."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Each layer's rate is this times that of the layer above it."""
    thaw: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the steps in which layers join from the top, one after another; 0: all at once."""
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.01
    """AdamW's, not on biases and norms."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps in which the rate rises from 0; then it falls along a cosine."""
    clip: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    """Largest norm of a gradient."""
    perturbation: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Length of the adversarial step on word vectors (FGM; Miyato et al., 2017); 0: none."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """Of forward and backward; float16 needs a GPU."""
    gradient_checkpointing: bool = False
    """Compute activations twice in place of keeping them."""
    max_tokens: Annotated[int, Field(ge=4, le=8192)] = 64
    """Tokens of a text that training reads."""

    held_out: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Share of the sold products that training does not see and that say when to stop.

    With the default they are those that ``crossaisle train`` makes new to weigh its channels: with
    less it would weigh a text that knows the answers.
    """
    evaluations: Annotated[int, Field(ge=1, le=1000)] = 8
    """How often they are asked."""
    patience: Annotated[int, Field(ge=1, le=1000)] = 3
    """Answers without a gain after which training ends."""
    log: Literal["none", "tensorboard", "mlflow"] = "none"
    """Where losses go."""

    @property
    def rate(self) -> float:
        """The learning rate of the encoder's own parameters."""
        usual = STUDENT_RATE if self.student_layers else LEARNING_RATES[self.mode]
        return self.learning_rate or usual

    @property
    def same_texts(self) -> bool:
        """Whether a text comes again as it was, word vectors and all."""
        return not (self.augment or self.views or self.perturbation)

    @property
    def settled(self) -> "FinetuneConfig":
        """What counts: a student has one mode and one objective."""
        if not self.student_layers:
            return self
        off = dict.fromkeys(("distil", "recall", "click", "views", "augment"), 0.0)
        return self.model_copy(update={"mode": "full", **off})
