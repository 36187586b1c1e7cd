"""A category that is new to the shop: how good are its lists after 0, 8, 32, 128 purchases?

    python benchmarks/few_shot.py STORE --output FILE.json [--categories 6] [--tune FOLDER]
        [--set train.network=false]

Some categories are drawn, all their events are taken out, and the first so many purchases of each
(drawn once, by people who are not asked) are put back. Who else bought in a category (at most 200
each) is asked: its products are ranked by what they bought elsewhere; nDCG@10, ties count half.

crossaisle      the recommender, trained on what is left
text kNN        texts of history and candidates, centred, power the best of 1 to 8
popularity      the purchases put back
EASE            lambda the best of four

Powers and lambdas are chosen on other categories, drawn with the next seed.

With --tune also, at 32: text kNN with the encoder fine-tuned (recall) on the people who made the
32 purchases of each category alone, their texts as they are and varied (finetune.augment=1).
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from crossaisle.commands.settings import Settings, read_settings
from crossaisle.commands.train import text_vectors
from crossaisle.encoders import SentenceEncoder, product_texts
from crossaisle.encoders.finetune import finetune
from crossaisle.evaluation.bootstrap import resample
from crossaisle.evaluation.content import TextKnn
from crossaisle.evaluation.ease import Ease
from crossaisle.fusion import Recommender
from crossaisle.fusion.weigh import ndcg
from crossaisle.graph import Graph, bought_with, open_store, silent
from crossaisle.loaders.find_words import english

COUNTS = (0, 8, 32, 128)
ASKED, SMALLEST, LARGEST = 200, 15, 250
POWERS = (1.0, 2.0, 4.0, 8.0)
PENALTIES = (100.0, 300.0, 1000.0, 3000.0)
CUTOFF = 10

Score = Callable[[sparse.csr_array, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class New:
    """One category that is made new."""

    name: str
    products: np.ndarray  # int, its products, of no other drawn category
    asked: np.ndarray  # int, customers
    given: pl.DataFrame  # head, tail: purchases that may be put back, in the order they are


def draw(graph: Graph, count: int, seed: int) -> list[New]:
    """Draw categories of 15 to 250 sold products that 128 people besides the asked bought in."""
    rng = np.random.default_rng(seed)
    pairs = graph.bought.select("head", "tail").unique().sort("head", "tail")
    sold = pairs["tail"].unique()
    edges = graph.in_category.filter(pl.col("head").is_in(sold.implode()))
    sizes = edges.group_by("tail").agg(pl.col("head").n_unique().alias("n")).sort("tail")
    fitting = sizes.filter(pl.col("n").is_between(SMALLEST, LARGEST))["tail"].to_numpy()
    found: list[New] = []
    taken = np.zeros(0, np.int64)
    for category in rng.permutation(fitting):
        products = np.sort(edges.filter(pl.col("tail") == category)["head"].unique().to_numpy())
        products = products[~np.isin(products, taken)].astype(np.int64)
        mine = pairs.filter(pl.col("tail").is_in(pl.Series(products).implode()))
        people = rng.permutation(mine["head"].unique().sort().to_numpy())
        asked = np.sort(people[: min(ASKED, len(people) // 2)])
        rest = mine.filter(~pl.col("head").is_in(pl.Series(asked).implode()))
        if len(products) < SMALLEST or rest.height < COUNTS[-1]:
            continue
        given = rest[rng.permutation(rest.height)[: COUNTS[-1]]]
        found.append(New(str(graph.categories["path"][int(category)]), products, asked, given))
        taken = np.append(taken, products)
        if len(found) == count:
            break
    return found


def left(graph: Graph, drawn: list[New], count: int) -> Graph:
    """Take all events of the categories away but the first ``count`` purchases of each."""
    products = pl.Series(np.concatenate([new.products for new in drawn]), dtype=pl.UInt32)
    kept = pl.concat([new.given[:count] for new in drawn])
    inside = pl.col("tail").is_in(products.implode())
    back = graph.bought.join(kept, on=["head", "tail"], how="semi", maintain_order="left")
    bought = pl.concat([graph.bought.filter(~inside), back]).sort("head", "tail", "time")
    smaller = graph.replace(bought=bought, contains=graph.contains.filter(~inside))
    return smaller.replace(bought_with=bought_with(smaller))


def asked(graph: Graph, whole: Graph, drawn: list[New], score: Score) -> np.ndarray:
    """NDCG of each question, category after category: float64 (questions,)."""
    found = []
    for new in drawn:
        histories = sparse.csr_array(graph.visits_since[new.asked])
        wanted = sparse.coo_array(sparse.csr_array(whole.purchases[new.asked])[:, new.products])
        total = score(histories, new.products)
        found.append(ndcg(total, (wanted.coords[0], wanted.coords[1]), CUTOFF))
    return np.concatenate(found)


def best(options: list[Score], graph: Graph, whole: Graph, drawn: list[New]) -> int:
    """Choose the place of the one that answers best."""
    return int(np.argmax([asked(graph, whole, drawn, score).mean() for score in options]))


def knn(graph: Graph, text: np.ndarray, power: float) -> Score:
    """Compare texts; a history counts each product once."""
    made = TextKnn(graph, text=text, centre=True, power=power)
    return lambda histories, products: made.scores(ones(histories), products)


def ease(graph: Graph, penalty: float) -> Score:
    """Solve EASE."""
    made = Ease(graph, regularisation=penalty)
    return lambda histories, products: made.scores(ones(histories), products)


def ones(histories: sparse.csr_array) -> sparse.csr_array:
    """Forget when things were bought."""
    same = histories.copy()
    same.data = np.ones_like(same.data)
    return same


def popularity(graph: Graph) -> Score:
    """Count purchases."""
    count = np.asarray(graph.purchases.sum(axis=0)).ravel()
    return lambda histories, products: np.repeat(count[products][None], histories.shape[0], axis=0)


def tuned(
    graph: Graph, drawn: list[New], settings: Settings, folder: Path, augment: float
) -> np.ndarray:
    """Fine-tune on the people who made the purchases that were put back: all text vectors."""
    people = pl.concat([new.given[:32] for new in drawn])["head"].unique()
    few = graph.replace(bought=graph.bought.filter(pl.col("head").is_in(people.implode())))
    few = few.replace(contains=few.contains.clear(), bought_with=few.bought_with.clear())
    config = settings.finetune.model_copy(
        update={"distil": 0.0, "recall": 1.0, "augment": augment, "steps": 100, "batch_size": 32}
    )
    if not folder.is_dir():
        base = SentenceEncoder(settings.text.encoder, device=settings.text.device)
        finetune(few, folder, config, base=base, synonyms=english()["synonym"].items())
    encoder = SentenceEncoder(str(folder), device=settings.text.device)
    return encoder.encode(product_texts(graph).to_list())


def main() -> None:
    """Measure each count and method."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--categories", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--tune", type=Path)
    given = parser.parse_args()
    # What is put back is of any time, as what is asked: nothing here is a forecast.
    settings = read_settings(None, ["train.forecast=false", *given.settings])
    with open_store(given.store) as store:
        whole = store.read()
    drawn = draw(whole, given.categories, given.seed)
    others = draw(whole, given.categories, given.seed + 1)
    text = text_vectors(whole, settings, silent)
    users = np.concatenate([new.asked for new in drawn])
    table: dict[str, dict[str, list[float]]] = {}
    for new in drawn:
        print(f"{new.name}: {len(new.products)} products, {len(new.asked)} people asked")
    for count in COUNTS:
        graph, trial = left(whole, drawn, count), left(whole, others, count)
        arms: dict[str, Score] = {"popularity": popularity(graph)}
        place = best([ease(trial, p) for p in PENALTIES], trial, whole, others)
        arms["EASE"] = ease(graph, PENALTIES[place])
        if text is not None:
            place = best([knn(trial, text, p) for p in POWERS], trial, whole, others)
            arms["text kNN"] = knn(graph, text, POWERS[place])
            if given.tune is not None and count == 32:
                for name, share in (("tuned", 0.0), ("tuned, varied texts", 1.0)):
                    folder = given.tune / name.replace(", ", "-").replace(" ", "-")
                    vectors = tuned(graph, drawn, settings, folder, share)
                    arms[name] = knn(graph, vectors, POWERS[place])
        model = Recommender.train(graph, settings.train, text=text, seed=given.seed).model
        arms["crossaisle"] = model.scores
        cases = {name: asked(graph, whole, drawn, score) for name, score in arms.items()}
        rows = resample(np.column_stack(list(cases.values())), users)
        table[str(count)] = {
            name: [
                round(v, 4) for v in (rows.mean(at).value, rows.mean(at).low, rows.mean(at).high)
            ]
            for at, name in enumerate(cases)
        }
        print(count, table[str(count)], flush=True)
        given.output.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
