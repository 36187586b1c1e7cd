"""The command line: reads arguments, calls crossaisle.commands, prints, and picks the exit code."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from crossaisle.commands.ending import ending, stopped

sys.excepthook = stopped  # nobody imports this module but the program itself

import typer  # noqa: E402

app = typer.Typer(
    name="crossaisle",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Recommend across the aisles of a shop, with reasons that add up.",
    epilog="Start with: crossaisle demo",
)
graph_app = typer.Typer(no_args_is_help=True, help="Build the graph, look into it, export it.")
app.add_typer(graph_app, name="graph", rich_help_panel="The graph")

START, MODEL, ANSWERS = "Start here", "The model", "What it answers"

StoreOption = Annotated[
    str, typer.Option("--store", help="A file such as shop.lbdb, or neo4j://host:7687.")
]
ModelOption = Annotated[Path, typer.Option("--model", help="Folder of a trained model.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Same seed, same result.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs: JSON on stdout.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings (TOML): text, images, train, reasons, finetune."),
]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="train.epochs=5. Repeatable.")]
TaskName = Literal["aisle-cold", "aisle-warm", "product-cold", "product-mixed", "new-user",
                   "any-aisle", "aisles-apart"]  # fmt: skip
KOption = Annotated[int, typer.Option("--k", help="Length of a list.")]
LangOption = Annotated[Literal["en", "zh"], typer.Option("--lang", help="Language of the reasons.")]


@app.command(rich_help_panel=START)
def demo(
    output: Annotated[Path, typer.Option(help="Folder for all it makes.")] = Path("demo"),
) -> None:
    """Everything once, on a real shop's log: graph, training, evaluation, a list with reasons.

    Example: crossaisle demo --output demo
    """
    from crossaisle.commands import demo as command
    from crossaisle.commands.screen import progress_bars

    with progress_bars() as progress:
        story = command.run(output, progress)
    print(story)


@graph_app.command("build")
def graph_build(
    store: StoreOption,
    mapping: Annotated[Path | None, typer.Option(help="Which columns mean what (TOML).")] = None,
    preset: Annotated[str | None, typer.Option(help="A mapping by name: shopify, ga4, ...")] = None,
    products: Annotated[Path | None, typer.Option(help="The product feed.")] = None,
    events: Annotated[Path | None, typer.Option(help="The order or event log.")] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Where rows left out go; beside the store by default.")
    ] = None,
    customers: Annotated[bool, typer.Option(help="Whether customers enter the graph.")] = True,
    pseudonyms: Annotated[
        Path | None, typer.Option(help="Hide who they are: file of the key, made if not there.")
    ] = None,
    category_map: Annotated[
        Path | None, typer.Option(help="Map the shop's categories to the taxonomy: a CSV to edit.")
    ] = None,
) -> None:
    """Load a shop's files and make the store hold their graph. Again: only what changed changes.

    Example: crossaisle graph build --mapping shop.toml --store shop.lbdb
    """
    from crossaisle.commands import graph
    from crossaisle.commands.screen import console, progress_bars

    chosen = graph.mapping_of(mapping, preset, products, events, category_map)
    with progress_bars() as progress:
        people = graph.People(customers, pseudonyms)
        built = graph.build_graph(chosen, store, people, rejected=rejected, progress=progress)
    for line in graph.summary(*built):
        console.print(line, markup=False)


@graph_app.command("inspect")
def graph_inspect(
    files: Annotated[list[str], typer.Argument(help="A feed, a log, ..., as many as there are.")],
) -> None:
    """Guess what files hold and print a mapping to look through and build with.

    Example: crossaisle graph inspect feed.csv orders.csv > shop.toml
    """
    from crossaisle.commands.graph import inspect

    print(inspect(files))


@graph_app.command("stats")
def graph_stats(store: StoreOption, as_json: JsonOption = False) -> None:
    """Count nodes, relationships, aisles, attributes.

    Example: crossaisle graph stats --store shop.lbdb
    """
    from crossaisle.commands import graph

    found = graph.stats(store)
    print(json.dumps(found, indent=1, ensure_ascii=False) if as_json else graph.stats_text(found))


@graph_app.command("suggest-labels")
def graph_suggest_labels(
    store: StoreOption,
    count: Annotated[int, typer.Option(min=1, help="How many products.")] = 32,
    as_json: JsonOption = False,
) -> None:
    """Name products without category and attributes whose labels would say most, best first.

    Example: crossaisle graph suggest-labels --store shop.lbdb --count 32
    """
    from crossaisle.commands.graph import table_text
    from crossaisle.commands.suggest import suggest_labels

    found = suggest_labels(store, count)
    print(found.write_json() if as_json else table_text(found))


@graph_app.command("query")
def graph_query(
    store: StoreOption,
    name_or_file: Annotated[
        str, typer.Argument(help="A name (none given: they are listed), or a .cypher file.")
    ] = "",
    param: Annotated[list[str] | None, typer.Option(help="key=value. Repeatable.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the graph in Cypher, by the name of a query or with a file of your own.

    Example: crossaisle graph query --store shop.lbdb history --param customer=17850
    """
    from crossaisle.commands import graph

    if not name_or_file:
        print(graph.query_list())
        return
    frame = graph.query(store, name_or_file, param or [])
    print(frame.write_json() if as_json else graph.table_text(frame))


@graph_app.command("schema")
def graph_schema(store: StoreOption) -> None:
    """Show labels, relationship types, properties; of a Neo4j store also constraints and indexes.

    Example: crossaisle graph schema --store shop.lbdb
    """
    from crossaisle.commands import graph

    print("\n".join(graph.schema(store)))


@graph_app.command("export")
def graph_export(
    store: StoreOption,
    output: Annotated[Path, typer.Option(help="Folder for the files.")],
    format_: Annotated[
        Literal["neo4j-admin", "turtle", "json-ld", "graphml", "parquet", "recbole"],
        typer.Option("--format", help="Kind of files."),
    ] = "neo4j-admin",
) -> None:
    """Write the graph as files: for Neo4j's import tool, RDF, drawing, tables, RecBole.

    Example: crossaisle graph export --store shop.lbdb --format neo4j-admin --output files
    """
    from crossaisle.commands.graph import export
    from crossaisle.commands.screen import console

    export(store, format_, output)
    console.print(f"files: {output}", markup=False)


@graph_app.command("explore")
def graph_explore(
    store: StoreOption,
    port: Annotated[int, typer.Option(help="Where the guide is served, here only.")] = 8765,
) -> None:
    """Serve a guide, a style sheet and favourites to Neo4j Browser until Ctrl-C.

    Example: crossaisle graph explore --store neo4j://localhost:7687
    """
    from crossaisle.commands import graph

    graph.explore(store, port)


@graph_app.command("write-back")
def graph_write_back(
    store: StoreOption,
    model: ModelOption,
    customer: Annotated[list[str], typer.Option(help="For whom; nobody else. Repeatable.")],
    aisle: Annotated[str | None, typer.Option(help="The aisle asked for; left out: any.")] = None,
    k: KOption = 10,
) -> None:
    """Write vectors, and lists whose reasons add up, into Neo4j.

    Example: crossaisle graph write-back --store neo4j://host:7687 --model model --customer 17850
    """
    from crossaisle.commands.recommend import open_model
    from crossaisle.commands.screen import console, progress_bars
    from crossaisle.commands.write_back import write_back_to

    recommender = open_model(model)
    with progress_bars() as progress:
        written = write_back_to(store, recommender, customer, k, aisle, progress)
    console.print(str(written), markup=False)


@app.command(rich_help_panel=MODEL)
def train(
    store: StoreOption,
    output: Annotated[Path, typer.Option(help="Folder of the model.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = 0,
    resume: Annotated[bool, typer.Option(help="Go on after an interruption.")] = False,
) -> None:
    """Train on the log that the store holds.

    Example: crossaisle train --store shop.lbdb --output model
    """
    from crossaisle.commands import train as command
    from crossaisle.commands.screen import console, progress_bars
    from crossaisle.commands.settings import read_settings

    settings = read_settings(config, set_ or [])
    with progress_bars() as progress:
        command.train(store, output, settings, seed, progress, resume=resume)
    console.print(f"model: {output}", markup=False)


@app.command(rich_help_panel=MODEL)
def finetune(
    store: StoreOption,
    output: Annotated[Path, typer.Option(help="Folder of the encoder.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = 0,
    resume: Annotated[bool, typer.Option(help="Go on after an interruption.")] = False,
) -> None:
    """Fine-tune the text encoder on the log; then: train --set text.encoder=FOLDER.

    Example: crossaisle finetune --store shop.lbdb --output encoder --set finetune.mode=lora
    """
    from crossaisle.commands import finetune as command
    from crossaisle.commands.screen import console, progress_bars
    from crossaisle.commands.settings import read_settings

    settings = read_settings(config, set_ or [])
    with progress_bars() as progress:
        told = command.finetune(store, output, settings, seed, progress, resume=resume)
    for line in [*told.lines(), f"encoder: {output}"]:
        console.print(line, markup=False)


@app.command("export-encoder", rich_help_panel=MODEL)
def export_encoder(
    encoder: Annotated[str, typer.Argument(help="A folder, a hub name, or the default's name.")],
    output: Annotated[Path, typer.Option(help="The folder.")],
    int8: Annotated[bool, typer.Option(help="8-bit weights, or 32 bits as they are.")] = True,
    dimensions: Annotated[int | None, typer.Option(help="Keep only the first numbers.")] = None,
) -> None:
    """Write a text encoder as ONNX, smaller and faster; then: train --set text.encoder=FOLDER.

    Example: crossaisle export-encoder all-MiniLM-L6-v2 --output small
    """
    from crossaisle.commands import finetune as command
    from crossaisle.commands.screen import console

    console.print(command.export_encoder(encoder, output, int8, dimensions), markup=False)


@app.command(rich_help_panel=MODEL)
def extend(
    model: ModelOption,
    store: StoreOption,
    output: Annotated[Path, typer.Option(help="Folder of the larger model.")],
) -> None:
    """Add what a store has got since the training: products, customers, purchases. No training.

    Example: crossaisle extend --model model --store shop.lbdb --output larger
    """
    from crossaisle.commands import extend as command
    from crossaisle.commands.screen import console, progress_bars

    with progress_bars() as progress:
        told = command.extend(model, store, output, progress)
    console.print(f"{told}\nmodel: {output}", markup=False)


@app.command(rich_help_panel=MODEL)
def cache(
    prune: Annotated[
        float | None, typer.Option(help="Remove models unused for so many days.")
    ] = None,
) -> None:
    """Show the text vectors kept on disk, by model; or remove old ones.

    Example: crossaisle cache --prune 30
    """
    from crossaisle.commands import cache as command

    print("\n".join(command.cache(prune)))


@app.command(rich_help_panel=MODEL)
def evaluate(
    store: StoreOption,
    task: Annotated[TaskName, typer.Option(help="What is hidden.")],
    output: Annotated[Path, typer.Option(help="Where results.json goes.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    baselines: Annotated[str, typer.Option(help="all, none, or names: popularity,ials")] = "all",
    split: Annotated[
        Path | None, typer.Option(help="Folder of the split: made once, then reused.")
    ] = None,
    seed: SeedOption = 0,
    explanations: Annotated[
        bool, typer.Option("--explanations", help="Measure the reasons, too.")
    ] = False,
) -> None:
    """Hide purchases, train on the rest, and compare with tuned baselines.

    Example: crossaisle evaluate --store shop.lbdb --task aisle-cold --output results.json
    """
    from crossaisle.commands import evaluate as command
    from crossaisle.commands.screen import progress_bars
    from crossaisle.commands.settings import read_settings

    settings = read_settings(config, set_ or [])
    with progress_bars() as progress:
        _, told = command.evaluate(
            store,
            task,
            output,
            settings,
            baselines=baselines,
            seed=seed,
            split_folder=split,
            progress=progress,
            explanations=explanations,
        )
    print(told)


@app.command(rich_help_panel=ANSWERS)
def recommend(
    model: ModelOption,
    requests: Annotated[Path, typer.Option(help="user_id, aisle (empty: any).")],
    output: Annotated[Path, typer.Option(help="recs.csv, .parquet or .jsonl")],
    histories: Annotated[
        Path | None, typer.Option(help="user_id, product_id, and timestamp if known.")
    ] = None,
    candidates: Annotated[Path | None, typer.Option(help="product_id: only those.")] = None,
    k: KOption = 10,
    new_places: Annotated[
        int | None,
        typer.Option(help="So many last places for products nobody bought yet (else: by score)."),
    ] = None,
    reasons: Annotated[int, typer.Option(help="Sentences of reasons for each product.")] = 0,
) -> None:
    """Rank products for every request of a file.

    Example: crossaisle recommend --model model --requests requests.csv --output recs.csv
    """
    from crossaisle.commands import recommend as command
    from crossaisle.commands.files import check_table_name, write_table
    from crossaisle.commands.screen import console, progress_bars

    check_table_name(output)
    recommender = command.open_model(model)
    with progress_bars() as progress:
        ranked = command.recommend(
            recommender,
            requests,
            histories=histories,
            candidates=candidates,
            k=k,
            new_places=new_places,
            told=reasons,
            progress=progress,
        )
    write_table(ranked, output)
    console.print(f"{ranked.height:,} rows: {output}", markup=False)


@app.command(rich_help_panel=ANSWERS)
def explain(
    model: ModelOption,
    user: Annotated[str, typer.Option(help="A customer that the model knows.")],
    product: Annotated[str, typer.Option(help="A product.")],
    lang: LangOption = "en",
    format_: Annotated[
        Literal["text", "json", "html", "csv", "svg", "png"], typer.Option("--format")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option(help="A file in place of the screen; png needs one.")
    ] = None,
    top: Annotated[int, typer.Option(help="Terms shown; the others are one line.")] = 5,
    group_by: Annotated[
        Literal["history", "attribute", "kind"] | None,
        typer.Option(help="Add up all terms by what they have in common."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Another product: why is one above the other?")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="What if this was not bought? Repeatable.")
    ] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="What if this was bought too? Repeatable.")
    ] = None,
    without_attribute: Annotated[
        list[str] | None,
        typer.Option(help="What if no walk went through this attribute? An id. Repeatable."),
    ] = None,
) -> None:
    """Take one score apart: the walks that made it, and how much each weighs.

    Example: crossaisle explain --model model --user 17850 --product 22423 --group-by kind
    """
    from crossaisle.commands import explain as command
    from crossaisle.commands.recommend import open_model

    question = command.Question(
        group_by, against, tuple(without or ()), tuple(with_ or ()), tuple(without_attribute or ())
    )
    told = command.tell(
        open_model(model),
        user,
        product,
        output,
        question=question,
        top=top,
        lang=lang,
        form=format_,
    )
    if output is None:
        print(told)


@app.command(rich_help_panel=ANSWERS)
def report(
    model: ModelOption,
    output: Annotated[Path, typer.Option(help="The file.")],
    requests: Annotated[Path | None, typer.Option(help="user_id, aisle (empty: any).")] = None,
    aisles: Annotated[
        tuple[str, str] | None,
        typer.Option(help="FROM TO: what carries people from one aisle to another."),
    ] = None,
    product: Annotated[
        list[str] | None, typer.Option(help="To whom does it go, and why? An id. Repeatable.")
    ] = None,
    lang: LangOption = "en",
    results: Annotated[
        Path | None, typer.Option(help="results.json of an evaluation, to show in it.")
    ] = None,
    k: KOption = 10,
    format_: Annotated[
        Literal["html", "markdown", "json", "csv"],
        typer.Option("--format", help="csv: a row for each shown term."),
    ] = "html",
) -> None:
    """Write one HTML file that explains lists by their paths in the graph.

    Example: crossaisle report --model model --requests requests.csv --output report.html
    """
    from crossaisle.commands import report as command
    from crossaisle.commands.recommend import open_model
    from crossaisle.commands.screen import console, progress_bars

    with progress_bars() as progress:
        command.write(
            open_model(model),
            requests,
            output,
            lang,
            results,
            k,
            progress,
            format_,
            [aisles] if aisles else [],
            product or (),
        )
    console.print(f"report: {output}", markup=False)


@app.command(rich_help_panel=ANSWERS)
def search(
    model: ModelOption,
    words: Annotated[str, typer.Argument(help="What somebody looks for.")],
    user: Annotated[str | None, typer.Option(help="Mix in what this customer would take.")] = None,
    k: KOption = 10,
    as_json: JsonOption = False,
) -> None:
    """Find products whose text is like some words.

    Example: crossaisle search --model model "a lamp for the garden"
    """
    from crossaisle.commands import recommend as command
    from crossaisle.commands.graph import table_text

    found = command.search(command.open_model(model), words, k, user)
    print(found.write_json() if as_json else table_text(found))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 failed, 2 usage, 3 data unusable, 130."""
    return ending(lambda: app(args=arguments, standalone_mode=False), typer.Abort)


if __name__ == "__main__":
    sys.exit(main())
