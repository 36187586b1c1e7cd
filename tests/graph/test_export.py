"""What is exported is read back with another program's reader, and is the same graph."""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import networkx as nx
import polars as pl
import pytest
import rdflib

from crossaisle.graph import Graph, GraphError
from crossaisle.graph.export_graphml import export_graphml, to_networkx
from crossaisle.graph.export_parquet import export_parquet, import_parquet
from crossaisle.graph.export_pyg import to_hetero_data
from crossaisle.graph.export_rdf import SLICE, export_json_ld, export_turtle
from crossaisle.graph.export_recbole import export_recbole
from crossaisle.graph.schema import EDGES, NODE, NODES

# rdflib's own JSON-LD reader uses what rdflib calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

SCHEMA = "https://schema.org/"
OURS = "urn:crossaisle:vocabulary:"
WORDS = {  # as docs/graph.md says, not as the code does
    "products": {
        "id": SCHEMA + "productID",
        "title": SCHEMA + "name",
        "description": SCHEMA + "description",
        "aisle": OURS + "aisle",
        "image": SCHEMA + "image",
    },
    "categories": {"id": SCHEMA + "codeValue", "name": SCHEMA + "name", "path": OURS + "path"},
    "attributes": {
        "id": SCHEMA + "identifier",
        "kind": SCHEMA + "propertyID",
        "value": SCHEMA + "value",
    },
}
TYPES = {"products": "Product", "categories": "CategoryCode", "attributes": "PropertyValue"}
LINKS = {
    "in_category": SCHEMA + "category",
    "part_of": "http://www.w3.org/2004/02/skos/core#broader",
    "has_attribute": SCHEMA + "additionalProperty",
    "bought_with": SCHEMA + "isRelatedTo",
}
ODD = [None, "", 'q"u\\o,te\t', "two\r\nlines", "مرحبا 🧦", "<b>&amp;</b>"]
PRICES = [float("inf"), 1e-9, -0.0, None, 1 / 3, 4.0]


@pytest.fixture
def odd(shop: Graph) -> Graph:
    """The shop with texts, prices and ids that a careless writer breaks."""
    products = shop.products.with_columns(title=pl.Series(ODD), price=pl.Series(PRICES))
    log = shop.edges_by_id("bought")
    names = {"ann": "ann <a@b.example>", "bob": "b/ö'b"}
    renamed = pl.col("id").replace(names)
    tables = {name: getattr(shop, name) for name in ("categories", "attributes", "baskets")}
    edges = ("in_category", "part_of", "has_attribute", "contains", "bought_with")
    return Graph.from_ids(
        {**tables, **{name: shop.edges_by_id(name) for name in edges}, "products": products}
        | {"customers": shop.customers.with_columns(renamed)}
        | {"bought": log.with_columns(pl.col("head").replace(names))}
    )


def _value(found: rdflib.Graph, node: rdflib.URIRef, word: str) -> Any:  # noqa: ANN401 - whatever stands there
    values = list(found.objects(node, rdflib.URIRef(word)))
    assert len(values) <= 1
    return values[0].toPython() if values else None  # type: ignore[attr-defined]


def _catalogue_of(found: rdflib.Graph) -> Graph:
    """Take the triples for a graph again."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    ids = {}
    for table, kind in TYPES.items():
        for node in found.subjects(rdflib.RDF.type, rdflib.URIRef(SCHEMA + kind)):
            assert isinstance(node, rdflib.URIRef)
            row = {column: _value(found, node, word) for column, word in WORDS[table].items()}
            for offer in found.objects(node, rdflib.URIRef(SCHEMA + "offers")):
                assert isinstance(offer, rdflib.URIRef)
                row["price"] = _value(found, offer, SCHEMA + "price")
            tables[table].append(row)
            ids[node] = row["id"]
            assert (
                str(node)
                == f"urn:crossaisle:{NODE[table].label.lower()}:" + str(node).rpartition(":")[2]
            )
            assert unquote(str(node).rpartition(":")[2]) == row["id"]
    said: dict[tuple[Any, Any, str], dict[str, Any]] = defaultdict(dict)
    for edge in EDGES:
        for node in found.subjects(rdflib.RDF.type, rdflib.URIRef(OURS + edge.relationship)):
            assert isinstance(node, rdflib.URIRef)
            ends = [found.value(node, rdflib.URIRef(OURS + end)) for end in ("head", "tail")]
            for column in edge.columns:
                value = _value(found, node, OURS + column)
                said[ids[ends[0]], ids[ends[1]], edge.name][column] = value
    for name, word in LINKS.items():
        for head, tail in found.subject_objects(rdflib.URIRef(word)):
            end = {"head": ids[head], "tail": ids[tail]}
            tables[name].append(end | said[end["head"], end["tail"], name])
    frames = {
        name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items() if rows
    }
    return Graph.from_ids(frames)


def _nobody(graph: Graph) -> Graph:
    people = ("customers", "baskets", "bought", "contains")
    return graph.replace(**{name: getattr(graph, name).clear() for name in people})


@pytest.mark.parametrize(
    ("write", "form"), [(export_turtle, "turtle"), (export_json_ld, "json-ld")]
)
def test_rdf_is_the_same_catalogue(
    odd: Graph, tmp_path: Path, write: Callable[[Graph, Path], None], form: str
) -> None:
    write(odd, tmp_path / "graph")
    found = rdflib.Graph().parse(tmp_path / "graph", format=form)
    assert _catalogue_of(found).equals(_nobody(odd))
    assert "b.example" not in (tmp_path / "graph").read_text()  # nobody is in it
    write(odd, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "graph").read_bytes()


def test_both_forms_say_the_same_in_parts(tmp_path: Path) -> None:
    ids = [f"p{number}" for number in range(SLICE + 2)]
    graph = Graph.from_ids({"products": pl.DataFrame({"id": ids})})
    export_turtle(graph, tmp_path / "graph.ttl")
    export_json_ld(graph, tmp_path / "graph.jsonld")
    turtle = set(rdflib.Graph().parse(tmp_path / "graph.ttl"))
    assert turtle == set(rdflib.Graph().parse(tmp_path / "graph.jsonld"))
    assert len(turtle) == 2 * len(ids)


def test_an_empty_graph_has_no_triples(tmp_path: Path) -> None:
    for write, name in ((export_turtle, "graph.ttl"), (export_json_ld, "graph.jsonld")):
        write(Graph.from_ids({}), tmp_path / name)
        assert not len(rdflib.Graph().parse(tmp_path / name))


def test_graphml_is_the_same_graph(odd: Graph, tmp_path: Path) -> None:
    export_graphml(odd, tmp_path / "graph.graphml")
    net = nx.read_graphml(tmp_path / "graph.graphml", force_multigraph=True)
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, row in net.nodes(data=True):
        assert name == f"{row['label']}:{row['id']}"
        tables[row.pop("label")].append(row)
    for head, tail, row in net.edges(data=True):
        ends = {"head": net.nodes[head]["id"], "tail": net.nodes[tail]["id"]}
        if "time" in row:
            row["time"] = dt.datetime.fromisoformat(row["time"])
        tables[row.pop("relationship")].append(ends | row)
    names = {node.label: node.name for node in NODES}
    names |= {edge.relationship: edge.name for edge in EDGES}
    read = Graph.from_ids(
        {names[name]: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items()}
    )
    # XML readers take every line end for a line feed.
    title = odd.products["title"].str.replace_all("\r\n", "\n")
    assert read.equals(odd.replace(products=odd.products.with_columns(title)))


def test_graphml_holds_what_xml_cannot(tmp_path: Path) -> None:
    graph = Graph.from_ids({"products": pl.DataFrame({"id": ["a"], "title": ["x\0y\x1bz\uffff"]})})
    export_graphml(graph, tmp_path / "graph.graphml")
    node = nx.read_graphml(tmp_path / "graph.graphml").nodes["Product:a"]
    assert node["title"] == "x\ufffdy\ufffdz\ufffd"


def _atomic(folder: Path, ending: str) -> list[dict[str, str]]:
    with (folder / f"crossaisle.{ending}").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_recbole_files(odd: Graph, tmp_path: Path) -> None:
    export_recbole(odd, tmp_path)
    inter = _atomic(tmp_path, "inter")
    columns = ["user_id:token", "item_id:token", "timestamp:float", "type:token", "quantity:float"]
    assert list(inter[0]) == columns  # no rating and no price in this log
    log = odd.edges_by_id("bought")
    for row, (head, tail, time) in zip(
        inter, log.select("head", "tail", "time").iter_rows(), strict=True
    ):
        assert (row["user_id:token"], row["item_id:token"]) == (head, tail)
        assert float(row["timestamp:float"]) == time.replace(tzinfo=dt.UTC).timestamp()
    assert [row["user_id:token"] for row in _atomic(tmp_path, "user")] == list(odd.customers["id"])
    items = _atomic(tmp_path, "item")
    assert [row["title:token_seq"] for row in items] == [text or "" for text in ODD]
    assert items[3]["categories:token_seq"] == "Play_>_Balls"
    triples = {tuple(row.values()) for row in _atomic(tmp_path, "kg")}
    wanted = {
        (f"Product:{head}", kind, f"Attribute:{tail}")
        for head, tail, kind in [
            ("a", "colour=red", "colour"),
            ("d", "colour=red", "colour"),
            ("c", "brand=zip", "brand"),
            ("f", "brand=zip", "brand"),
        ]
    }
    wanted |= {("Category:Play > Balls", "PART_OF", "Category:Play")}
    wanted |= {
        (f"Product:{head}", "IN_CATEGORY", f"Category:{tail}")
        for head, tail in odd.edges_by_id("in_category").select("head", "tail").iter_rows()
    }
    assert triples == wanted
    links = {row["item_id:token"]: row["entity_id:token"] for row in _atomic(tmp_path, "link")}
    assert links == {one: f"Product:{one}" for one in "abcdef"}


def test_parquet_is_the_same_graph(odd: Graph, tmp_path: Path) -> None:
    export_parquet(odd, tmp_path)
    assert import_parquet(tmp_path).equals(odd)
    (tmp_path / "contains.parquet").unlink()
    assert import_parquet(tmp_path).equals(odd.replace(contains=odd.contains.clear()))
    (tmp_path / "bought.parquet").write_bytes(b"PAR1")
    with pytest.raises(GraphError, match=r"bought\.parquet cannot be read"):
        import_parquet(tmp_path)
    with pytest.raises(GraphError, match=r"holds no products\.parquet"):
        import_parquet(tmp_path / "nowhere")


def test_networkx_keeps_values_as_they_are(odd: Graph) -> None:
    net = to_networkx(odd)
    counts = odd.counts()
    assert net.number_of_nodes() == sum(getattr(odd, node.name).height for node in NODES)
    assert net.number_of_edges() == sum(counts[edge.relationship] for edge in EDGES)
    for name, title in odd.products.select("id", "title").iter_rows():
        assert net.nodes[f"Product:{name}"].get("title") == title
    times = {
        (head, tail, row["time"])
        for head, tail, row in net.edges(data=True)
        if row["relationship"] == "BOUGHT"
    }
    log = odd.edges_by_id("bought").select("head", "tail", "time").rows()
    assert times == {(f"Customer:{head}", f"Product:{tail}", time) for head, tail, time in log}


def test_hetero_data_has_every_edge(odd: Graph) -> None:
    data = to_hetero_data(odd)
    data.validate(raise_on_error=True)
    assert data["Product"].id == odd.products["id"].to_list()
    for edge in EDGES:
        store = data[NODE[edge.head].label, edge.relationship, NODE[edge.tail].label]
        heads, tails = (data[NODE[end].label].id for end in (edge.head, edge.tail))
        ends = [(heads[h], tails[t]) for h, t in store.edge_index.T.tolist()]
        frame = odd.edges_by_id(edge.name)
        assert ends == frame.select("head", "tail").rows()
        for name in {"weight", "confidence", "quantity"} & set(edge.columns):
            assert store[name].tolist() == pytest.approx(frame[name].to_list())
    seconds = data["Customer", "BOUGHT", "Product"].time.tolist()
    clock = [time.replace(tzinfo=dt.UTC).timestamp() for time in odd.bought["time"]]
    assert seconds == clock
    assert data["Product"].price[3].isnan()
    assert [odd.aisles[code] for code in data["Product"].aisle.tolist()] == odd.products[
        "aisle"
    ].to_list()
