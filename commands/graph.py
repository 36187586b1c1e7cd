"""``crossaisle graph ...``: build, stats, query, export."""

from dataclasses import dataclass
from functools import partial
from glob import has_magic
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from crossaisle.commands.files import UsageError, write_atomically, write_table
from crossaisle.graph import Changes, Graph, Progress, open_store
from crossaisle.graph.build import build
from crossaisle.graph.catalogue import Catalogue
from crossaisle.graph.export import export_neo4j_admin
from crossaisle.graph.export_parquet import export_parquet
from crossaisle.graph.pseudonyms import read_key, with_pseudonyms
from crossaisle.graph.queries import load as load_query
from crossaisle.graph.queries import names
from crossaisle.loaders import Mapping, load, preset, read_mapping
from crossaisle.loaders.inspect import inspect

__all__ = [
    "People", "build_graph", "explore", "export", "inspect", "mapping_of", "query", "query_list",
    "schema", "stats", "stats_text", "summary", "table_text",
]  # fmt: skip


def mapping_of(
    mapping: Path | None,
    preset_name: str | None,
    products: Path | None,
    events: Path | None,
    category_map: Path | None = None,
) -> Mapping:
    """Choose the mapping that the arguments name, with the files that they name.

    Raises:
        UsageError: neither or both of a mapping and a preset, or a file that is not there.
        MappingError: see :func:`crossaisle.loaders.read_mapping`.
    """
    if (mapping is None) == (preset_name is None):
        raise UsageError("give either --mapping FILE or --preset NAME")
    for file in (products, events):
        if file is not None and not (file.is_file() or str(file) == "-" or has_magic(str(file))):
            raise UsageError(f"there is no file {file}")
    if mapping is not None:
        chosen = read_mapping(mapping)
        given = {"products": products, "events": events}
        changed = {
            name: getattr(chosen, name).model_copy(update={"path": (str(file),)})
            for name, file in given.items()
            if file is not None and getattr(chosen, name) is not None
        }
        chosen = chosen.model_copy(update=changed)
    else:
        chosen = preset(str(preset_name), products, events)
    if category_map is None:
        return chosen
    mapped = chosen.products.model_copy(update={"category_map": str(category_map)})
    return chosen.model_copy(update={"products": mapped})


@dataclass(frozen=True)
class People:
    """Whether customers enter the graph, and the file of the key to their pseudonyms, if any."""

    enter: bool = True
    key: Path | None = None


def build_graph(
    mapping: Mapping,
    store: str,
    people: People = People(),
    *,
    rejected: Path | None = None,
    progress: Progress,
) -> tuple[Catalogue, Graph, Changes]:
    """Load, build and store; rows left out go to a Parquet file beside the store, twins to another.

    The mapping's ``category_map`` is written anew, with what a person decided in it.

    Raises:
        UsageError: pseudonyms for customers that are not to enter the graph, or a category map
            that is no CSV file.
        GraphError: the key of the pseudonyms cannot be read, or is too short.
    """
    if people.key and not people.enter:
        raise UsageError("--no-customers leaves nobody to give pseudonyms to: give one of the two")
    map_file = Path(mapping.products.category_map) if mapping.products.category_map else None
    if map_file and map_file.suffix != ".csv":
        raise UsageError(f"{map_file}: a category map is a file for people: name it .csv")
    key = read_key(people.key) if people.key else None
    catalogue = load(mapping, progress=progress)
    progress("joining the graph", 0, 1)
    graph = build(catalogue, customers=people.enter)
    if key:
        graph = with_pseudonyms(graph, key)
    progress("joining the graph", 1, 1)
    with open_store(store, create=True) as place:
        changes = place.write(graph, progress)
    if rejected is None:
        rejected = (
            Path(store).parent / "rejected.parquet"
            if "://" not in store
            else Path("rejected.parquet")
        )
    write_table(catalogue.rejected, rejected)
    if map_file:
        write_table(catalogue.category_map, map_file)
    if catalogue.twins.height:
        twins = rejected.stem.replace("rejected", "twins")
        twins = twins if twins != rejected.stem else f"{rejected.stem}-twins"
        write_table(catalogue.twins, rejected.with_name(f"{twins}.parquet"))
    return catalogue, graph, changes


def stats(store: str) -> dict[str, Any]:
    """Count what a store holds: nodes, relationships, aisles, kinds of attributes, coverage."""
    with open_store(store) as place:
        graph = place.read()
    products = max(graph.products.height, 1)
    kinds = (
        graph.has_attribute.select(
            "head", kind=graph.attributes["kind"].gather(graph.has_attribute["tail"])
        )
        .group_by("kind")
        .agg(values=pl.len(), products=pl.col("head").n_unique())
        .sort("values", "kind", descending=[True, False])
    )
    return {
        "counts": graph.counts(),
        "aisles": [
            {"aisle": name, "products": size, "purchases": count}
            for name, size, count in aisle_counts(graph)
        ],
        "attributes": kinds.to_dicts(),
        "products_with_category": graph.in_category["head"].n_unique() / products,
        "products_with_attribute": graph.has_attribute["head"].n_unique() / products,
        "products_in_an_aisle": float((graph.aisle_of >= 0).mean())
        if graph.products.height
        else 0.0,
    }


def aisle_counts(graph: Graph) -> list[tuple[str, int, int]]:
    """Return (aisle, products, events on them), in the order of ``graph.aisles``."""
    count = len(graph.aisles)
    aisle = graph.aisle_of
    sizes = np.bincount(aisle[aisle >= 0], minlength=count)
    of_events = aisle[graph.bought["tail"].to_numpy()]
    events = np.bincount(of_events[of_events >= 0], minlength=count)
    return list(zip(graph.aisles, sizes.tolist(), events.tolist(), strict=True))


def query(store: str, name_or_file: str, parameters: list[str]) -> pl.DataFrame:
    """Run a query by name or file.

    Raises:
        QueryError: unknown name or parameter.
        UsageError: a parameter that is no ``key=value``.
    """
    chosen = load_query(name_or_file)
    given = {}
    for parameter in parameters:
        key, separator, value = parameter.partition("=")
        if not separator:
            raise UsageError(f"--param {parameter}: write key=value")
        given[key] = value
    bound = chosen.bind(given)
    with open_store(store) as place:
        return place.query(chosen.statement, bound)


def schema(store: str) -> list[str]:
    """Describe what a store holds, a line a label, type, constraint or index."""
    from crossaisle.commands.neo4j_schema import schema_lines

    with open_store(store) as place:
        return schema_lines(place)


def explore(store: str, port: int) -> None:
    """Serve the guide of Neo4j Browser until Ctrl-C."""
    from crossaisle.commands.neo4j_explore import serve_explore

    with open_store(store) as place:
        serve_explore(place, port)


def export(store: str, form: str, output: Path) -> None:
    """Write the graph's files into a folder; docs/graph.md says which, for each form."""
    with open_store(store) as place:
        graph = place.read()
    output.mkdir(parents=True, exist_ok=True)
    if form == "neo4j-admin":
        export_neo4j_admin(graph, output)
    elif form == "turtle":
        from crossaisle.graph.export_rdf import export_turtle

        write_atomically(output / "graph.ttl", partial(export_turtle, graph))
    elif form == "json-ld":
        from crossaisle.graph.export_rdf import export_json_ld

        write_atomically(output / "graph.jsonld", partial(export_json_ld, graph))
    elif form == "graphml":
        from crossaisle.graph.export_graphml import export_graphml

        write_atomically(output / "graph.graphml", partial(export_graphml, graph))
    elif form == "recbole":
        from crossaisle.graph.export_recbole import export_recbole

        export_recbole(graph, output)
    else:
        export_parquet(graph, output)


def summary(catalogue: Catalogue, graph: Graph, changes: Changes) -> list[str]:
    """Say what was loaded, left out, assumed and changed."""
    lines = list(catalogue.notes)
    for reason, action, rows in catalogue.rejected_counts():
        lines.append(f"{rows:,} {'row' if rows == 1 else 'rows'}: {reason} ({action})")
    found = ", ".join(f"{count:,} {name}" for name, count in graph.counts().items() if count)
    return [*lines, f"graph: {found}", *changes.lines()]


def stats_text(found: dict[str, Any]) -> str:
    """Lay out :func:`stats` for people."""
    counts = "\n".join(f"  {name:<14}{count:>12,}" for name, count in found["counts"].items())
    aisles = "\n".join(
        f"  {row['products']:>8,} products {row['purchases']:>10,} purchases  {row['aisle']}"
        for row in sorted(found["aisles"], key=lambda row: -row["products"])
    )
    kinds = "\n".join(
        f"  {row['values']:>8,} on {row['products']:>8,} products  {row['kind']}"
        for row in found["attributes"]
    )
    share = (
        f"products with a category {found['products_with_category']:.0%}, "
        f"with an attribute {found['products_with_attribute']:.0%}, "
        f"in an aisle {found['products_in_an_aisle']:.0%}"
    )
    return f"In the graph\n{counts}\n\nAisles\n{aisles}\n\nAttributes\n{kinds}\n\n{share}"


def query_list() -> str:
    """List the queries that come with the package."""
    return "\n".join(f"{name:<24}{load_query(name).question}" for name in names())


def table_text(frame: pl.DataFrame) -> str:
    """Lay out a frame as plain lines, values whole: what is cut cannot be copied."""
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=10_000,
        fmt_str_lengths=10_000,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_formatting="NOTHING",
    ):
        return str(frame)
