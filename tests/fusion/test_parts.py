"""Walks, features, newcomers, questions and the search, each against a slower statement."""

import numpy as np
import pytest
from scipy import sparse

from crossaisle.fusion import TrainConfig, newcomers
from crossaisle.fusion.calibrate import shares
from crossaisle.fusion.content import content_table, features
from crossaisle.fusion.holdout import COLD, VISITED, hold_out
from crossaisle.fusion.newcomers import PENALTY, TEXT_PENALTY, TOLERANCE, learn_weights
from crossaisle.fusion.ranking import best
from crossaisle.fusion.train import _lore
from crossaisle.fusion.walks import walk_table
from crossaisle.fusion.weigh import POPULARITY, ndcg, search, sheet_of
from crossaisle.graph import Graph


def test_content_by_loops(graph: Graph) -> None:
    made, bought = features(graph), np.arange(graph.products.height) % 5.0
    table, dense = content_table(made, bought), features(graph).matrix.toarray().astype(float)
    cube = (dense @ dense.T) ** 3 * np.maximum(bought, 1)[:, None] ** -0.25
    mass = bought @ cube
    expected = cube * np.maximum(mass / mass.mean(), 0.02) ** -0.4
    everything = np.arange(len(bought))
    np.testing.assert_allclose(table.pairs(everything, everything), expected, rtol=1e-4, atol=1e-9)
    found = table.scores(graph.purchases, everything)
    np.testing.assert_allclose(found, graph.purchases @ expected, rtol=1e-4, atol=1e-6)


def test_walks_by_loops() -> None:
    rng = np.random.default_rng(0)
    log = (rng.random((30, 12)) < 0.3).astype(np.float32)
    log[0] = 1
    aisle_of = np.arange(12) % 3
    whole = walk_table(sparse.csr_array(log), aisle_of, per_aisle=12).toarray()
    people = log.sum(axis=0)
    for i in range(12):
        for j in range(12):
            walked = sum(log[u, i] * log[u, j] / log[u].sum() for u in range(30) if log[u].any())
            expected = walked / np.sqrt(people[i]) if i != j else 0
            assert whole[i, j] == pytest.approx(expected, rel=1e-5)
    few = walk_table(sparse.csr_array(log), aisle_of, per_aisle=2).toarray()
    for i in range(12):
        for aisle in range(3):
            inside = np.flatnonzero(aisle_of == aisle)
            strength = whole[i, inside] / people[inside] ** 0.4
            strongest = inside[np.argsort(-strength, kind="stable")[:2]]
            assert set(inside[few[i, inside] > 0]) == set(strongest[whole[i, strongest] > 0])
            np.testing.assert_allclose(few[i, strongest], whole[i, strongest], rtol=1e-5)


def test_features_by_loops(graph: Graph) -> None:
    made = features(graph)
    rows = graph.products.height
    held: list[dict[str, float]] = [{} for _ in range(rows)]
    parents = dict(graph.part_of.select("head", "tail").iter_rows())
    for row, node in graph.has_attribute.select("head", "tail").iter_rows():
        held[row][f"attribute {node}"] = 1.0
    for row, node in graph.in_category.select("head", "tail").iter_rows():
        above: int | None = node
        while above is not None:
            held[row][f"category {above}"] = 1.0
            above = parents.get(above)
    count: dict[str, int] = {}
    for product in held:
        for name in product:
            count[name] = count.get(name, 0) + 1
    for row in (0, 17, 125):
        dense = made.matrix[[row]].toarray()[0]
        blocks: dict[str, dict[str, float]] = {"attribute": {}, "category": {}}
        for name in held[row]:
            blocks[name.split()[0]][name] = np.log(rows / count[name])
        vector = {}
        for kind, share in (("attribute", 1.0), ("category", 0.5)):
            length = np.sqrt(sum(v**2 for v in blocks[kind].values()))
            vector |= {n: share * v / length for n, v in blocks[kind].items() if length}
        named = {}
        for column in np.flatnonzero(dense).tolist():
            kind, node = made.kind(column)
            named[f"{kind} {node}" if kind != "word" else made.words[node]] = dense[column]
        words = {n: v for n, v in named.items() if n not in vector}
        assert set(words) <= set(graph.products["title"][row].replace("_", " ").split())
        both = [n for n in vector if vector[n]]
        assert sorted(n for n in named if n not in words) == sorted(both)
        ratio = {round(named[n] / vector[n], 5) for n in both}
        assert len(ratio) == 1  # one factor brings the whole row to length 1
        assert np.linalg.norm(dense) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("with_text", [False, True])
def test_likeness_is_ridge_regression(with_text: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    matrix = sparse.random_array((80, 9), density=0.4, rng=rng, dtype=np.float32, format="csr")
    text = rng.standard_normal((80, 4)).astype(np.float32) if with_text else None
    vectors = rng.standard_normal((80, 3)).astype(np.float32)
    weight = rng.integers(0, 4, 80).astype(np.float32)
    design = matrix.toarray() if text is None else np.hstack([matrix.toarray(), text])
    penalty = np.r_[np.full(9, PENALTY), np.full(design.shape[1] - 9, TEXT_PENALTY)]
    normal = design.T @ (weight[:, None] * design) + np.diag(penalty)
    slow = np.linalg.solve(normal, design.T @ (weight[:, None] * vectors))
    for exact, tolerance, atol in ((9, 0.5, 1e-6), (4, TOLERANCE, 1e-3), (0, 1e-6, 1e-6)):
        monkeypatch.setattr(newcomers, "EXACT", exact)
        monkeypatch.setattr(newcomers, "TOLERANCE", tolerance)
        found = learn_weights(vectors, weight, sparse.csr_array(matrix), text)
        np.testing.assert_allclose(found.features, slow[:9], atol=atol)
        if text is not None:
            assert found.text is not None
            np.testing.assert_allclose(found.text, slow[9:], atol=atol)


def test_questions_hide_what_they_ask(graph: Graph) -> None:
    config = TrainConfig()
    held = hold_out(_lore(graph, None), config, np.random.default_rng(0))
    out = {tuple(row) for row in graph.purchases[~held.kept].toarray().astype(bool).tolist()}
    assert 0.1 < np.mean(~held.kept) < 0.4
    assert len(held.known) > 50
    assert len(held.fresh) > 5
    for tasks, fresh in ((held.known, False), (held.fresh, True)):
        for row in range(len(tasks)):
            history = tasks.histories[[row]].toarray()[0] > 0
            target = tasks.targets[[row]].toarray()[0] > 0
            assert history.any()
            assert target.any()
            assert not (history & target).any()
            assert (graph.aisle_of[target] == tasks.aisle[row]).all()
            assert (held.is_new[target] == fresh).all()
            assert not held.is_new[history].any()
            inside = (graph.aisle_of[history] == tasks.aisle[row]).any()
            if tasks.situation[row] == COLD:
                assert not inside
            else:
                assert tasks.situation[row] == VISITED
                assert fresh or target.sum() == 1  # of known ones the last is asked for
            both = history | target
            assert any(all(p or not b for p, b in zip(o, both, strict=True)) for o in out)


def test_ndcg_by_sorting() -> None:
    rng = np.random.default_rng(0)
    scores = rng.permutation(200).reshape(10, 20).astype(np.float32)
    wanted = rng.random((10, 20)) < 0.2
    wanted[:, 3] = True
    fast = ndcg(scores, np.nonzero(wanted), 5)
    for row in range(10):
        order = np.argsort(-scores[row])[:5]
        dcg = sum(wanted[row, p] / np.log2(r + 2) for r, p in enumerate(order))
        ideal = sum(1 / np.log2(r + 2) for r in range(min(5, wanted[row].sum())))
        assert fast[row] == pytest.approx(dcg / ideal)


def test_noise_leaves_popularity_alone_and_signal_is_found() -> None:
    rng = np.random.default_rng(0)
    wanted = np.zeros((400, 50), np.float32)
    wanted[np.arange(400), np.minimum(rng.geometric(0.1, 400), 50) - 1] = 1
    popularity = np.tile(-np.arange(50, dtype=np.float32), (400, 1))
    noise = rng.standard_normal((400, 50)).astype(np.float32)
    signal = wanted + 0.3 * noise[::-1]
    empty = sparse.csr_array((400, 50), dtype=np.float32)
    for other, found in ((noise, False), (signal, True)):
        parts = {POPULARITY: popularity, "other": other}
        sheet = sheet_of(parts, empty, sparse.csr_array(wanted))
        weights = search([sheet], {POPULARITY: 14.0, "other": 1.0})
        assert (weights["other"] > 0) == found
        assert found or weights[POPULARITY] > 0


def test_shares_add_up(graph: Graph) -> None:
    cold, visited = shares(_lore(graph, None))
    assert cold.sum() + visited.sum() == pytest.approx(1)
    assert (cold > 0).all()
    opened = sum(len(set(graph.aisle_of[row.indices])) - 1 for row in _rows(graph.purchases))
    later = sum(row.nnz - 1 for row in _rows(graph.purchases))
    assert cold.sum() == pytest.approx(opened / later)


def _rows(log: sparse.csr_array) -> list[sparse.csr_array]:
    return [log[[u]] for u in range(log.shape[0]) if log[[u]].nnz]


def test_best_by_sorting() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (20, 15)).astype(np.float32)  # many ties
    scores[3] = -np.inf
    candidates = np.sort(rng.permutation(100)[:15])
    products, values = best(scores, candidates, 4)
    for row in range(20):
        order = sorted(range(15), key=lambda c: (-scores[row, c], candidates[c]))
        expected = [c for c in order if np.isfinite(scores[row, c])][:4]
        assert products[row].tolist() == candidates[expected].tolist()
        assert values[row].tolist() == scores[row, expected].tolist()
