"""``crossaisle report``: lists, their explanations and the accuracy, in one HTML file."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from crossaisle.commands.files import UsageError, write_atomically
from crossaisle.commands.graph import aisle_counts
from crossaisle.commands.recommend import histories_of, known_histories, rank, requests_of
from crossaisle.fusion import Recommender
from crossaisle.fusion.audience import audience
from crossaisle.fusion.crossing import crossing
from crossaisle.fusion.terms import Explanation
from crossaisle.graph.store import Progress
from crossaisle.reports import (
    Accuracy,
    AisleCount,
    CustomerList,
    Interval,
    Method,
    Purchase,
    Ranked,
    Report,
    as_html,
    as_markdown,
    catalogue,
    terms_csv,
)
from crossaisle.reports.overview import pair_map

TOP = 5  # terms shown of each score
PAIRS = 12  # of aisles that get a section of their own where none is asked for
PEOPLE, FEW = 200, 60  # whose lists are taken apart for a pair: asked for, or not
SHOWN_METRICS = ("ndcg@10", "recall@20", "hit_rate@10", "mrr", "auc")


def write(
    recommender: Recommender,
    requests: Path | None,
    output: Path,
    lang: str,
    results: Path | None,
    k: int,
    progress: Progress,
    form: str = "html",
    pairs: Sequence[tuple[str, str]] = (),
    products: Sequence[str] = (),
) -> None:
    """Write the report for the requests of a file, pairs of aisles, and products.

    Without pairs, those that carry most in the lists get a section. ``form`` csv: the shown terms.

    Raises:
        UsageError: there is no results file, or it is none of ours.
    """
    if requests is None and not (pairs or products):
        raise UsageError("say what to report: --requests FILE, --aisles FROM TO, or --product ID")
    accuracy = read_accuracy(results)
    rows = {name: recommender.product_row(name) for name in products}
    model, audiences = recommender.model, []
    for done, row in enumerate(rows.values()):
        progress("looking for audiences", done, len(rows))
        audiences.append(audience(model, row))
    if requests is None:
        report = overview(recommender, accuracy, lang)
    else:
        asked = requests_of(requests)
        report = make(recommender, asked, k=k, accuracy=accuracy, progress=progress, lang=lang)
    pairs, people = (pairs, PEOPLE) if pairs or requests is None else (_carrying(report), FEW)
    crossings = []
    for done, pair in enumerate(dict.fromkeys(pairs)):
        progress("crossing aisles", done, len(pairs))
        crossings.append(crossing(model, *pair, people=people))
    report = replace(report, crossings=tuple(crossings), audiences=tuple(audiences))
    if form == "json":
        page = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    elif form == "markdown":
        page = as_markdown(report, lang=lang)
    elif form == "csv":
        page = terms_csv(row.explanation for made in report.customers for row in made.ranked)
    else:
        page = as_html(report, lang=lang)
    write_atomically(output, lambda path: path.write_text(page, encoding="utf-8"))


def make(
    recommender: Recommender,
    asked: pl.DataFrame,
    *,
    k: int,
    accuracy: tuple[Accuracy, ...],
    progress: Progress,
    lang: str = "en",
) -> Report:
    """Rank, explain and gather what the page shows."""
    histories = histories_of(recommender, asked, None)
    ranked = rank(recommender, asked, histories, k=k, progress=progress)
    # What a text tells they do not have.
    own = histories.filter(pl.col("product_id").is_not_null() & pl.col("told").is_null())
    bought = dict(own.group_by("user_id", maintain_order=True).agg("product_id").iter_rows())
    known = _known(recommender)
    lists: dict[tuple[str, str | None], list[Ranked]] = {row: [] for row in asked.iter_rows()}
    told = recommender.explain_lists(ranked, histories, top=TOP)
    for done, (row, explanation) in enumerate(zip(ranked.iter_rows(named=True), told, strict=True)):
        progress("explaining", done, ranked.height)
        product = known[row["product_id"]]
        name, aisle = product["title"] or product["id"], product["aisle"] or ""
        lists[row["user_id"], row["aisle"]].append(Ranked(row["rank"], name, explanation, aisle))
    progress("explaining", ranked.height, ranked.height)
    private = recommender.model.private_products
    customers = [
        CustomerList(
            user_id=user,
            aisle=aisle or "",
            history=tuple(
                _purchase(known, product)
                for product in bought.get(user, [])
                if product not in private
            ),
            ranked=tuple(found),
            switches=recommender.by_purchase(
                histories.filter(user_id=user), [entry.explanation.product_id for entry in found]
            ),
        )
        for (user, aisle), found in lists.items()
    ]
    return replace(overview(recommender, accuracy, lang), customers=tuple(customers))


def overview(recommender: Recommender, accuracy: tuple[Accuracy, ...], lang: str = "en") -> Report:
    """Gather what is true of the whole shop."""
    graph = recommender.model.graph
    return Report(
        title=catalogue(lang).say("page.title"),
        counts=graph.counts(),
        aisles=tuple(AisleCount(*row) for row in aisle_counts(graph)),
        accuracy=accuracy,
        made=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
    )


def _carrying(report: Report) -> list[tuple[str, str]]:
    """Return the pairs of two different aisles that carry most in the report's lists."""
    found = pair_map(report)
    shares = {
        (source, target): cell.share
        for source, cells in zip(found.sources, found.cells, strict=True)
        for target, cell in zip(found.targets, cells, strict=True)
        if source and target and source != target and cell.share > 0
    }
    return sorted(shares, key=lambda pair: (-shares[pair], pair))[:PAIRS]


def one_explanation(recommender: Recommender, explanation: Explanation) -> Report:
    """Gather a report of a single product for a single customer."""
    user, product = explanation.user_id, explanation.product_id
    known = _known(recommender)
    history = known_histories(recommender, [user])["product_id"]
    private = recommender.model.private_products
    aisle = known[product]["aisle"] or ""
    title = known[product]["title"] or product
    return Report(
        title=title,
        customers=(
            CustomerList(
                user_id=user,
                aisle=aisle,
                history=tuple(_purchase(known, row) for row in history if row not in private),
                ranked=(Ranked(1, title, explanation, aisle),),
            ),
        ),
    )


def _known(recommender: Recommender) -> dict[str, dict[str, Any]]:
    rows = recommender.model.graph.products.select("id", "title", "aisle")
    return {row["id"]: row for row in rows.iter_rows(named=True)}


def _purchase(known: dict[str, dict[str, Any]], product: str) -> Purchase:
    row = known.get(product, {"title": None, "aisle": None})
    return Purchase(product, row["title"] or product, row["aisle"] or "")


def read_accuracy(results: Path | None) -> tuple[Accuracy, ...]:
    """Read the tables of a results.json.

    Raises:
        UsageError: there is none, or it is none of ours.
    """
    if results is None:
        return ()
    try:
        content = json.loads(results.read_text(encoding="utf-8"))
        tasks = [content] if "task" in content else list(content.values())
        return tuple(_accuracy(task) for task in tasks)
    except FileNotFoundError:
        raise UsageError(f"there is no file {results}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{results} was not written by `crossaisle evaluate`") from None


def _accuracy(task: dict[str, Any]) -> Accuracy:
    methods = tuple(
        Method(
            method["name"],
            {name: Interval(**method["metrics"][name]) for name in SHOWN_METRICS},
            ours=method["name"] == "crossaisle",
        )
        for method in task["methods"]
    )
    command = f"crossaisle evaluate --task {task['task']} --seed {task['seed']}"
    return Accuracy(task["task"], task["counts"]["test_users"], methods, command)
