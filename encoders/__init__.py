"""Graph and text to vectors."""

from crossaisle.encoders.sentence import DEFAULT, EncoderError, SentenceEncoder
from crossaisle.encoders.text import product_texts

__all__ = ["DEFAULT", "EncoderError", "SentenceEncoder", "product_texts"]
