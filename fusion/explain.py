"""Explanations: the walks whose contributions are the score, largest first."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
from scipy import sparse

from crossaisle.fusion.decompose import Decomposer
from crossaisle.fusion.largest import Cells, Largest, LargestWalks, largest_of, put_together
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
    PathNode,
    Term,
)
from crossaisle.fusion.walk_values import IMAGE, NONE, PEOPLE, SHARED, TEXT, Walks

DIRECT: dict[int, tuple[Kind, str]] = {
    PEOPLE: ("bridge", "LEARNED"),
    TEXT: ("text", "SIMILAR_TEXT"),
    IMAGE: ("image", "SIMILAR_IMAGE"),
}
"""Kind and step of walks from product to product; of people where the graph has no path."""

LISTED = 2000
"""Products explained together."""


class Explainer:
    """Tells walks in words of the graph. Made once for a model; keeps what it looked up."""

    def __init__(self, model: Model) -> None:
        """Look nothing up yet."""
        self.model = model
        self.paths = Paths(model.graph, model.kept_back.products)
        self.decomposer = Decomposer(model)
        self.finder = LargestWalks(model)

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
            with _uncollected():
                explained = self._explained(histories, some, asked, names, top)
            yield from explained

    def _explained(
        self,
        histories: sparse.csr_array,
        users: np.ndarray,
        products: np.ndarray,
        names: Sequence[str],
        top: int,
    ) -> list[Explanation]:
        rows, row = np.unique(users, return_inverse=True)
        mine = self._drawn_on(histories[rows])
        found = self._largest(mine, row, products, top)
        terms = list(self._terms(found.walks, products))
        ends = (users, row, products, found.start[:-1], found.start[1:])
        sums = (found.score, found.bias, found.rest)
        columns = (column.tolist() for column in (*ends, *sums))
        return [
            Explanation(
                user_id=names[user],
                product_id=self.paths.product(product).id,
                score=score,
                bias=bias,
                terms=tuple(terms[start:end]),
                rest=rest,
                whole=partial(self._grouped, mine, place, product),
            )
            for user, place, product, start, end, score, bias, rest in zip(*columns, strict=True)
        ]

    def _largest(
        self, histories: sparse.csr_array, users: np.ndarray, products: np.ndarray, top: int
    ) -> Largest:
        """Find the walks that are shown: the largest alone where that can be, else all sorted."""
        able = self.finder.able(products, top) & ~self.model.kept_back.products[products]
        if able.all():
            untold = np.append(self.model.kept_back.nodes, False)
            return self.finder.find(histories, users, products, top, untold)
        if not able.any():
            return self._sorted(histories, users, products, top)
        places = [np.flatnonzero(able), np.flatnonzero(~able)]
        return put_together(
            [self._largest(histories, users[at], products[at], top) for at in places], places
        )

    def _sorted(
        self, histories: sparse.csr_array, users: np.ndarray, products: np.ndarray, top: int
    ) -> Largest:
        """Take scores apart into all of their walks, and sort these."""
        score = self.model.pair_scores(histories, users, products)
        bias = self.model.bias[self.model.situations_of(histories, users, products), products]
        starts = np.flatnonzero(np.diff(users, prepend=-1))
        own = sparse.csr_array(histories[users[starts]])
        lists = self.decomposer.lists(own, np.append(starts, len(users)), products)
        rows, rest = [], np.zeros(len(users))
        for at, (walks, product) in enumerate(zip(lists, products.tolist(), strict=True)):
            chosen = walks.largest(top, self._untold(walks, product))
            rows += [(at, walks.value[place], *walks.walk(place)) for place in chosen]
            rest[at] = walks.value.sum() - walks.value[chosen].sum()
        return largest_of(rows, bias.astype(np.float64), score, rest)

    def _terms(self, walks: Cells, asked: np.ndarray) -> Iterator[Term]:
        """Tell walks to the products asked for; paths of people walks are looked up together."""
        product, told = asked[walks.candidate], walks.sort == PEOPLE
        wide = self.model.graph.products.height
        keys, key = np.unique(walks.item[told] * wide + product[told], return_inverse=True)
        paths = self.paths.people(*np.divmod(keys, wide))
        place = np.zeros(len(told), np.int64)
        place[told] = key
        columns = (walks.value, walks.item, walks.sort, walks.mine, walks.theirs, product, place)
        for value, item, sort, mine, theirs, end, at in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            known = paths[at] if sort == PEOPLE else None
            yield self._tell(value, item, sort, mine, theirs, end, known)

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
        history = self.model.kept_back.without(sparse.csr_array(history))
        if history.nnz and history.data.min() <= 0:  # a stored 0 is no purchase
            history = history.copy()
            history.eliminate_zeros()
        return history

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

    def term(self, walks: Walks, at: int, product: int) -> Term:
        """Tell one walk to a product, by its place among the walks."""
        item, sort, mine, theirs = walks.walk(at)
        known = None
        if sort == PEOPLE:
            known = self.paths.people(np.array([item]), np.array([product]))[0]
        return self._tell(float(walks.value[at]), item, sort, mine, theirs, product, known)

    def _tell(
        self,
        value: float,
        item: int,
        sort: int,
        mine: int,
        theirs: int,
        product: int,
        known: Bought | None,
    ) -> Term:
        """Tell a walk of some value; ``known`` is the path of a people walk, if it has one."""
        start = self.paths.product(item)
        if known is not None:
            return Term(value, "people", start.id, *known)
        if sort in DIRECT:
            kind, step = DIRECT[sort]
            return Term(value, kind, start.id, (start, step, self.paths.product(product)))
        kind = "bridge"
        if sort == SHARED:
            kind = "attribute" if mine < self.decomposer.attributes else "category"
        near, far = self.paths.half(item, mine), self.paths.half(product, theirs)
        return Term(value, kind, start.id, joined(near, far, learned=sort != SHARED))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put off the search for cycles while many objects are made that have none.

    It goes over every object there is each time their number has grown by so much, and took a
    fourth of the time of explaining.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()
