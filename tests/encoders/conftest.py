"""A tiny BERT made here: random weights, a vocabulary trained on the test's own catalogue."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crossaisle.graph import Graph

THEMES = ("dinosaur rocket planet", "garden spade seed", "kitchen pan whisk", "winter sledge ice")
NOUNS = ("lamp", "mug", "card", "box", "bag", "toy", "clock", "plate", "frame", "bell")
COLOURS = ("red", "blue", "green", "white", "pink", "black")


def make_catalogue(people: int = 160, products: int = 120, seed: int = 0) -> Graph:
    """Everybody buys within one theme; a theme's three words are synonyms, two in each title.

    Which words mean the same is in the purchases only. The last tenth of the products nobody
    bought.
    """
    rng = np.random.default_rng(seed)
    theme = np.arange(products) % len(THEMES)
    titles = []
    for row in range(products):
        word = rng.choice(THEMES[theme[row]].split())
        titles.append(f"{rng.choice(COLOURS)} {word} {rng.choice(NOUNS)} {rng.choice(NOUNS)}")
    ids = [f"p{row:03d}" for row in range(products)]
    sold = np.arange(products) < products * 0.9
    events = []
    for person in range(people):
        own = np.flatnonzero((theme == person % len(THEMES)) & sold)
        for row in rng.choice(own, 8, replace=False):
            events.append((f"u{person:03d}", ids[row], float(len(events))))
    return Graph.from_ids(
        {
            "products": pl.DataFrame(
                {"id": ids, "title": titles, "aisle": [f"a{row % 3}" for row in range(products)]}
            ),
            "categories": pl.DataFrame({"id": ["c0", "c1"], "name": ["Home", "Play"]}),
            "in_category": pl.DataFrame(
                {"head": ids, "tail": [f"c{row % 2}" for row in range(products)], "confidence": 1.0}
            ),
            "customers": pl.DataFrame({"id": [f"u{p:03d}" for p in range(people)]}),
            "bought": pl.DataFrame(events, schema=["head", "tail", "position"], orient="row"),
        }
    )


@pytest.fixture(scope="session")
def catalogue() -> Graph:
    return make_catalogue()


def tiny_bert(folder: Path, texts: list[str], *, layers: int = 2, seed: int = 0) -> Path:
    """Save a BERT of two layers and 32 numbers as a model folder of sentence-transformers."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(seed)
    trained = BertWordPieceTokenizer(lowercase=True)
    trained.train_from_iterator(texts, vocab_size=300, min_frequency=1, show_progress=False)
    start = folder / "start"
    start.mkdir(parents=True)
    trained.save_model(str(start))
    tokenizer = BertTokenizerFast(vocab=str(start / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=40,
    )
    BertModel(config).save_pretrained(start)
    tokenizer.save_pretrained(start)
    body = Transformer(str(start))
    body.max_seq_length = 32
    whole = SentenceTransformer(modules=[body, Pooling(32)], device="cpu")
    whole.save(str(folder / "tiny"), create_model_card=False)
    return folder / "tiny"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, catalogue: Graph) -> Path:
    from crossaisle.encoders import product_texts

    folder = tmp_path_factory.mktemp("tiny")
    return tiny_bert(folder, product_texts(catalogue).to_list())


@pytest.fixture(scope="session")
def make_tiny() -> Callable[..., Path]:
    return tiny_bert


def tiny_vision(folder: Path, kind: str, *, size: int = 32, seed: int = 0) -> Path:
    """Save a ViT, or a CLIP, of two layers, random weights and 32-pixel pictures, as a folder."""
    import torch
    from transformers import CLIPConfig, CLIPModel, ViTConfig, ViTModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(seed)
    body = {
        "hidden_size": size,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    }
    seen = {"image_size": 32, "patch_size": 8}
    if kind == "vit":
        ViTModel(ViTConfig(**body, **seen)).save_pretrained(folder)
        ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
        return folder
    tokens = {"vocab_size": 50, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    config = CLIPConfig(text_config=body | tokens, vision_config=body | seen, projection_dim=16)
    CLIPModel(config).save_pretrained(folder)
    crop = {"height": 32, "width": 32}
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=crop).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vision(tmp_path_factory.mktemp("vit"), "vit")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vision(tmp_path_factory.mktemp("clip"), "clip")
