"""``crossaisle recommend`` and ``search``: what a saved model answers."""

from pathlib import Path

import polars as pl
from scipy import sparse

from crossaisle.commands.files import UsageError, read_table
from crossaisle.encoders.sentence import SentenceEncoder
from crossaisle.fusion import Recommender
from crossaisle.graph.store import Progress, silent
from crossaisle.loaders.values import times
from crossaisle.reports import reasons

BLOCK = 2000  # requests answered between two notes of progress
PERSONAL = 0.5  # of a search score: what a customer's taste can add to it
NEAREST = 5  # products that stand for the text of a customer who bought nothing
SHOWN = 5  # terms looked at for a reason in words


def open_model(folder: Path) -> Recommender:
    """Load a model.

    Raises:
        UsageError: there is no such folder.
        ModelError: a file of it is missing or damaged.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no model at {folder}: make one with `crossaisle train`")
    return Recommender.from_pretrained(folder)


def requests_of(file: Path) -> pl.DataFrame:
    """Read requests: user_id and aisle (null: any), each once, in their order."""
    table = read_table(file, ("user_id",), ("aisle",))
    return table.select("user_id", "aisle").unique(maintain_order=True)


def histories_of(recommender: Recommender, asked: pl.DataFrame, file: Path | None) -> pl.DataFrame:
    """Return asked users' products: of the file if it lists them, else as the model knows.

    A customer without purchases has the history that their text tells (:func:`told_histories`).
    Who is listed nowhere and has no text has no history (a row without a product), and gets what
    the bias ranks first.

    Returns:
        user_id, product_id, timestamp (a number that orders, or null), told (whether a text tells
        it; null is no).
    """
    users = asked.select("user_id").unique(maintain_order=True)
    found = known_histories(recommender, users["user_id"].to_list())
    if file is not None:
        table = read_table(file, ("user_id", "product_id"), ("timestamp",))
        listed = table.filter(pl.col("product_id").is_not_null())
        time, position = times(listed["timestamp"])
        order = position if time.null_count() == time.len() else time.to_physical()
        listed = listed.with_columns(timestamp=order.cast(pl.Float64))
        found = pl.concat(
            [found.join(listed, on="user_id", how="anti"), listed.select(found.columns)]
        )
    silent_ones = users.join(found, on="user_id", how="anti")["user_id"].to_list()
    told = told_histories(recommender, silent_ones)
    found = pl.concat([found, told], how="diagonal")
    return users.join(found, on="user_id", how="left", maintain_order="left_right")


def known_histories(recommender: Recommender, users: list[str]) -> pl.DataFrame:
    """Return what the model's log says those customers bought; strangers are left out.

    Returns:
        user_id, product_id, timestamp (a number that orders).
    """
    graph = recommender.model.graph
    asked = pl.DataFrame({"user_id": users}, schema={"user_id": pl.String})
    customers = graph.customers.select(user_id="id").with_row_index("row")
    known = asked.join(customers, on="user_id", maintain_order="left")
    bought = sparse.coo_array(graph.first_moments[known["row"].to_numpy()])
    row, product = bought.coords
    return pl.DataFrame(
        {
            "user_id": known["user_id"].gather(row),
            "product_id": graph.products["id"].gather(product),
            "timestamp": bought.data,
        }
    )


def rank(
    recommender: Recommender,
    asked: pl.DataFrame,
    histories: pl.DataFrame,
    *,
    k: int,
    candidates: list[str] | None = None,
    new_places: int | None = None,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Answer requests: user_id, aisle (as asked, null: any), rank, product_id, score."""
    if k < 1:
        raise UsageError(f"--k {k}: lists have at least one product")
    if new_places is not None and not 0 <= new_places <= k:
        raise UsageError(f"--new-places {new_places}: lists of {k} have 0 to {k} places for them")
    order = asked.with_row_index("_request")
    lists = []
    done = 0
    for (aisle,), group in asked.group_by("aisle", maintain_order=True):
        for block in group.iter_slices(BLOCK):
            progress("ranking", done, asked.height)
            done += block.height
            some = histories.join(block.select("user_id").unique(), on="user_id", how="semi")
            name = None if aisle is None else str(aisle)
            told = some.filter(pl.col("told"))["user_id"] if "told" in some.columns else ()
            ranked = recommender.recommend(
                some,
                aisle=name,
                k=k,
                candidates=candidates,
                told=[*told],
                new_places=new_places,
            )
            lists.append(ranked.with_columns(aisle=pl.lit(aisle, pl.String)))
    progress("ranking", asked.height, asked.height)
    if not lists:
        raise UsageError("the requests file has no rows")
    return (
        pl.concat(lists)
        .join(order, on=["user_id", "aisle"], nulls_equal=True)
        .sort("_request", "rank")
        .drop("_request")
    )


def recommend(
    recommender: Recommender,
    requests: Path,
    *,
    histories: Path | None = None,
    candidates: Path | None = None,
    k: int = 10,
    new_places: int | None = None,
    told: int = 0,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Answer every request of a file: user_id, aisle, rank, product_id, score[, reasons].

    A user listed in ``histories`` is scored by that history alone. An empty aisle asks for all.
    ``new_places``: see :meth:`Recommender.recommend`.

    Raises:
        UsageError: a file is missing, k is below 1, or there are fewer places than new ones get.
        LoadError: a file lacks a column.
        UnknownId: an aisle or a candidate that the model does not know.
    """
    asked = requests_of(requests)
    known = histories_of(recommender, asked, histories)
    only = None
    if candidates is not None:
        only = read_table(candidates, ("product_id",))["product_id"].unique(maintain_order=True)
    ranked = rank(
        recommender,
        asked,
        known,
        k=k,
        candidates=None if only is None else only.to_list(),
        new_places=new_places,
        progress=progress,
    )
    if not told:
        return ranked
    sentences = []
    for done, explanation in enumerate(recommender.explain_lists(ranked, known, top=SHOWN)):
        progress("explaining", done, ranked.height)
        sentences.append(" ".join(reasons(explanation, limit=told)))
    progress("explaining", ranked.height, ranked.height)
    return ranked.with_columns(reasons=pl.Series(sentences, dtype=pl.String))


def search(recommender: Recommender, words: str, k: int, user: str | None) -> pl.DataFrame:
    """Find products by words: rank, product_id, title, score, likeness, words.

    With a user the score is multiplied by 1 + :data:`PERSONAL` x the share of products that the
    model ranks below this one for them.

    Raises:
        UsageError: the model was trained without text, or there are no words.
        UnknownId: the model knows no such customer.
    """
    if not words.strip():
        raise UsageError("what shall be searched for? give some words")
    vector = encoder_of(recommender).encode([words])[0]
    if user is None:
        return recommender.search(words, vector, k=k).with_row_index("rank", offset=1)
    products = recommender.model.graph.products["id"].to_list()
    taste = recommender.score([(user, product) for product in products])
    share = ((pl.col("score_right").rank() - 1) / len(products)).cast(pl.Float32)
    return (
        recommender.search(words, vector, k=len(products))
        .join(taste.select("product_id", "score"), on="product_id", maintain_order="left")
        .with_columns(score=pl.col("score") * (1 + PERSONAL * share))
        .sort("score", descending=True, maintain_order=True)
        .head(k)
        .drop("score_right")
        .with_row_index("rank", offset=1)
    )


def told_histories(recommender: Recommender, users: list[str]) -> pl.DataFrame:
    """Give customers without purchases a history out of their own text.

    The :data:`NEAREST` products that a search for the text finds stand for what they would have
    bought; they have none of them. Whoever has no text, too, is left out.

    Returns:
        user_id, product_id, told (true).
    """
    graph = recommender.model.graph
    asked = graph.customers.filter(
        pl.col("id").is_in(pl.Series(users, dtype=pl.String).implode())
        & (pl.col("text").fill_null("").str.strip_chars() != "")
    )
    schema = {"user_id": pl.String, "product_id": pl.String, "told": pl.Boolean}
    if not asked.height or recommender.model.text is None:
        return pl.DataFrame(schema=schema)
    vectors = encoder_of(recommender).encode(asked["text"].to_list())
    rows = [
        (name, product, True)
        for name, text, vector in zip(asked["id"], asked["text"], vectors, strict=True)
        for product in recommender.search(text, vector, k=NEAREST)["product_id"]
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def encoder_of(recommender: Recommender) -> SentenceEncoder:
    """Whoever searches by words must encode them as the products were."""
    encoder = recommender.model.report.get("text encoder")
    if not isinstance(encoder, str):
        raise UsageError("this model was trained without text: it cannot be searched by words")
    return SentenceEncoder(encoder)


def title_of(recommender: Recommender, product: str) -> str:
    """Return a product's title, or its id where it has none."""
    row = recommender.product_row(product)
    return recommender.model.graph.products["title"][row] or product
