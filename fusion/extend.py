"""Products that a trained model has not seen get their rows; nothing that was learned moves.

A new product is treated as training treats a product without events: its features, text and the
vectors that ridge regression makes of them place it in the content, likeness and network channels,
its picture in the image channel; the others, which know buyers only, give it 0. The regression is
solved again from the stored vectors. What differs from a training that had seen the product:
docs/fusion.md.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import (
    Channel,
    ContentTable,
    NetworkTables,
    PeopleTables,
    WalkTable,
)
from crossaisle.fusion.content import Features, extended_features, farness, mean_mass
from crossaisle.fusion.errors import ModelError
from crossaisle.fusion.images import extended_image_table
from crossaisle.fusion.level import level_added
from crossaisle.fusion.likeness import LikenessTable, place_new
from crossaisle.fusion.model import CHANNELS, Model
from crossaisle.fusion.newcomers import Weights, learn_weights, taught_by
from crossaisle.fusion.placed import Places, placed, placed_rows
from crossaisle.graph import Graph

TELLING = 256
"""Old products from which a mean of the training is read back."""


def extend(
    model: Model,
    graph: Graph,
    text: np.ndarray | None = None,
    seed: int = 0,
    images: np.ndarray | None = None,
) -> Model:
    """Give a model the products that a larger graph adds.

    Args:
        model: a trained model.
        graph: its graph with more in it (:func:`crossaisle.graph.extend.extended`).
        text: float32 (added products, numbers), in the order of their rows; None for a model
            without text.
        seed: of whose histories the level of new products is measured on, where it was not yet.
        images: likewise of pictures; None for a model without them.

    Raises:
        ModelError: an earlier program trained the model, or the vectors do not fit it.
    """
    if model.bought is None:
        raise ModelError(
            "The model cannot be extended: the program that trained it did not keep what that "
            "needs. Train it again."
        )
    made = _Extension.of(model, graph, text, images)
    old, added = made.places.products, made.places.added
    channels, network_bias = made.channels()
    is_new = placed_rows(model.is_new, old, len(made.bought))
    is_new[added] = True
    larger = replace(
        model,
        graph=graph,
        features=made.features,
        channels=channels,
        bias=np.stack([placed_rows(row, old, len(is_new)) for row in model.bias]),
        is_new=is_new,
        text=made.text,
        images=made.images,
        bought=made.bought,
        network_bias=network_bias,
        linked=_linked(model.linked, made.places, len(graph.aisles)),
        sensitive=(),  # as when the training set levels
    )
    return replace(_with_bias(larger, old, added, seed), sensitive=model.sensitive)


def _linked(linked: np.ndarray | None, places: Places, aisles: int) -> np.ndarray | None:
    """Aisles that had nobody in common when the model was trained still have none."""
    if linked is None:
        return None
    larger = np.ones((aisles, aisles), bool)
    larger[np.ix_(places.aisles, places.aisles)] = linked
    return larger


@dataclass(frozen=True)
class _Extension:
    """What every channel's extension needs."""

    model: Model  # the old one
    graph: Graph  # the larger one
    places: Places
    features: Features  # of the larger graph
    text: np.ndarray | None  # float16 (products of the larger graph, numbers)
    images: np.ndarray | None  # likewise
    bought: np.ndarray  # float32 (products of the larger graph,)

    @classmethod
    def of(
        cls, model: Model, graph: Graph, text: np.ndarray | None, images: np.ndarray | None
    ) -> "_Extension":
        assert model.bought is not None
        places = Places.between(model.graph, graph)
        made = extended_features(model.features, graph, places)
        bought = placed_rows(model.bought, places.products, graph.products.height)
        text = _joined(model.text, text, places, "text")
        images = _joined(model.images, images, places, "image")
        return cls(model, graph, places, made, text, images, bought)

    def channels(self) -> tuple[dict[str, Channel], np.ndarray | None]:
        """Return the channels with rows for all products, and the network's part of the bias."""
        made: dict[str, Channel] = {}
        bias = self.model.network_bias
        bias = None if bias is None else self._rows(bias)  # of a channel without weight: it stays
        tables: dict[int, sparse.csr_array] = {}  # one table, several scales
        for name, channel in self.model.channels.items():
            if name == "image" and isinstance(channel, WalkTable):
                made[name] = self._image(channel)
            elif isinstance(channel, WalkTable):
                if id(channel.table) not in tables:
                    tables[id(channel.table)] = self._square(channel.table)
                made[name] = WalkTable(tables[id(channel.table)], self._rows(channel.scale, 1))
            elif isinstance(channel, ContentTable):
                made[name] = self._content(channel)
            elif isinstance(channel, LikenessTable):
                made[name] = self._likeness(channel)
            elif isinstance(channel, PeopleTables):
                made[name] = self._people(channel)
            elif isinstance(channel, NetworkTables):
                made[name], bias = self._network(channel)
        return made, bias

    def _image(self, channel: WalkTable) -> WalkTable:
        assert self.images is not None
        table = extended_image_table(
            self._square(channel.table),
            self.images.astype(np.float32),
            self.graph.aisle_of,
            self.places.added,
            per_aisle=self.model.config.neighbours,
        )
        return WalkTable(table, self._rows(channel.scale, 1))

    def _content(self, channel: ContentTable) -> ContentTable:
        near, far = self._rows(channel.near, 1), self._rows(channel.far, 1)
        plain = ContentTable(self.features.matrix, near, np.ones_like(far))
        told = self.places.products[:: max(len(self.places.products) // TELLING, 1)]
        return replace(plain, far=self._farness(plain, far, told))

    def _likeness(self, channel: LikenessTable) -> LikenessTable:
        old, new = self.places.products, self.places.products[self.model.is_new]
        far = self._rows(channel.far)
        table = LikenessTable(
            self.features.matrix,
            self.text,
            self._rows(channel.vectors),
            placed_rows(channel.nodes, self.places.nodes, self._nodes),
            self._rows(channel.share),
            self._rows(channel.near, 1),
            far,
        )
        learned = self._learned(channel.vectors)
        guess = learned.said(self.features.matrix, self._full_text)
        place_new(table, guess, self.places.added, old[~self.model.is_new])
        plain = replace(table, far=np.ones_like(far))
        told = new[:: max(len(new) // TELLING, 1)]
        return replace(table, far=self._farness(plain, far, told))

    def _farness(
        self, plain: ContentTable | LikenessTable, far: np.ndarray, told: np.ndarray
    ) -> np.ndarray:
        """Add the factors of added products, on the scale of the products ``told``."""
        log = sparse.csr_array(self.bought[None])
        mean = mean_mass(plain.scores(log, told)[0].astype(np.float64), far[told])
        mass = plain.scores(log, self.places.added)[0].astype(np.float64)
        if mean is None:
            mean = float(mass.mean()) if len(mass) else 0.0
        far[self.places.added] = farness(mass, mean)
        return far

    def _people(self, channel: PeopleTables) -> PeopleTables:
        """Nobody took an added product anywhere: its rows are 0."""
        aisle_of = self.graph.aisle_of
        place = self._rows(channel.place)
        sources, targets = {}, {}
        for aisle, source in channel.sources.items():
            here, target = int(self.places.aisles[aisle]), channel.targets[aisle]
            sources[here] = self._rows(source)
            inside = self.places.added[aisle_of[self.places.added] == here]
            place[inside] = len(target) + np.arange(len(inside))
            targets[here] = np.pad(target, ((0, len(inside)), (0, 0)))
        return PeopleTables(aisle_of, sources, targets, place)

    def _network(self, channel: NetworkTables) -> tuple[NetworkTables, np.ndarray]:
        """Add the vectors that added products' likes give; a node not seen before has none.

        See :func:`crossaisle.fusion.newcomers.freeze` for the leaves and their order.
        """
        model, added, nodes, count = self.model, self.places.added, self._nodes, self._count
        assert model.network_bias is not None
        before = model.features.attributes + model.features.categories
        own = len(channel.leaves_in) - len(model.is_new) - 2 * before
        last = count + 2 * nodes + own  # where the leaves of added products begin
        width = last + len(added)
        old_leaves = [self.places.products, count + self.places.nodes]
        old_leaves += [count + nodes + self.places.nodes, last - own + np.arange(own)]
        columns = np.concatenate(old_leaves)
        fresh = sparse.csr_array(self.features.matrix[added])
        said = None if self._full_text is None else self._full_text[added]
        like = sparse.hstack([fresh[:, :nodes], sparse.eye_array(len(added))], format="csr")
        of_like = np.append(count + nodes + np.arange(nodes), last + np.arange(len(added)))
        like = like.astype(np.float32)
        like = sparse.csr_array(
            (like.data, of_like[like.indices], like.indptr), (len(added), width)
        )
        known = ~model.is_new
        level = float(model.network_bias[known].mean()) if known.any() else 0.0
        bias = self._rows(model.network_bias)
        leaves, mix = [], []
        for table, old, vectors in (
            (channel.mix_in, channel.leaves_in, channel.vectors_in),
            (channel.mix_out, channel.leaves_out, channel.vectors_out),
        ):
            learned = self._learned(np.column_stack([vectors, model.network_bias - level]))
            larger = placed_rows(old, columns, width)
            larger[last:] = learned.said(fresh, said, nodes)[:, :-1]
            leaves.append(larger)
            mix.append(placed(table, like, self.places, columns))
            bias[added] = level + learned.said(fresh, said)[:, -1]  # the candidates' side is last
        return NetworkTables.from_leaves(leaves[0], leaves[1], mix[0], mix[1]), bias

    def _learned(self, vectors: np.ndarray) -> Weights:
        """Solve the regression of the training again, by the larger graph's features."""
        model = self.model
        assert model.bought is not None
        text = None if model.text is None else model.text.astype(np.float32)
        made = learn_weights(vectors, taught_by(model.bought), model.features.matrix, text)
        width = self.features.matrix.shape[1]
        words = np.arange(self._nodes, width)
        columns = np.append(self.places.nodes, words)
        return Weights(placed_rows(made.features, columns, width), made.text)

    @property
    def _full_text(self) -> np.ndarray | None:
        return None if self.text is None else self.text.astype(np.float32)

    @property
    def _count(self) -> int:
        return self.graph.products.height

    @property
    def _nodes(self) -> int:
        return self.features.attributes + self.features.categories

    def _rows(self, array: np.ndarray, rest: float = 0) -> np.ndarray:
        return placed_rows(array, self.places.products, self._count, rest)

    def _square(self, table: sparse.csr_array) -> sparse.csr_array:
        nothing = sparse.csr_array((len(self.places.added), self._count), dtype=table.dtype)
        return placed(table, nothing, self.places, self.places.products)


def _joined(
    old: np.ndarray | None, fresh: np.ndarray | None, places: Places, what: str
) -> np.ndarray | None:
    if old is None:
        return None
    added = len(places.added)
    if fresh is None or fresh.shape != (added, old.shape[1]) or not np.isfinite(fresh).all():
        raise ModelError(
            f"The {what} vectors of the {added} added products do not fit the model's, which have "
            f"{old.shape[1]} numbers: encode them with the encoder that the model was trained with."
        )
    larger = placed_rows(old, places.products, added + len(old))
    larger[places.added] = fresh
    return larger


def _with_bias(model: Model, old: np.ndarray, added: np.ndarray, seed: int) -> Model:
    """Write the bias of added products: what the network gives, at the level of their aisle.

    The level is that of the aisle's new products in training, or, if there was none, measured now.
    """
    resting = np.zeros((2, len(model.is_new)))
    if model.network_bias is not None:
        weight = model.weights[:, 1, CHANNELS.index("network")].astype(np.float64)
        resting = np.outer(weight, model.network_bias)
    bias = model.bias.copy()
    unlevel = []
    for aisle in np.unique(model.aisle_of[added]).tolist():
        here = added[model.aisle_of[added] == aisle]
        likes = old[model.is_new[old] & (model.aisle_of[old] == aisle)]
        level = np.zeros((2, 1))
        if len(likes):
            level = (bias[:, likes] - resting[:, likes]).mean(axis=1, keepdims=True)
        else:
            unlevel.append(here)
        bias[:, here] = level + resting[:, here]
    model = replace(model, bias=bias)
    return level_added(model, np.concatenate(unlevel), seed) if unlevel else model
