"""What can go wrong in this room, each a sentence for people."""


class FusionError(ValueError):
    """Base of this room's errors; the message says what, where and what to do."""


class TrainingError(FusionError):
    """The graph cannot teach: no purchases, no products, or vectors that do not fit it."""


class UnknownId(FusionError):
    """A customer, product or aisle that the model does not know."""


class ModelError(FusionError):
    """A saved model that cannot be written or read: which file, and what is wrong with it."""
