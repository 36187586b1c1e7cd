"""Are the shown reasons the reasons? Measured on whole lists, against reasons chosen otherwise.

Every way to choose reasons shows ``shown`` walks of the same sum, so all are measured alike:

    terms           the largest by size: what `explain` shows
    random walks    a history product, then a walk of the graph from it to the product, at random
    popular paths   the walks of the graph through the nodes with the most edges

fid+ (deletion): the shown walks of a product are taken away, the other products stay as they are;
how far its score falls (by what was shown, as a score is their sum) and how many places it falls.
fid- (sufficiency): of every product of the aisle only the bias and its own shown walks are kept;
how far that is from the score, and what share of the first ten is still among the first ten.
Amara et al., GraphFramEx (2022): fid+ is to be high, fid- low.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from crossaisle.evaluation.bootstrap import Interval, resample
from crossaisle.evaluation.path_measures import PathMeasures, diversity, learned
from crossaisle.fusion.by_purchase import by_purchase
from crossaisle.fusion.explain import Explainer
from crossaisle.fusion.model import Model
from crossaisle.fusion.walk_values import PEOPLE, SHARED, Walks
from crossaisle.graph import Progress, silent

LIST = 10
SHOWN = (5, 10, 20)
CASES = 200
BEST = 1000
"""Products of an aisle that fid- ranks: the best by score, where there are more. One further down
would have to pass 990 others to enter the first ten."""
WAYS = ("terms", "random walks", "popular paths")

Choice = Callable[[Walks, int, int], np.ndarray]  # walks, product, how many -> places of walks


@dataclass(frozen=True)
class Cases:
    """Whose lists are explained."""

    histories: sparse.csr_array  # float32 (cases, products): 0, or 1 + the visits since
    aisles: np.ndarray  # int (cases,): the aisle that is ranked; < 0: all
    users: np.ndarray  # int (cases,): rows of the model's customers

    def drawn(self, most: int, rng: np.random.Generator) -> "Cases":
        """Draw ``most`` of those who have a history."""
        able = np.flatnonzero(np.diff(self.histories.indptr) > 0)
        rows = np.sort(rng.permutation(able)[:most])
        return Cases(sparse.csr_array(self.histories[rows]), self.aisles[rows], self.users[rows])


@dataclass(frozen=True)
class Faithfulness:
    """What was measured; a figure is a mean over cases with its 95 % interval over users."""

    cases: int
    products: int  # explained
    worst_sum: float  # |bias + all walks - score| / max(1, |score|), the worst
    worst_purchase: float  # the same for one purchase's walks against the channels asked for it
    wrong_steps: int  # shown steps of `terms` that claim an edge which is not there
    wrong_ends: int  # paths of `terms` that begin or end elsewhere
    ways: dict[str, dict[str, Interval]]  # by way, then by measure

    def to_json(self) -> dict[str, Any]:
        """Return plain values; what is not defined is null."""
        found = asdict(self)
        for measures in found["ways"].values():
            for figure in measures.values():
                for end, value in figure.items():
                    figure[end] = value if np.isfinite(value) else None
        return found


def faithfulness(
    model: Model, cases: Cases, *, seed: int = 0, most: int = CASES, progress: Progress = silent
) -> Faithfulness:
    """Measure the explanations of a model on some of the cases, and chosen otherwise.

    Args:
        model: the model.
        cases: whose lists.
        seed: of the draw of cases, of random walks and of the bootstrap.
        most: cases at most.
        progress: hears how far it is.
    """
    rng = np.random.default_rng(seed)
    cases = cases.drawn(most, rng)
    explainer, paths = Explainer(model), PathMeasures(model.graph)
    popularity = _popularity(explainer)
    choices: dict[str, Choice] = {
        "terms": lambda walks, _product, count: np.array(walks.largest(count), np.int64),
        "random walks": lambda walks, product, count: random_walks(
            of_graph(explainer, walks, product), walks, count, rng
        ),
        "popular paths": lambda walks, product, count: popular_paths(
            of_graph(explainer, walks, product), walks, popularity, count
        ),
    }
    measured: list[dict[tuple[str, str], float]] = []
    faults = np.zeros(4)
    for case in range(len(cases.users)):
        progress("measuring explanations", case, len(cases.users))
        history = model.kept_back.without(sparse.csr_array(cases.histories[[case]]))
        candidates = _candidates(model, cases, case)
        if not history.nnz or len(candidates) <= LIST:
            continue
        one = _Case(explainer, paths, history, candidates, int(cases.users[case]))
        measured.append(one.measure(choices))
        faults = np.array([*np.maximum(faults[:2], one.worst), *(faults[2:] + one.wrong)])
        measured[-1]["", "user"] = float(cases.users[case])
    if not measured:
        return Faithfulness(0, 0, 0.0, 0.0, 0, 0, {})
    users = np.array([found.pop(("", "user")) for found in measured])
    ways: dict[str, dict[str, Interval]] = {way: {} for way in choices}
    for way, name in measured[0]:
        values = np.array([found[way, name] for found in measured])
        known = np.isfinite(values)
        if known.any():
            drawn = resample(values[known, None], users[known], seed=seed)
            ways[way][name] = drawn.mean(0)
    worst_sum, worst_purchase, steps, ends = faults.tolist()
    count = len(measured)
    return Faithfulness(count, count * LIST, worst_sum, worst_purchase, int(steps), int(ends), ways)


def _candidates(model: Model, cases: Cases, case: int) -> np.ndarray:
    aisle = int(cases.aisles[case])
    chosen = model.aisle_of == aisle if aisle >= 0 else np.ones(len(model.aisle_of), bool)
    chosen[sparse.csr_array(cases.histories[[case]]).indices] = False
    return np.flatnonzero(chosen)


class _Case:
    """One history, its aisle taken apart, and all that is measured of it."""

    def __init__(
        self,
        explainer: Explainer,
        paths: PathMeasures,
        history: sparse.csr_array,
        candidates: np.ndarray,
        user: int,
    ) -> None:
        model = explainer.model
        self.explainer, self.paths, self.user = explainer, paths, user
        every = model.scores(history, candidates, np.float64)[0]
        kept = np.sort(np.argsort(-every, kind="stable")[:BEST])
        candidates, self.every = candidates[kept], every
        self.candidates, self.kept, self.scores = candidates, kept, every[kept]
        self.bias = model.bias[model.situations(history, candidates), candidates].astype(float)
        self.first = np.argsort(-self.scores, kind="stable")[:LIST]
        self.walks = list(explainer.decomposer.walks(history, candidates))
        sums = self.bias + np.array([walks.value.sum() for walks in self.walks])
        off = np.abs(sums - self.scores) / np.maximum(np.abs(self.scores), 1)
        self.worst = np.array([off.max(), self._purchases(history)])
        self.wrong = np.zeros(2)

    def _purchases(self, history: sparse.csr_array) -> float:
        """Compare each purchase's walks to a listed product with the channels' own answer."""
        model, rows = self.explainer.model, self.candidates[self.first]
        parts = by_purchase(model, history, rows)
        situation = model.situations(history, rows)
        factor = parts.factor(np.ones(len(parts.purchases), bool), situation)
        items = {int(item): at for at, item in enumerate(history.indices)}
        worst = 0.0
        for at, place in enumerate(self.first.tolist()):
            walks, told = self.walks[place], np.zeros(len(items))
            np.add.at(told, [items[int(item)] for item in walks.item], walks.value)
            true = parts.adds[situation[at], :, at] * factor[at]
            worst = max(worst, float(np.abs(told - true).max() / max(1, np.abs(true).max())))
        return worst

    def measure(self, choices: dict[str, Choice]) -> dict[tuple[str, str], float]:
        """Return every measure by way and name."""
        found: dict[tuple[str, str], float] = {}
        for way, choose in choices.items():
            for count in SHOWN:
                kept = np.array([
                    walks.value[choose(walks, int(product), count)].sum()
                    for walks, product in zip(self.walks, self.candidates, strict=True)
                ])  # fmt: skip
                told = {"fid-": float(np.abs(self.scores - self.bias - kept)[self.first].mean())}
                told["overlap@10"] = overlap(self.scores, self.bias + kept)
                found |= {(way, f"{name}, {count} shown"): v for name, v in told.items()}
            found |= {(way, name): v for name, v in self._shown(way, choose).items()}
        found |= {("terms", f"overlap@10, {n} purchases"): self._purchase_overlap(n) for n in SHOWN}
        return found

    def _purchase_overlap(self, count: int) -> float:
        """Overlap where all walks of a product's ``count`` weightiest purchases are kept."""
        kept = np.empty(len(self.walks))
        for at, walks in enumerate(self.walks):
            sums = np.bincount(np.searchsorted(walks.items, walks.item), walks.value)
            kept[at] = sums[np.argsort(-np.abs(sums), kind="stable")[:count]].sum()
        return overlap(self.scores, self.bias + kept)

    def _shown(self, way: str, choose: Choice) -> dict[str, float]:
        """Measure the first way's shown walks of the list: fid+, and what the paths are like."""
        rows: list[list[float]] = []
        recency = self.paths.recency(self.user)
        for place in self.first.tolist():
            walks, product = self.walks[place], int(self.candidates[place])
            chosen = choose(walks, product, SHOWN[0])
            fall = float(walks.value[chosen].sum())
            terms = [self.explainer.term(walks, at, product) for at in chosen.tolist()]
            faults = [self.paths.missing_steps(term.path) for term in terms]
            if way == "terms":
                name = self.explainer.paths.product(product).id
                ends = [self.paths.wrong_ends(term, name) for term in terms]
                self.wrong += [sum(map(len, faults)), sum(map(len, ends))]
            recent = [recency[t.history_product] for t in terms if t.history_product in recency]
            rows.append([
                fall,
                places(self.every, int(self.kept[place]), fall),
                _mean([not fault for fault in faults]),
                _mean([learned(term.path) for term in terms]),
                _mean(recent),
                _mean([self.paths.shared(term.path) for term in terms]),
                diversity(terms),
                _mean([len(term.path) // 2 for term in terms]),
                len(terms),
            ])  # fmt: skip
        names = ("fid+", "fid+ places", "PFR", "learned", "LIR", "SEP", "ETD", "length", "paths")
        columns = np.array(rows, np.float64).T
        return {
            name: float(np.nanmean(column)) if np.isfinite(column).any() else float("nan")
            for name, column in zip(names, columns, strict=True)
        }


def overlap(scores: np.ndarray, others: np.ndarray, k: int = LIST) -> float:
    """Share of the k best by one score that are among the k best by the other."""
    first, second = (np.argsort(-v, kind="stable")[:k] for v in (scores, others))
    return len(np.intersect1d(first, second)) / min(k, len(scores))


def places(scores: np.ndarray, place: int, fall: float) -> int:
    """How many places a product falls when its score alone falls (below 0: it rises)."""
    others = np.delete(scores, place)
    return int((others > scores[place] - fall).sum() - (others > scores[place]).sum())


def of_graph(explainer: Explainer, walks: Walks, product: int) -> np.ndarray:
    """Places of the walks that are paths of the graph: through what both have, or by people."""
    sort = walks.sort
    people = np.flatnonzero(sort == PEOPLE)
    there = explainer.paths.reached(walks.item[people], product)
    return np.sort(np.concatenate([np.flatnonzero(sort == SHARED), people[there]]))


def random_walks(
    able: np.ndarray, walks: Walks, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw walks without putting back: each history product alike, then each of its walks alike."""
    if not len(able):
        return able
    items = walks.item[able]
    _, inverse, size = np.unique(items, return_inverse=True, return_counts=True)
    chance = 1 / size[inverse]
    return rng.choice(able, min(count, len(able)), replace=False, p=chance / chance.sum())


def popular_paths(
    able: np.ndarray, walks: Walks, popularity: tuple[np.ndarray, np.ndarray], count: int
) -> np.ndarray:
    """Take the walks through the most popular nodes; a people walk goes through its purchase."""
    of_node, of_product = popularity
    shared = walks.mine[able] >= 0
    value = np.where(shared, of_node[walks.mine[able]], of_product[walks.item[able]])
    return able[np.argsort(-value, kind="stable")[:count]]


def _popularity(explainer: Explainer) -> tuple[np.ndarray, np.ndarray]:
    """Share of products that have each node, and that are bought with each product."""
    graph = explainer.model.graph
    categories = graph.product_categories @ graph.category_ancestors
    held = [np.bincount(t.indices, minlength=t.shape[1]) for t in
            (graph.product_attributes, sparse.csr_array(categories))]  # fmt: skip
    nodes = np.concatenate([*held, [0]])
    return nodes, np.diff(explainer.paths.bought_with.indptr)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
