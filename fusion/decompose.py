"""Scores taken apart into all of their walks, for many histories and their lists at once.

The network's part of a score is bilinear in leaves, so its walks come as one product of matrices,

    V[g, s] = SUM_{n in g} SUM_{m in s} h_i mix_in[i, n] mix_out[j, m] x_in[n] . x_out[m],

g: a history product i and a node at its side; s: a candidate j and a node at its side. The other
channels add to single cells of V: people and walks where both sides are the products themselves,
content where both sides are the same node, or both the text. The image channel's walks, picture to
picture, stand beside V. Those are found for all lists of a
block in a few array operations; V is laid out list by list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import ContentTable, NetworkTables
from crossaisle.fusion.likeness import CONTENT_WEIGHT, LikenessTable
from crossaisle.fusion.lists import Lists, Side, rows_of_all, through_leaves
from crossaisle.fusion.model import CHANNELS, Model, faded
from crossaisle.fusion.walk_values import NONE, Walks

CELLS = 1_000_000
"""Walks of one list held at a time: 8 MB."""

TOGETHER = 20_000
"""Pairs (history product, candidate) looked up together, where one list has no more."""


@dataclass(frozen=True)
class _Block:
    """What the channels but the network add to V, for all lists."""

    people: np.ndarray  # float64 (pairs,): product to product
    text: np.ndarray  # float64 (pairs,): text to text
    image: np.ndarray  # float64 (pairs,): picture to picture
    written: np.ndarray  # float64 (pairs,): product to text
    mine: np.ndarray  # int (shared,): place in the near side's nodes
    theirs: np.ndarray  # int (shared,): and in the far side's
    shared: np.ndarray  # float64 (shared,): through a node of both; ascending by list
    shared_at: np.ndarray  # int (lists + 1,)
    learned: np.ndarray | None  # float64 (history product, far node) one after the other, or None
    learned_at: np.ndarray  # int (lists + 1,)


class Decomposer:
    """Takes scores of a model apart. Made once for a model."""

    def __init__(self, model: Model) -> None:
        """Say of every leaf what it stands for: a product, its text, or a node."""
        self.model = model
        products = model.graph.products.height
        self.attributes = model.graph.attributes.height
        self.nodes = self.attributes + model.graph.categories.height
        network = model.channels.get("network")
        if isinstance(network, NetworkTables):
            leaf = np.arange(len(network.leaves_in)) - products
            self._mix = {"in": network.mix_in, "out": network.mix_out}
        else:
            leaf = np.zeros(0, np.int64)
            self._mix = dict.fromkeys(("in", "out"), sparse.csr_array((products, 0), dtype="f4"))
        self._itself, self._written = leaf < 0, leaf >= 2 * self.nodes
        self._node = leaf % max(self.nodes, 1)

    def walks(self, history: sparse.csr_array, products: np.ndarray) -> Iterator[Walks]:
        """Take one history's scores apart, in the order of ``products``.

        Args:
            history: float32 (1, products).
            products: int (m,), rows of candidates.
        """
        return self.lists(history, np.array([0, len(products)]), products)

    def lists(
        self, histories: sparse.csr_array, starts: np.ndarray, products: np.ndarray
    ) -> Iterator[Walks]:
        """Take the scores of several lists apart, in the order of ``products``.

        Args:
            histories: float32 (lists, products).
            starts: int (lists + 1,), where each list's candidates start.
            products: int (m,), rows of candidates.
        """
        histories = sparse.csr_array(histories)
        for users, bounds in self._parts(histories, starts):
            asked = products[bounds[0] : bounds[-1]]
            lists = self._lists(sparse.csr_array(histories[users]), bounds - bounds[0], asked)
            near, far = self._side("in", lists.item), self._side("out", lists.product)
            block = self._block(lists, near, far)
            for at in range(len(users)):
                yield from self._laid_out(lists, near, far, block, at)

    def _parts(
        self, histories: sparse.csr_array, starts: np.ndarray
    ) -> Iterator[tuple[list[int], np.ndarray]]:
        """Rows and bounds of lists that are taken apart together; a long one comes in pieces."""
        sizes = np.diff(histories.indptr)
        held = np.diff(self._mix["in"].indptr) + np.diff(self.model.features.matrix.indptr)
        far = 2 + max(int(held.max(initial=0)), 1)
        users: list[int] = []
        bounds, pairs = [int(starts[0])], 0
        for row, (start, end) in enumerate(pairwise(starts.tolist())):
            mine = histories.indices[histories.indptr[row] : histories.indptr[row + 1]]
            groups = 2 * len(mine) + int(held[mine].sum())
            step = max(CELLS // max(far * groups, 1), 1)
            for at in range(start, end, step):
                last = min(at + step, end)
                users.append(row)
                bounds.append(last)
                pairs += int(sizes[row]) * (last - at)
                if pairs >= TOGETHER:
                    yield users, np.array(bounds)
                    users, bounds, pairs = [], [last], 0
        if users:
            yield users, np.array(bounds)

    def _lists(
        self, histories: sparse.csr_array, starts: np.ndarray, products: np.ndarray
    ) -> Lists:
        model = self.model
        lists = len(starts) - 1
        of_item = np.repeat(np.arange(lists), np.diff(histories.indptr))
        of_product = np.repeat(np.arange(lists), np.diff(starts))
        situations = model.situations_of(histories, of_product, products)
        new = model.is_new[products].astype(np.int64)
        sizes = np.diff(histories.indptr) * np.diff(starts)
        lives = (np.inf, model.half_life)
        return Lists(
            item=histories.indices,
            product=products,
            of_item=of_item,
            of_product=of_product,
            item_at=histories.indptr.astype(np.int64),
            product_at=starts,
            pair_at=np.concatenate([[0], np.cumsum(sizes)]),
            weight=np.stack([faded(histories, life, np.float64).data for life in lives]),
            factor=model.weights[situations, new].astype(np.float64),
            fades=situations * (1 - new),
        )

    def _side(self, name: str, products: np.ndarray) -> Side:
        count, nodes = len(products), max(self.nodes, 1)
        leaf, share, place = rows_of_all(self._mix[name], products)
        of_leaf = 2 * count + place * nodes + self._node[leaf]
        of_leaf = np.where(self._written[leaf], count + place, of_leaf)
        of_leaf = np.where(self._itself[leaf], place, of_leaf)
        column, value, row = rows_of_all(self.model.features.matrix, products)
        is_node = column < self.nodes
        of_feature = 2 * count + row[is_node] * nodes + column[is_node]
        groups, inverse = np.unique(
            np.concatenate([np.arange(2 * count), of_leaf, of_feature]), return_inverse=True
        )
        owner, node = np.divmod(groups[2 * count :] - 2 * count, nodes)
        at = np.full(len(column), NONE)
        at[is_node] = inverse[2 * count + len(leaf) :] - 2 * count
        group = inverse[2 * count : 2 * count + len(leaf)]
        order = np.argsort(group, kind="stable")
        return Side(
            node_at=np.searchsorted(owner, np.arange(count + 1)),
            node=node,
            owner=owner,
            feature=column,
            value=value.astype(np.float64),
            holder=row,
            of_feature=at,
            leaf_at=np.searchsorted(group[order], np.arange(len(groups) + 1)),
            leaf=leaf[order],
            share=share[order].astype(np.float64),
        )

    def _block(self, lists: Lists, near: Side, far: Side) -> _Block:
        mine, theirs = lists.pairs
        items, products = lists.item[mine], lists.product[theirs]
        first, second = self._common(lists, near, far)
        pair = lists.pair(near.holder[first], far.holder[second])
        product_of = near.value[first] * far.value[second]
        cosine = np.zeros(len(mine))
        np.add.at(cosine, pair, product_of)
        people, steep, text, image = np.zeros((4, len(mine)))
        written, learned = np.zeros(len(mine)), None
        sizes = np.diff(lists.item_at) * np.diff(far.node_at[lists.product_at])
        learned_at = np.concatenate([[0], np.cumsum(sizes)])
        for place, name in enumerate(CHANNELS):
            channel = self.model.channels.get(name)
            scale = lists.scale * lists.factor[theirs, place]
            scale = scale * self.model.gate(name, items, products)
            if channel is None or isinstance(channel, NetworkTables) or not scale.any():
                continue
            if isinstance(channel, ContentTable):
                steep += channel.steepness(items, products, cosine) * scale
            elif isinstance(channel, LikenessTable):
                parts = channel.parts_of(items, products, cosine)
                scale = scale * channel.steepness(items, products, parts)
                steep += CONTENT_WEIGHT * scale
                text += parts.text * scale
                written, learned = self._likeness(channel, lists, far, scale)
                written += parts.people * scale
            elif name == "image":
                image += channel.entries(items, products) * scale
            else:
                people += channel.entries(items, products) * scale
        through = product_of * steep[pair]
        said = near.of_feature[first] < 0
        np.add.at(text, pair[said], through[said])
        at = np.flatnonzero(~said)
        list_of = lists.of_item[near.holder[first[at]]]
        order = np.argsort(list_of, kind="stable")
        at = at[order]
        return _Block(
            people=people,
            text=text,
            image=image,
            written=written,
            mine=near.of_feature[first[at]],
            theirs=far.of_feature[second[at]],
            shared=through[at],
            shared_at=np.searchsorted(list_of[order], np.arange(len(lists.item_at))),
            learned=learned,
            learned_at=learned_at,
        )

    def _common(self, lists: Lists, near: Side, far: Side) -> tuple[np.ndarray, np.ndarray]:
        """Entries of the two sides that are of one list and one feature, every pair of them."""
        wide = self.model.features.matrix.shape[1]
        left = lists.of_item[near.holder].astype(np.int64) * wide + near.feature
        right = lists.of_product[far.holder].astype(np.int64) * wide + far.feature
        order = np.argsort(right, kind="stable")
        lowest, highest = (np.searchsorted(right[order], left, side) for side in ("left", "right"))
        count = highest - lowest
        first = np.repeat(np.arange(len(left)), count)
        inside = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
        return first, order[np.repeat(lowest, count) + inside]

    def _likeness(
        self, table: LikenessTable, lists: Lists, far: Side, scale: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of X_i . X_j, what each node of j brings, and what of it is no node's.

        Returns:
            The latter, to be added to X_i . X_j: float64 (pairs,); the former: float64, history
            product by history product, the nodes of its list's candidates.
        """
        held = np.zeros(len(far.node))
        some = far.of_feature >= 0
        held[far.of_feature[some]] = far.value[some]
        held *= table.share[lists.product[far.owner]]
        wide = np.diff(far.node_at[lists.product_at])[lists.of_item]
        mine = np.repeat(np.arange(len(lists.item)), wide)
        inside = np.arange(len(mine)) - np.repeat(np.cumsum(wide) - wide, wide)
        node = inside + far.node_at[lists.product_at][lists.of_item[mine]]
        pair = lists.pair(mine, far.owner[node])
        found = np.zeros(len(mine))
        weighs = np.flatnonzero(held[node] * scale[pair])
        toward = table.towards(lists.item[mine[weighs]], far.node[node[weighs]])
        found[weighs] = toward * held[node[weighs]] * scale[pair[weighs]]
        taken = np.zeros(len(scale))
        np.subtract.at(taken, pair, found)
        return taken, found

    def _laid_out(
        self, lists: Lists, near: Side, far: Side, block: _Block, at: int
    ) -> Iterator[Walks]:
        """V of one list, cut into its candidates' walks."""
        a, b = lists.item_at[at : at + 2].tolist()
        c, d = lists.product_at[at : at + 2].tolist()
        n, m = b - a, d - c
        (g0, g1), (s0, s1) = near.node_at[[a, b]].tolist(), far.node_at[[c, d]].tolist()
        cells = np.zeros((2 * n + g1 - g0, 2 * m + s1 - s0))
        place, network = CHANNELS.index("network"), self.model.channels.get("network")
        if isinstance(network, NetworkTables) and n:
            factor, fades = lists.factor[c:d, place], lists.fades[c:d]
            for which in np.unique(fades[factor != 0]).tolist():
                weight, chosen = lists.weight[which, a:b], np.where(fades == which, factor, 0)
                open_ = self.model.gate("network", lists.item[a:b, None], lists.product[c:d])
                cells += through_leaves(network, near, far, (a, b), (c, d), weight, chosen, open_)
        pairs = slice(*lists.pair_at[at : at + 2].tolist())
        itself, written, through = cells[:n], cells[n : 2 * n], cells[2 * n :]
        itself[:, :m] += block.people[pairs].reshape(n, m)
        itself[:, m : 2 * m] += block.written[pairs].reshape(n, m)
        written[:, m : 2 * m] += block.text[pairs].reshape(n, m)
        if block.learned is not None:
            span = slice(*block.learned_at[at : at + 2].tolist())
            itself[:, 2 * m :] += block.learned[span].reshape(n, s1 - s0)
        some = slice(*block.shared_at[at : at + 2].tolist())
        through[block.mine[some] - g0, 2 * m + block.theirs[some] - s0] += block.shared[some]
        direct = itself[:, m : 2 * m] + written[:, :m]
        to_node = itself[:, 2 * m :] + written[:, 2 * m :]
        from_node = through[:, :m] + through[:, m : 2 * m]
        items, owner, nodes = lists.item[a:b], near.owner[g0:g1] - a, near.node[g0:g1]
        starts = (far.node_at[c : d + 1] - s0).tolist()
        for j, (start, end) in enumerate(pairwise(starts)):
            yield Walks(
                items=items,
                owner=owner,
                nodes=nodes,
                far=far.node[s0 + start : s0 + end],
                people=itself[:, j],
                text=written[:, m + j],
                image=block.image[pairs].reshape(n, m)[:, j],
                direct=direct[:, j],
                to_node=to_node[:, start:end],
                from_node=from_node[:, j],
                both=through[:, 2 * m + start : 2 * m + end],
            )
