"""``crossaisle evaluate``: the model and tuned baselines on one split, in one table."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from crossaisle.commands.files import write_atomically
from crossaisle.commands.images import image_vectors
from crossaisle.commands.settings import Settings
from crossaisle.commands.train import rejected_images, text_vectors
from crossaisle.evaluation import Results, Split
from crossaisle.evaluation import evaluate as measure
from crossaisle.evaluation.explanations import Cases, faithfulness
from crossaisle.evaluation.randomised import sanity
from crossaisle.evaluation.splits import Task
from crossaisle.evaluation.tables import explanations_text, rich_table
from crossaisle.fusion import Model, Recommender
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
    explanations: bool = False,
) -> tuple[Results, str]:
    """Measure on what a store holds; a split is made once, kept beside the output and reused.

    With ``explanations`` the model's reasons for the test's lists are measured as well.

    Returns:
        The figures, and the tables for a terminal.
    """
    with open_store(store) as place:
        graph = place.read(progress)
    models: list[Model] = []
    folder = split_folder or output.with_name(f"{output.stem}-split-{task}-{seed}")
    results = evaluate_graph(
        graph,
        task,
        settings,
        baselines=baselines,
        seed=seed,
        split_folder=folder,
        progress=progress,
        fitted=models.append,
        rejected=rejected_images(output),
    )
    told = table(results)
    extra: dict[str, object] = {}
    if explanations:
        split = Split.load(folder, graph)
        cases = Cases(split.test.visits_since, split.test.aisles, split.test.users)
        found = faithfulness(models[0], cases, seed=seed, progress=progress)
        checked = sanity(models[0], cases, seed=seed)
        randomised = {name: asdict(changed) for name, changed in checked.items()}
        extra["explanations"] = found.to_json() | {"randomised": randomised}
        told += "\n" + explanations_text(found, checked) + "\n"
    write_results([results], output, extra)
    return results, told


def evaluate_graph(
    graph: Graph,
    task: Task,
    settings: Settings,
    *,
    baselines: str,
    seed: int,
    split_folder: Path,
    progress: Progress,
    fitted: Callable[[Model], None] = lambda _: None,
    rejected: Path | None = None,
) -> Results:
    """Measure on a graph; ``fitted`` is handed the model, ``rejected`` lists pictures left out."""
    if (split_folder / "split.json").is_file():
        split = Split.load(split_folder, graph)
    else:
        split = Split.make(graph, task, seed=seed)
        split.save(split_folder)
    # A product's text and picture do not depend on who bought it: nothing hidden can show in them.
    images = image_vectors(graph.products, settings.images, progress, rejected)
    text = text_vectors(graph, settings, progress)
    config = settings.train
    if not split.in_time:  # what is hidden was bought at any time
        config = config.model_copy(update={"forecast": False})

    def fit(hidden: Graph) -> Scorer:
        trained = Recommender.train(
            hidden, config, text=text, seed=seed, progress=progress, images=images
        )
        model = replace(trained.model, sensitive=settings.reasons.sensitive)
        fitted(model)
        return model

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


def write_results(
    results: list[Results], output: Path, extra: Mapping[str, object] | None = None
) -> None:
    """Write results.json: one task as an object, several under their names; ``extra`` beside."""
    contents = {result.task: result.to_json() for result in results}
    content = next(iter(contents.values())) if len(contents) == 1 else contents
    content = {**content, **(extra or {})}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_atomically(output, lambda path: path.write_text(text, encoding="utf-8"))


def table(results: Results) -> str:
    """Lay out the table for a terminal."""
    from rich.console import Console

    console = Console(width=150, no_color=True)
    with console.capture() as capture:
        console.print(rich_table(results))
    return capture.get()
