"""The graph as RecBole's atomic files: .inter, .user, .item, .kg and .link.

Tab-separated, the first line names each column and its type (``user_id:token``, ``price:float``,
``categories:token_seq`` with spaces between tokens); texts that hold a tab, a quote or a line break
are quoted. See https://recbole.io/docs/user_guide/data/atomic_files.html.
"""

from pathlib import Path

import polars as pl

from crossaisle.graph.graph import Graph
from crossaisle.graph.schema import EDGE, NODE

DATASET = "crossaisle"
TRIPLES = ("in_category", "part_of", "has_attribute")  # BOUGHT_WITH knows what RecBole will hide


def export_recbole(graph: Graph, folder: Path) -> None:
    """Write the files of a data set named ``crossaisle`` into ``folder``.

    - .inter: user_id, item_id, timestamp (seconds since 1970, UTC; where the log has no clock its
      position), rating, type, quantity, price: a row for each BOUGHT. Anonymous baskets are
      nobody's history and left out.
    - .user: user_id. .item: item_id, title, aisle, price, categories (ids, blanks made ``_``).
    - .kg: head_id, relation_id, tail_id. Entities are ``Label:id``; the relation of an attribute is
      its kind, else the relationship's type. BOUGHT_WITH is left out: it is made from the whole
      log, also from what RecBole will hold out.
    - .link: item_id, entity_id.

    Columns that are empty throughout are left out.
    """
    products = graph.products
    log = graph.edges_by_id("bought")
    clock = pl.col("time").dt.epoch("ms") / 1000
    inter = log.select(
        pl.col("head").alias("user_id:token"),
        pl.col("tail").alias("item_id:token"),
        (clock if graph.has_clock else pl.col("position")).alias("timestamp:float"),
        pl.col("rating").alias("rating:float"),
        pl.col("type").alias("type:token"),
        pl.col("quantity").alias("quantity:float"),
        pl.col("price").alias("price:float"),
    )
    users = graph.customers.select(pl.col("id").alias("user_id:token"))
    items = products.join(_categories(graph), on="id", how="left", maintain_order="left").select(
        pl.col("id").alias("item_id:token"),
        pl.col("title").alias("title:token_seq"),
        pl.col("aisle").alias("aisle:token"),
        pl.col("price").alias("price:float"),
        pl.col("categories").alias("categories:token_seq"),
    )
    links = products.select(
        pl.col("id").alias("item_id:token"), _entity("products", "id").alias("entity_id:token")
    )
    tables = {"inter": inter, "user": users, "item": items, "kg": _triples(graph), "link": links}
    folder.mkdir(parents=True, exist_ok=True)
    for ending, table in tables.items():
        required = [name for name in table.columns if "_id:" in name]
        filled = [name for name in table.columns if table[name].null_count() < table.height]
        kept = table.select(name for name in table.columns if name in {*required, *filled})
        kept.write_csv(folder / f"{DATASET}.{ending}", separator="\t")


def _categories(graph: Graph) -> pl.DataFrame:
    """Return for each product (id) its categories' ids as one text, blanks inside them made _."""
    word = pl.col("tail").str.replace_all(r"\s+", "_")
    named = graph.edges_by_id("in_category").select("head", word.alias("category"))
    return named.group_by(id="head").agg(categories=pl.col("category").sort().str.join(" "))


def _triples(graph: Graph) -> pl.DataFrame:
    parts = []
    for name in TRIPLES:
        table, edges = EDGE[name], graph.edges_by_id(name)
        relation = pl.lit(table.relationship)
        if name == "has_attribute":
            kinds = graph.attributes.select(tail="id", kind="kind")
            edges = edges.join(kinds, on="tail", how="left", maintain_order="left")
            relation = pl.coalesce("kind", relation)
        parts.append(
            edges.select(
                _entity(table.head, "head").alias("head_id:token"),
                relation.alias("relation_id:token"),
                _entity(table.tail, "tail").alias("tail_id:token"),
            )
        )
    return pl.concat(parts)


def _entity(table: str, column: str) -> pl.Expr:
    return pl.lit(f"{NODE[table].label}:") + pl.col(column)
