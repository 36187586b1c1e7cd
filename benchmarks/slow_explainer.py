"""Walks one by one, in a dictionary: the slow oracle of crossaisle.fusion.explain."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import ContentTable, NetworkTables
from crossaisle.fusion.likeness import CONTENT_WEIGHT, LikenessTable
from crossaisle.fusion.model import CHANNELS, Model, faded
from crossaisle.fusion.paths import Paths, joined, rows_of
from crossaisle.fusion.terms import Explanation, Kind, Path, Term

Walk = tuple[int, str, int, int]
"""(history row, sort, node at its side, node at the candidate's side); sorts:

people: -, - · shared: a node both have (named twice) · pair: two different leaves · text: -, - ·
image: -, -.
"""

NONE = -1


class SlowExplainer:
    """The explainer as it was first written; only tests and explain_speed.py use it."""

    def __init__(self, model: Model) -> None:
        """Remember where the leaves of each kind begin."""
        self.model = model
        self.paths = Paths(model.graph)
        products = model.graph.products.height
        self._attributes = model.graph.attributes.height
        self._nodes = self._attributes + model.graph.categories.height
        self._products = products

    def walks(self, history: sparse.csr_array, product: int) -> dict[Walk, float]:
        """Every walk and its contribution (float64); their sum + bias = the score.

        Args:
            history: float32 (1, products).
            product: row of the candidate.
        """
        history = sparse.csr_array(history)
        items, _ = rows_of(history, 0)
        situation = int(self.model.situations(history, np.array([product]))[0])
        new = int(self.model.is_new[product])
        life = self.model.half_life if situation and not new else np.inf
        weight = faded(history, life, np.float64).data
        multipliers = self.model.weights[situation, new].astype(np.float64)
        total: dict[Walk, float] = {}
        for place, name in enumerate(CHANNELS):
            channel = self.model.channels.get(name)
            if channel is None or not multipliers[place] or not len(items):
                continue
            open_ = self.model.gate(name, items, np.full(len(items), product))
            factor = weight * multipliers[place] * open_
            if isinstance(channel, NetworkTables):
                found = self._network(channel, items, factor, product)
            elif isinstance(channel, ContentTable):
                found = self._content(channel, items, factor, product)
            elif isinstance(channel, LikenessTable):
                found = self._likeness(channel, items, factor, product)
            else:
                values = channel.pairs(items, np.array([product]))[:, 0] * factor
                sort = "image" if name == "image" else "people"
                found = (
                    ((int(i), sort, NONE, NONE), float(v))
                    for i, v in zip(items, values, strict=True)
                )
            for walk, value in found:
                total[walk] = total.get(walk, 0.0) + value
        return total

    def explain(
        self, history: sparse.csr_array, product: int, user_id: str = "", top: int = 5
    ) -> Explanation:
        """Score one product for one history and show its largest terms."""
        walks = self.walks(history, product)
        situation = self.model.situations(sparse.csr_array(history), np.array([product]))[0]
        order = sorted((w for w in walks if walks[w]), key=lambda w: (-abs(walks[w]), w))
        terms = tuple(self._term(walk, walks[walk], product) for walk in order[: max(top, 0)])
        return Explanation(
            user_id=user_id,
            product_id=self.paths.product(product).id,
            score=float(self.model.scores(history, np.array([product]), np.float64)[0, 0]),
            bias=float(self.model.bias[situation, product]),
            terms=terms,
            rest=float(sum(walks[walk] for walk in order[max(top, 0) :])),
        )

    def _network(
        self, tables: NetworkTables, items: np.ndarray, factor: np.ndarray, product: int
    ) -> Iterator[tuple[Walk, float]]:
        """Pairs of leaves (n from i, m from j): mix_in[i, n] mix_out[j, m] x_in[n] . x_out[m]."""
        near = sparse.csr_array(tables.mix_in[items])
        owner = np.repeat(np.arange(len(items)), np.diff(near.indptr))
        far, share = rows_of(tables.mix_out, product)
        left = tables.leaves_in[near.indices].astype(np.float64)
        closeness = left @ tables.leaves_out[far].astype(np.float64).T
        values = (near.data * factor[owner])[:, None] * share[None] * closeness
        for row, leaf in enumerate(near.indices.tolist()):
            item = int(items[owner[row]])
            mine = self._node(leaf, item)
            for column, other in enumerate(far.tolist()):
                walk = self._walk(item, mine, self._node(other, product))
                yield walk, float(values[row, column])

    def _node(self, leaf: int, owner: int) -> int:
        """Node of a leaf: NONE for the owner's own vector, -2 for its text, else node number."""
        leaf -= self._products
        if leaf < 0:
            return NONE
        if leaf < 2 * self._nodes:
            return leaf % self._nodes
        return -2

    def _walk(self, item: int, mine: int, theirs: int) -> Walk:
        if mine == theirs == NONE:
            return (item, "people", NONE, NONE)
        if mine == theirs == -2:
            return (item, "text", NONE, NONE)
        if mine == theirs:
            return (item, "shared", mine, mine)
        return (item, "pair", max(mine, NONE), max(theirs, NONE))

    def _content(
        self, table: ContentTable, items: np.ndarray, factor: np.ndarray, product: int
    ) -> Iterator[tuple[Walk, float]]:
        """Share of each feature f of both in A[i, j]; all words together are one walk."""
        columns, theirs = rows_of(table.matrix, product)
        shared = table.matrix[items][:, columns].astype(np.float64).toarray()
        cosine = shared @ theirs.astype(np.float64)
        steep = table.steepness(items, np.full(len(items), product), cosine)
        values = shared * theirs.astype(np.float64) * (factor * steep)[:, None]
        for row, place in zip(*np.nonzero(values), strict=True):
            item, column = int(items[row]), int(columns[place])
            if column < self._nodes:
                yield (item, "shared", column, column), float(values[row, place])
            else:
                yield (item, "text", NONE, NONE), float(values[row, place])

    def _likeness(
        self, table: LikenessTable, items: np.ndarray, factor: np.ndarray, product: int
    ) -> Iterator[tuple[Walk, float]]:
        """Likewise; and what each node of a new product, and all else, brings to X_i . X_j."""
        every = np.full(len(items), product)
        columns, theirs = rows_of(table.matrix, product)
        nodes = columns[columns < self._nodes]
        toward = table.vectors[items].astype(np.float64) @ table.nodes[nodes].astype(np.float64).T
        learned = toward * theirs[: len(nodes)] * float(table.share[product])
        shared = table.matrix[items][:, columns].astype(np.float64).toarray()
        both = CONTENT_WEIGHT * shared * theirs.astype(np.float64)
        parts = table.parts_of(items, every, both.sum(axis=1) / CONTENT_WEIGHT)
        steep = table.steepness(items, every, parts) * factor
        for row, (item, slope) in enumerate(zip(items.tolist(), steep.tolist(), strict=True)):
            if not slope:
                continue
            rest = float(parts.people[row] - learned[row].sum())
            yield (item, "text", NONE, NONE), float(parts.text[row]) * slope
            yield (item, "pair", NONE, NONE), rest * slope
            for node, value in zip(nodes.tolist(), learned[row].tolist(), strict=True):
                yield (item, "pair", NONE, node), value * slope
            for column, value in zip(columns.tolist(), both[row].tolist(), strict=True):
                if column < self._nodes:
                    yield (item, "shared", column, column), value * slope
                else:
                    yield (item, "text", NONE, NONE), value * slope

    def _term(self, walk: Walk, value: float, product: int) -> Term:
        item, sort, mine, theirs = walk
        start, end = self.paths.product(item), self.paths.product(product)
        kind: Kind = "bridge"
        path: Path = (start, "LEARNED", end)
        count = None
        if sort == "people":
            found = self.paths.people(np.array([item]), np.array([product]))[0]
            if found is not None:
                kind, (path, count) = "people", found
        elif sort == "text":
            kind, path = "text", (start, "SIMILAR_TEXT", end)
        elif sort == "image":
            kind, path = "image", (start, "SIMILAR_IMAGE", end)
        elif sort == "shared":
            kind = "attribute" if mine < self._attributes else "category"
            path = joined(
                self.paths.half(item, mine), self.paths.half(product, theirs), learned=False
            )
        else:
            path = joined(
                self.paths.half(item, mine), self.paths.half(product, theirs), learned=True
            )
        return Term(value, kind, start.id, path, count)
