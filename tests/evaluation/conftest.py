"""Small logs for the tests of evaluation."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from crossaisle.evaluation.neighbours import training_log
from crossaisle.graph import Graph

AISLES = ("food", "garden", "toys", None)
START = datetime(2020, 1, 1)


def make_log(
    seed: int = 0,
    *,
    users: int = 40,
    products: int = 30,
    events: int = 400,
    clock: bool = False,
    baskets: int = 0,
) -> Graph:
    """A random log over three aisles and some products without one; popular ones exist."""
    rng = np.random.default_rng(seed)
    popular = rng.dirichlet(np.ones(products))
    tail = rng.choice(products, events, p=popular)
    hours = rng.integers(0, 5000, events)
    bought = pl.DataFrame(
        {
            "head": [f"u{user:03d}" for user in rng.integers(0, users, events)],
            "tail": [f"p{product:03d}" for product in tail],
            "position": hours.astype(float),
            "time": [START + timedelta(hours=int(hour)) if clock else None for hour in hours],
        },
        schema_overrides={"time": pl.Datetime("us")},
    )
    lines = baskets * 3
    contains = pl.DataFrame(
        {
            "head": [f"b{number // 3:03d}" for number in range(lines)],
            "tail": [f"p{product:03d}" for product in rng.integers(0, products, lines)],
            "time": [START + timedelta(hours=int(hour)) for hour in rng.integers(0, 5000, lines)],
        },
        schema={"head": pl.String, "tail": pl.String, "time": pl.Datetime("us")},
    )
    return Graph.from_ids(
        {
            "products": pl.DataFrame(
                {
                    "id": [f"p{product:03d}" for product in range(products)],
                    "aisle": [AISLES[product % 7 % 4] for product in range(products)],
                }
            ),
            "customers": pl.DataFrame({"id": [f"u{user:03d}" for user in range(users)]}),
            "baskets": pl.DataFrame(
                {"id": [f"b{number:03d}" for number in range(baskets)]}, schema={"id": pl.String}
            ),
            "bought": bought,
            "contains": contains,
        }
    )


def make_bridge(users: int = 240, groups: int = 12, seed: int = 0) -> Graph:
    """Users of group g buy l_g and m_g on the left, r_g and s_g on the right, and nothing else.

    So whoever has seen the left knows the right: its two products of the same group.
    """
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, users)
    names = [f"{side}{g:02d}" for side in "lmrs" for g in range(groups)]
    bought = pl.DataFrame(
        {
            "head": [f"u{user:03d}" for user in range(users) for _ in range(4)],
            "tail": [f"{side}{group[user]:02d}" for user in range(users) for side in "lmrs"],
            "position": [float(place) for _ in range(users) for place in range(4)],
        }
    )
    return Graph.from_ids(
        {
            "products": pl.DataFrame(
                {"id": names, "aisle": ["left" if name[0] in "lm" else "right" for name in names]}
            ),
            "customers": pl.DataFrame({"id": [f"u{user:03d}" for user in range(users)]}),
            "bought": bought,
        }
    )


@pytest.fixture(scope="session")
def log() -> Callable[..., Graph]:
    return make_log


@pytest.fixture(scope="session")
def bridge() -> Graph:
    return make_bridge()


@pytest.fixture(scope="session")
def graph(log: Callable[..., Graph]) -> Graph:
    """A small log with baskets, for formulas written out."""
    return log(11, users=50, products=25, events=300, baskets=10)


@pytest.fixture(scope="session")
def dense(graph: Graph) -> np.ndarray:
    return training_log(graph).toarray()


@pytest.fixture(scope="session")
def histories() -> sparse.csr_array:
    """Of six people, the first without any."""
    matrix = (np.random.default_rng(5).random((6, 25)) < 0.2).astype(np.float32)
    matrix[0] = 0
    return sparse.csr_array(matrix)
