"""Vectors for products nobody has bought: ridge regression of learned vectors on features.

For a product with events the network has a vector of its own. For one without, each of its
attributes, categories and words, and its text vector, contributes the vector that ridge regression
gives it,

    B = argmin SUM_j n_j^.5 |z_j - F_j B|^2 + SUM_k lambda_k |B_k|^2,    z_new = F_new B,

so that a new product stands where its likes stand, and the sum over features stays a sum.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from crossaisle.encoders.network import GraphNetwork, Relation
from crossaisle.fusion.channels import NetworkTables
from crossaisle.fusion.content import Features

PENALTY, TEXT_PENALTY = 10.0, 3.0
"""lambda of features and of text's numbers, which are smaller. Chosen on held-out products of three
shops, among 3 to 100 and 1 to 30: little depends on either."""

EXACT = 2000
"""The most frequent features, and all text numbers, are solved for exactly in each step's guess:
they go together, and are what makes plain steps many (amazon14: 51 steps, with these 14)."""

STEPS = 200
TOLERANCE = 1e-3
"""What is said of products is then within a few thousandths of the solution's."""


@dataclass(frozen=True)
class Weights:
    """What each feature and each number of a text vector contributes."""

    features: np.ndarray  # float32 (features, d)
    text: np.ndarray | None  # float32 (text numbers, d)

    def said(
        self, features: sparse.csr_array, text: np.ndarray | None, first: int = 0
    ) -> np.ndarray:
        """Add up what the features from column ``first`` on, and the text, give: float32 (n, d)."""
        total: np.ndarray = features[:, first:] @ self.features[first:]
        if text is not None and self.text is not None:
            total = total + text @ self.text
        return np.asarray(total, np.float32)


def taught_by(bought: np.ndarray) -> np.ndarray:
    """n_j^.5, what each product weighs in the regression: float32 (products,)."""
    return np.asarray(np.sqrt(bought), np.float32)


def learn_weights(
    vectors: np.ndarray,
    weight: np.ndarray,
    features: sparse.csr_array,
    text: np.ndarray | None,
) -> Weights:
    """Solve the ridge regression by preconditioned conjugate gradients, all columns at once.

    The steps are preconditioned by the system without what rare features have to do with others
    (see :data:`EXACT`), and end where the residual, in that measure, is :data:`TOLERANCE` of the
    first one. Where no feature is rare the first step is the solution.

    Args:
        vectors: float32 (products, d), the learned vectors.
        weight: float32 (products,), 0 for products that have none.
        features: float32 (products, features).
        text: float32 (products, numbers) or None.
    """
    root = np.sqrt(weight)[:, None].astype(np.float32)
    rows = np.flatnonzero(weight > 0)
    scaled = sparse.csr_array(features[rows].multiply(root[rows])).astype(np.float32)
    turned = sparse.csr_array(scaled.T)
    wanted = vectors[rows].astype(np.float32) * root[rows]
    dense = np.zeros((len(rows), 0), np.float32) if text is None else text[rows] * root[rows]
    width = features.shape[1]
    mixed, inner = turned @ dense, dense.T @ dense
    inner[np.diag_indices(len(inner))] += np.float32(TEXT_PENALTY)
    diagonal = np.asarray(scaled.power(2).sum(axis=0)).ravel() + np.float32(PENALTY)
    often = np.sort(np.argsort(-diagonal, kind="stable")[:EXACT])
    exact = np.append(often, np.arange(width, width + len(inner)))
    gram = (turned[often] @ scaled[:, often]).toarray()
    gram[np.diag_indices(len(gram))] += np.float32(PENALTY)
    both = np.block([[gram, mixed[often]], [mixed[often].T, inner]])
    root, lower = linalg.cho_factor(both.astype(np.float64))  # float32 would fail a large shop
    factor = (root.astype(np.float32), lower)
    each = np.append(diagonal, np.ones(len(inner), np.float32))[:, None]

    def system(block: np.ndarray) -> np.ndarray:
        first, last = block[:width], block[width:]
        above = turned @ (scaled @ first) + np.float32(PENALTY) * first + mixed @ last
        return np.concatenate([above, mixed.T @ first + inner @ last])

    def near(block: np.ndarray) -> np.ndarray:
        guess = block / each
        guess[exact] = linalg.cho_solve(factor, block[exact])
        return np.asarray(guess)

    right = np.concatenate([turned @ wanted, dense.T @ wanted])
    solution = _conjugate_gradients(system, near, right)
    return Weights(solution[:width], None if text is None else solution[width:])


def freeze(
    network: GraphNetwork,
    relations: tuple[Relation, ...],
    features: Features,
    text: np.ndarray | None,
    bought: np.ndarray,
) -> tuple[NetworkTables, np.ndarray]:
    """Turn the trained network into tables: (tables, bias float32 (products,)).

    A product with events keeps its own leaves; one without gets those of its likes.
    """
    new = bought == 0
    known = sparse.diags_array((~new).astype(np.float32))
    bias = network.bias.detach().numpy().copy()
    level = float(bias[~new].mean()) if (~new).any() else 0.0
    leaves, mix = {}, {}
    for side in ("in", "out"):
        theta = network.weights(side)
        blocks = {r.leaves: sparse.csr_array((len(new), 0)) for r in relations}
        for relation in relations:
            part = sparse.csr_array(theta[relation.name] * (known @ relation.matrix))
            before = blocks[relation.leaves]
            blocks[relation.leaves] = part if not before.shape[1] else before + part
        nodes = network.table("node", side)
        mix[side] = [
            blocks["product"],
            blocks.get("node", sparse.csr_array((len(new), len(nodes)))),
        ]
        leaves[side] = [network.table("product", side), nodes]
        vectors = sum(m @ v for m, v in zip(mix[side], leaves[side], strict=True))
        beside = np.column_stack([vectors, bias - level])
        alike = learn_weights(beside, taught_by(bought), features.matrix, text)
        node_part, text_part, row = _like(alike, features, text, new)
        leaves[side] += [node_part[:, :-1], text_part[:, :-1]]
        mix[side] += [row[:, : len(nodes)], row[:, len(nodes) :]]
        if side == "out":
            whole = row @ np.concatenate([node_part[:, -1], text_part[:, -1]])
            bias[new] = level + whole[new]
    tables = NetworkTables.from_leaves(
        *(np.ascontiguousarray(np.concatenate(leaves[s]), np.float32) for s in ("in", "out")),
        *(
            sparse.csr_array(sparse.hstack(mix[s], format="csr"), dtype=np.float32)
            for s in ("in", "out")
        ),
    )
    return tables, bias.astype(np.float32)


def _like(
    alike: Weights, features: Features, text: np.ndarray | None, new: np.ndarray
) -> tuple[np.ndarray, np.ndarray, sparse.csr_array]:
    """Leaves of the likes: (nodes, d), (new products, d), and each product's mix of them."""
    width = features.attributes + features.categories
    rows = np.flatnonzero(new)
    words = alike.said(features.matrix[rows], None if text is None else text[rows], width)
    own = sparse.csr_array(
        (np.ones(len(rows), np.float32), (rows, np.arange(len(rows)))), shape=(len(new), len(rows))
    )
    mask = sparse.diags_array(new.astype(np.float32))
    mix = sparse.hstack([mask @ features.matrix[:, :width], own], format="csr")
    return alike.features[:width], words, sparse.csr_array(mix)


def _conjugate_gradients(
    system: Callable[[np.ndarray], np.ndarray],
    near: Callable[[np.ndarray], np.ndarray],
    right: np.ndarray,
) -> np.ndarray:
    """Solve a symmetric positive definite system for several right sides: float32 (n, d).

    Args:
        system: multiplies a block, float32 (n, d), by the system.
        near: multiplies it by something near to the system's inverse, as symmetric and positive.
        right: float32 (n, d).
    """
    solution = np.zeros_like(right)
    residual = right.copy()
    direction = closer = near(residual)
    power = np.einsum("nd,nd->d", residual, closer)
    goal = TOLERANCE**2 * power
    for _ in range(STEPS):
        if np.all(power <= goal):
            break
        image = system(direction)
        step = power / np.maximum(np.einsum("nd,nd->d", direction, image), 1e-30)
        solution += step * direction
        residual -= step * image
        closer = near(residual)
        fresh = np.einsum("nd,nd->d", residual, closer)
        direction = closer + (fresh / np.maximum(power, 1e-30)) * direction
        power = fresh
    return np.asarray(solution, np.float32)
