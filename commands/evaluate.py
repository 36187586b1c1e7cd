"""``crossaisle evaluate``: the model and tuned baselines on one split, in one table."""

import json
from dataclasses import replace
from pathlib import Path

from crossaisle.commands.files import write_atomically
from crossaisle.commands.settings import Settings
from crossaisle.commands.train import text_vectors
from crossaisle.evaluation import Results, Split
from crossaisle.evaluation import evaluate as measure
from crossaisle.evaluation.splits import Task
from crossaisle.evaluation.tables import rich_table
from crossaisle.fusion import Recommender
from crossaisle.fusion.scorer import Scorer
from crossaisle.graph import Graph, Progress, open_store


def evaluate(
    store: str,
    task: Task,
    output: Path,
    settings: Settings,
    *,
    baselines: str,
    seed: int,
    split_folder: Path | None,
    progress: Progress,
) -> Results:
    """Measure on what a store holds; a split is made once, kept beside the output and reused."""
    with open_store(store) as place:
        graph = place.read(progress)
    results = evaluate_graph(
        graph,
        task,
        settings,
        baselines=baselines,
        seed=seed,
        split_folder=split_folder or output.with_name(f"{output.stem}-split-{task}-{seed}"),
        progress=progress,
    )
    write_results([results], output)
    return results


def evaluate_graph(
    graph: Graph,
    task: Task,
    settings: Settings,
    *,
    baselines: str,
    seed: int,
    split_folder: Path,
    progress: Progress,
) -> Results:
    """Measure on a graph."""
    if (split_folder / "split.json").is_file():
        split = Split.load(split_folder, graph)
    else:
        split = Split.make(graph, task, seed=seed)
        split.save(split_folder)
    # A product's text does not depend on who bought it: nothing hidden can show in it.
    text = text_vectors(graph, settings, progress)

    def fit(hidden: Graph) -> Scorer:
        trained = Recommender.train(hidden, settings.train, text=text, seed=seed, progress=progress)
        return replace(trained.model, sensitive=settings.reasons.sensitive)

    return measure(
        graph,
        task,
        fit,
        baselines=baselines,
        text=text,
        split=split,
        seed=seed,
        progress=progress,
    )


def write_results(results: list[Results], output: Path) -> None:
    """Write results.json: one task as an object, several under their names."""
    contents = {result.task: result.to_json() for result in results}
    content = next(iter(contents.values())) if len(contents) == 1 else contents
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_atomically(output, lambda path: path.write_text(text, encoding="utf-8"))


def table(results: Results) -> str:
    """Lay out the table for a terminal."""
    from rich.console import Console

    console = Console(width=150, no_color=True)
    with console.capture() as capture:
        console.print(rich_table(results))
    return capture.get()
