"""``crossaisle demo``: the whole way once, on UCI Online Retail as its publisher gives it."""

from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.commands import report
from crossaisle.commands.evaluate import evaluate_graph, table, write_results
from crossaisle.commands.files import UsageError, write_atomically
from crossaisle.commands.graph import build_graph, summary
from crossaisle.commands.recommend import known_histories, rank, title_of
from crossaisle.commands.screen import console
from crossaisle.commands.settings import Settings
from crossaisle.commands.train import card, fit
from crossaisle.evaluation import Results
from crossaisle.evaluation.tables import markdown
from crossaisle.fusion import Recommender
from crossaisle.graph import Graph, Progress
from crossaisle.loaders import preset
from crossaisle.reports import as_html, reasons

SEED = 7
BASELINES = "popularity,item-knn,ease,ials"
SHOWN_CUSTOMERS = 20  # in the report
EXAMPLES = 10  # products whose category is shown, for a person to judge


def run(output: Path, progress: Progress) -> str:
    """Make everything in ``output`` and return the list with reasons that ends it."""
    log = Path(__file__).parent.parent / "examples/online-retail/online_retail.csv.gz"
    if not log.is_file():
        raise UsageError("the demo's data comes with the source checkout: run it from there")
    output.mkdir(parents=True, exist_ok=True)
    mapping = preset("online-retail", None, log)
    built = build_graph(
        mapping, str(output / "graph.lbdb"), rejected=output / "rejected.parquet", progress=progress
    )
    graph = built[1]
    for line in summary(*built):
        console.print(f"  {line}", markup=False)
    console.print(f"  {EXAMPLES} products drawn at random, and the category found for each:")
    for title, category in _examples(graph):
        console.print(f"    {title:<38.38} {category}", markup=False, soft_wrap=True)
    settings = Settings()
    measured = evaluate_graph(
        graph,
        "aisle-cold",
        settings,
        baselines=BASELINES,
        seed=SEED,
        split_folder=output / "split",
        progress=progress,
    )
    write_results([measured], output / "results.json")
    console.print(table(measured), markup=False, soft_wrap=True)
    recommender = _train(graph, settings, measured, output, progress)
    return _answer(recommender, graph, output, progress)


def _train(
    graph: Graph, settings: Settings, measured: Results, output: Path, progress: Progress
) -> Recommender:
    """Train on the whole log and save; what is saved is what is loaded again and answers."""
    metrics = f"On a split of this log, task {measured.task}:\n\n{markdown(measured)}"
    trained = fit(graph, settings, SEED, progress)
    text = card(graph, settings, SEED, metrics)
    trained.save(output / "model", card=text)
    return Recommender.from_pretrained(output / "model")


def _examples(graph: Graph) -> list[tuple[str, str]]:
    products = graph.products["title"]
    edges = graph.in_category.with_columns(
        title=products.gather(graph.in_category["head"]),
        category=graph.categories["path"].gather(graph.in_category["tail"]),
    )
    drawn = edges.sample(min(EXAMPLES, edges.height), seed=SEED)
    return [
        (title or "", category) for title, category in drawn.select("title", "category").iter_rows()
    ]


def _answer(recommender: Recommender, graph: Graph, output: Path, progress: Progress) -> str:
    asked = _requests(graph)
    write_atomically(output / "requests.csv", asked.write_csv)
    accuracy = report.read_accuracy(output / "results.json")
    made = report.make(recommender, asked, k=10, accuracy=accuracy, progress=progress)
    page = as_html(made)
    write_atomically(output / "report.html", lambda path: path.write_text(page, encoding="utf-8"))
    user, aisle = asked.row(0)
    history = known_histories(recommender, [user])
    ranked = rank(recommender, asked.head(1), history, k=5)
    lines = [f"\nCustomer {user} never bought in {aisle!r}. The list for it, and why:\n"]
    for place, product in ranked.select("rank", "product_id").iter_rows():
        explanation = recommender.explain(user, product, top=5)
        lines.append(f"{place}. {title_of(recommender, product)}")
        lines += [f"     {sentence}" for sentence in reasons(explanation, limit=2)]
    lines += [
        "",
        f"Open {output / 'report.html'} in a browser. Next, for example:",
        f"  crossaisle explain --model {output / 'model'} --user {user} "
        f"--product {ranked['product_id'][0]}",
        f"  crossaisle graph query --store {output / 'graph.lbdb'} aisles",
    ]
    return "\n".join(lines)


def _requests(graph: Graph) -> pl.DataFrame:
    """Draw customers with 5 to 40 products, each with the largest aisle they never bought in."""
    held = graph.purchases
    sizes = np.diff(held.indptr)
    fit_for_show = np.flatnonzero((sizes >= 5) & (sizes <= 40))
    rng = np.random.default_rng(SEED)
    chosen = rng.permutation(fit_for_show)
    by_size = np.argsort(-np.bincount(graph.aisle_of[graph.aisle_of >= 0]), kind="stable")
    rows = []
    for customer in chosen:
        own = set(graph.aisle_of[held.indices[held.indptr[customer] : held.indptr[customer + 1]]])
        unseen = [int(aisle) for aisle in by_size if int(aisle) not in own]
        if unseen:
            rows.append((graph.customers["id"][int(customer)], graph.aisles[unseen[0]]))
        if len(rows) == SHOWN_CUSTOMERS:
            break
    return pl.DataFrame(rows, schema={"user_id": pl.String, "aisle": pl.String}, orient="row")
