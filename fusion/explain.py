"""Explanations: the walks whose contributions are the score, largest first."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from scipy import sparse

from crossaisle.fusion.decompose import Decomposer
from crossaisle.fusion.model import Model
from crossaisle.fusion.paths import Bought, Paths, joined
from crossaisle.fusion.terms import (
    KINDS,
    By,
    Contrast,
    Difference,
    Explanation,
    Group,
    Kind,
    Path,
    PathNode,
    Term,
)
from crossaisle.fusion.walk_values import IMAGE, NONE, PEOPLE, SHARED, TEXT, Walks

LISTED = 500
"""Products explained together, however many walks they have."""


class Explainer:
    """Tells walks in words of the graph. Made once for a model; keeps what it looked up."""

    def __init__(self, model: Model) -> None:
        """Look nothing up yet."""
        self.model = model
        self.paths = Paths(model.graph, model.kept_back.products)
        self.decomposer = Decomposer(model)

    def explain(
        self,
        histories: sparse.csr_array,
        users: np.ndarray,
        products: np.ndarray,
        names: Sequence[str],
        top: int = 5,
    ) -> Iterator[Explanation]:
        """Score pairs and show the largest terms of each, in their order.

        Pairs of one user that follow each other are taken apart together.

        Args:
            histories: float32 (users, products).
            users: int (m,), rows of histories.
            products: int (m,), rows of candidates.
            names: what the users are called.
            top: terms to show of each.
        """
        for block in range(0, len(users), LISTED):
            some, asked = users[block : block + LISTED], products[block : block + LISTED]
            scores = self.model.pair_scores(histories, some, asked)
            starts = np.flatnonzero(np.diff(some, prepend=-1))
            mine = self._drawn_on(histories[some[starts]])
            of = np.cumsum(np.diff(some, prepend=-1) != 0) - 1
            bias = self.model.bias[self.model.situations_of(mine, of, asked), asked]
            lists = self.decomposer.lists(mine, np.append(starts, len(some)), asked)
            kept = []
            for walks, product in zip(lists, asked.tolist(), strict=True):
                chosen = walks.largest(top, self._untold(walks, product))
                kept.append((walks, chosen, float(walks.value.sum())))
            told = self._told(kept, asked)
            for place, (walks, chosen, total) in enumerate(kept):
                product = int(asked[place])
                terms = tuple(self.term(walks, at, product, told) for at in chosen)
                yield Explanation(
                    user_id=names[int(some[place])],
                    product_id=self.paths.product(product).id,
                    score=float(scores[place]),
                    bias=float(bias[place]),
                    terms=terms,
                    rest=total - sum(term.contribution for term in terms),
                    whole=partial(self._grouped, mine, int(of[place]), product),
                )

    def _told(
        self, kept: list[tuple[Walks, list[int], float]], asked: np.ndarray
    ) -> dict[tuple[int, int], Bought | None]:
        """Paths of all people walks that are shown, looked up together."""
        pairs = {
            (int(walks.items[at]), product)
            for (walks, chosen, _), product in zip(kept, asked.tolist(), strict=True)
            for at in chosen
            if at < len(walks.items)
        }
        ends = np.array(sorted(pairs), np.int64).reshape(-1, 2)
        found = self.paths.people(ends[:, 0], ends[:, 1])
        return {
            (item, product): path
            for (item, product), path in zip(ends.tolist(), found, strict=True)
        }

    def contrast(
        self, history: sparse.csr_array, products: np.ndarray, *, user_id: str = "", top: int = 5
    ) -> Contrast:
        """Set the scores of two products against each other, walk by walk.

        Args:
            history: float32 (1, products).
            products: int (2,), rows of the candidates.
            user_id: whose history it is.
            top: differences to show.
        """
        history = self._drawn_on(history)
        scores = self.model.pair_scores(history, np.zeros(2, np.int64), products)
        bias = self.model.bias[self.model.situations(history, products), products]
        sides = list(self.decomposer.walks(history, products))
        keys = [side.key(self.decomposer.nodes) for side in sides]
        routes, route = np.unique(np.concatenate(keys), return_inverse=True)
        signed = np.concatenate([sides[0].value, -sides[1].value])
        difference = np.bincount(route, weights=signed, minlength=len(routes))
        order = np.argsort(-np.abs(difference), kind="stable")
        order = order[difference[order] != 0]
        untold = [self._untold(*side) for side in zip(sides, products.tolist(), strict=True)]
        if any(side is not None for side in untold):
            hidden = [side for side in untold if side is not None]
            told = np.bincount(route[: len(keys[0])], weights=hidden[0], minlength=len(routes))
            told += np.bincount(route[len(keys[0]) :], weights=hidden[1], minlength=len(routes))
            order = np.concatenate([order[told[order] == 0], order[told[order] > 0]])
            top = min(top, int((told[order] == 0).sum()))
        shown = order[: max(top, 0)]
        terms = []
        for at in shown.tolist():
            ends: list[Term | None] = []
            for side, key, product in zip(sides, keys, products.tolist(), strict=True):
                place = np.flatnonzero((key == routes[at]) & (side.value != 0)).tolist()
                ends.append(self.term(side, place[0], product) if place else None)
            terms.append(Difference(float(difference[at]), *ends))
        return Contrast(
            user_id=user_id,
            product_id=self.paths.product(int(products[0])).id,
            against=self.paths.product(int(products[1])).id,
            score=float(scores[0] - scores[1]),
            bias=float(bias[0]) - float(bias[1]),
            terms=tuple(terms),
            rest=float(difference[order[max(top, 0) :]].sum()),
        )

    def _grouped(
        self, histories: sparse.csr_array, row: int, product: int, by: By
    ) -> tuple[Group, ...]:
        """See :meth:`Explanation.grouped`."""
        history = sparse.csr_array(histories[[row]])
        walks = next(self.decomposer.walks(history, np.array([product])))
        if by == "history":
            name = walks.item.astype(np.int64)
        elif by == "kind":
            name = -1 - self.paths.kinds(walks, product)
        else:
            node = np.where(walks.theirs == NONE, walks.mine, walks.theirs)
            untold = self._untold(walks, product)
            node = node if untold is None else np.where(untold, NONE, node)
            name = np.where(node == NONE, -1 - self.paths.kinds(walks, product), node)
        weighs = np.flatnonzero(walks.value)
        names, place = np.unique(name[weighs], return_inverse=True)
        sums = np.bincount(place, weights=walks.value[weighs], minlength=len(names))
        counts = np.bincount(place, minlength=len(names))
        order = np.argsort(-np.abs(sums), kind="stable").tolist()
        return tuple(
            Group(self._named(int(names[at]), by), float(sums[at]), int(counts[at])) for at in order
        )

    def _drawn_on(self, history: sparse.csr_array) -> sparse.csr_array:
        """Leave out what the scores do not draw on."""
        return self.model.kept_back.without(sparse.csr_array(history))

    def _untold(self, walks: Walks, product: int) -> np.ndarray | None:
        """Which walks go to a sensitive node, and stay in the rest: bool (walks,); None: none do.

        Where the candidate is sensitive its categories are not told at all: the way up from it to
        one that is not sensitive may lead through one that is.
        """
        kept = self.model.kept_back
        if not kept.some:
            return None
        nodes = np.append(kept.nodes, False)  # the last is NONE, the product itself
        if kept.products[product]:
            nodes[self.decomposer.attributes : -1] = True
        return np.asarray(nodes[walks.theirs])

    def _named(self, name: int, by: By) -> PathNode:
        if name < 0:
            kind = KINDS[-1 - name]
            return PathNode("Kind", kind, kind)
        return self.paths.product(name) if by == "history" else self.paths.node(name)

    def term(
        self,
        walks: Walks,
        at: int,
        product: int,
        told: dict[tuple[int, int], Bought | None] | None = None,
    ) -> Term:
        """Tell one walk to a product, by its place among the walks.

        ``told`` has the paths of people walks that were looked up already.
        """
        item, sort, mine, theirs = walks.walk(at)
        start, end = self.paths.product(item), self.paths.product(product)
        kind: Kind = "bridge"
        path: Path = (start, "LEARNED", end)
        count = None
        if sort == PEOPLE:
            if told is not None:
                found = told[item, product]
            else:
                found = self.paths.people(np.array([item]), np.array([product]))[0]
            if found is not None:
                kind, (path, count) = "people", found
        elif sort == TEXT:
            kind, path = "text", (start, "SIMILAR_TEXT", end)
        elif sort == IMAGE:
            kind, path = "image", (start, "SIMILAR_IMAGE", end)
        else:
            near, far = self.paths.half(item, mine), self.paths.half(product, theirs)
            path = joined(near, far, learned=sort != SHARED)
            if sort == SHARED:
                kind = "attribute" if mine < self.decomposer.attributes else "category"
        return Term(float(walks.value[at]), kind, start.id, path, count)
