"""A graph that a model was trained on, and what a shop has had since: one graph."""

import polars as pl

from crossaisle.graph.graph import Graph, GraphError


def extended(graph: Graph, more: Graph) -> Graph:
    """Add what is new in ``more``; what ``graph`` knows of its own products stays as it is.

    Taken are products, categories and attributes that ``graph`` lacks, the edges of those products
    and categories, and all customers: whoever has a purchase in ``more`` has that history alone,
    the others keep theirs. BOUGHT_WITH stays that of ``graph``; so do products that ``more`` lacks.

    Raises:
        GraphError: the events of one have dates and those of the other have none.
    """
    if more.bought.height and graph.bought.height and more.has_clock != graph.has_clock:
        has, lacks = ("it", "the model") if more.has_clock else ("the model", "it")
        raise GraphError(
            f"The store cannot be joined to the model: every event of {has} has a date, those of "
            f"{lacks} have not. Build the store with the same columns as for the training."
        )
    products, categories, attributes = (
        getattr(more, name).join(getattr(graph, name), on="id", how="anti")
        for name in ("products", "categories", "attributes")
    )
    described = {
        name: more.edges_by_id(name).join(fresh, left_on="head", right_on="id", how="semi")
        for name, fresh in (
            ("in_category", products),
            ("has_attribute", products),
            ("part_of", categories),
        )
    }
    used = described["has_attribute"].select(id="tail")
    bought = more.edges_by_id("bought")
    return Graph.from_ids(
        {
            "products": pl.concat([graph.products, products]),
            "categories": pl.concat([graph.categories, categories]),
            "attributes": pl.concat([graph.attributes, attributes.join(used, on="id", how="semi")]),
            "customers": pl.concat(
                [graph.customers.join(more.customers, on="id", how="anti"), more.customers]
            ),
            **{n: pl.concat([graph.edges_by_id(n), some]) for n, some in described.items()},
            "bought": pl.concat(
                [graph.edges_by_id("bought").join(bought, on="head", how="anti"), bought]
            ),
            "bought_with": graph.edges_by_id("bought_with"),
        }
    )
