"""The graph network against loops over edges."""

import numpy as np
import pytest
import torch
from scipy import sparse

from crossaisle.encoders.network import Edges, GraphNetwork, Relation

RNG = np.random.default_rng(0)


@pytest.fixture
def relations() -> tuple[Relation, ...]:
    own = sparse.eye_array(5, dtype=np.float32, format="csr")
    attribute = sparse.random_array((5, 4), density=0.5, rng=RNG, dtype=np.float32, format="csr")
    return (
        Relation("SELF", "product", own),
        Relation("HAS_ATTRIBUTE", "node", sparse.csr_array(attribute)),
        Relation("IN_CATEGORY", "node", sparse.csr_array((5, 4), dtype=np.float32)),
    )


@pytest.fixture
def network(relations: tuple[Relation, ...]) -> GraphNetwork:
    start = RNG.standard_normal((5, 3)).astype(np.float32)
    made = GraphNetwork(start, 4, tuple(r.name for r in relations), np.zeros(5))
    with torch.no_grad():
        for value in made.tables.values():
            value += torch.from_numpy(RNG.standard_normal(value.shape).astype(np.float32))
        made.theta_in += 0.2
    return made


@pytest.mark.parametrize("side", ["in", "out"])
def test_propagation_is_a_sum_over_edges(
    network: GraphNetwork, relations: tuple[Relation, ...], side: str
) -> None:
    edges = {r.name: (r.leaves, Edges.from_matrix(r.matrix)) for r in relations}
    fast = network.vectors(side, edges).detach().numpy()
    slow = np.zeros((5, 3))
    for relation in relations:
        theta = network.weights(side)[relation.name]
        table = network.table(relation.leaves, side)
        for product in range(5):
            for leaf in range(relation.matrix.shape[1]):
                slow[product] += theta * relation.matrix[product, leaf] * table[leaf]
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-6)


def test_a_history_is_propagated_like_its_products(
    network: GraphNetwork, relations: tuple[Relation, ...]
) -> None:
    """(H A) X = H (A X): what training shortens and what serving multiplies out agree."""
    history = sparse.csr_array(np.array([[1, 0, 0.5, 0, 0], [0, 0, 0, 0, 2]], np.float32))
    at_once = network.vectors(
        "in",
        {
            r.name: (r.leaves, Edges.from_matrix(sparse.csr_array(history @ r.matrix)))
            for r in relations
        },
    )
    alone = network.vectors(
        "in", {r.name: (r.leaves, Edges.from_matrix(r.matrix)) for r in relations}
    )
    np.testing.assert_allclose(
        at_once.detach().numpy(), history @ alone.detach().numpy(), rtol=1e-5, atol=1e-6
    )


def test_the_weight_of_self_is_one_and_the_others_learn(
    network: GraphNetwork, relations: tuple[Relation, ...]
) -> None:
    assert network.weights("in") == pytest.approx(
        {"SELF": 1.0, "HAS_ATTRIBUTE": 0.5, "IN_CATEGORY": 0.5}
    )
    edges = {r.name: (r.leaves, Edges.from_matrix(r.matrix)) for r in relations}
    network.vectors("out", edges).sum().backward()
    gradient = network.theta_out.grad
    assert gradient is not None
    expected = (relations[1].matrix @ network.table("node", "out")).sum()
    assert gradient[0].item() == pytest.approx(expected, rel=1e-4)
    assert gradient[1].item() == 0


def test_nodes_start_silent() -> None:
    start = RNG.standard_normal((3, 2)).astype(np.float32)
    network = GraphNetwork(start, 2, ("SELF", "HAS_ATTRIBUTE"), np.zeros(3))
    edges = {
        "SELF": ("product", Edges.from_matrix(sparse.eye_array(3, format="csr"))),
        "HAS_ATTRIBUTE": ("node", Edges.from_matrix(sparse.csr_array(np.ones((3, 2))))),
    }
    np.testing.assert_array_equal(network.vectors("out", edges).detach().numpy(), start)
