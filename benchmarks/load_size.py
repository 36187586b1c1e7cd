"""Time, rows/s and memory from Parquet to the embedded store, on Online Retail made larger.

    python benchmarks/load_size.py --events 100000 300000 1000000 --output sizes.json

Customers and whole invoices are drawn from the real log with replacement; each draw is a customer
of its own, and products are copied so often that events per product stay as they are (500,000
products at 5 million events, at most), a copy per customer group, so that baskets and co-purchases
keep their sizes. Each size runs in a process of its own (peak memory is the process's). The
products' file has titles and a category (the first word), so nothing is looked for in titles:
`find` is timed apart by benchmarks/find_quality.py. The slope is that of log seconds on log events
(least squares); 1 is linear.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from crossaisle.commands.graph import build_graph
from crossaisle.graph import silent
from crossaisle.loaders import read_mapping
from crossaisle.loaders.read import read_rows

LOG = Path(__file__).parent.parent / "examples/online-retail/online_retail.csv.gz"
MAPPING = """
[products]
path = "products.parquet"
title = "title"
category = "category"
aisle = "category"
price = "price"
find = "never"
[events]
path = "events.parquet"
user = "user"
product = "product"
time = "time"
quantity = "quantity"
price = "price"
"""


def resampled(events: int, products: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return (events, products) of about these sizes."""
    columns = {"CustomerID": "user", "StockCode": "product", "Description": "title"}
    columns |= {"InvoiceDate": "time", "Quantity": "quantity", "UnitPrice": "price"}
    log = read_rows(LOG).frame.rename(columns).select(columns.values()).drop_nulls()
    log = log.with_columns(
        pl.col("quantity", "price").cast(pl.Float64), pl.col("time").str.to_datetime()
    ).filter((pl.col("quantity") > 0) & (pl.col("price") > 0))
    rng = np.random.default_rng(seed)
    people = log["user"].unique(maintain_order=True)
    sizes = log.group_by("user", maintain_order=True).len()["len"].to_numpy()
    drawn = rng.integers(0, people.len(), size=int(events / sizes.mean() * 1.2) + 1)
    drawn = drawn[: int(np.searchsorted(np.cumsum(sizes[drawn]), events)) + 1]
    known = log["product"].n_unique()
    copies = max(1, products // known)
    chosen = pl.DataFrame({"user": people[drawn], "copy": rng.integers(0, copies, len(drawn))})
    chosen = chosen.with_row_index("draw")
    made = chosen.join(log, on="user", how="inner").head(events)
    made = made.with_columns(
        user=pl.format("{}-{}", "user", "draw"), product=pl.format("{}-{}", "product", "copy")
    )
    feed = made.group_by(id="product").agg(pl.col("title").first(), pl.col("price").median())
    word = pl.col("title").str.split(" ").list.first()
    feed = feed.with_columns(category=pl.coalesce(word, pl.lit("X")).str.head(1)).sort("id")
    return made.select("user", "product", "time", "quantity", "price"), feed


def measure(events: int, products: int, seed: int) -> dict[str, float]:
    """Make the files, time polars' bare read and the whole load."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, feed = resampled(events, products, seed)
        log.write_parquet(folder / "events.parquet")
        feed.write_parquet(folder / "products.parquet")
        (folder / "shop.toml").write_text(MAPPING)
        rows = {"events": log.height, "products": feed.height}
        del log, feed
        command = [sys.executable, __file__, "--measure", name]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return rows | json.loads(done.stdout.splitlines()[-1])


def load_once(folder: Path) -> dict[str, float]:
    """Time one load, in this process."""
    start, cpu = time.perf_counter(), time.process_time()
    bare = [pl.read_parquet(folder / f"{name}.parquet").height for name in ("events", "products")]
    bare_seconds, bare_cpu = time.perf_counter() - start, time.process_time() - cpu
    start, cpu = time.perf_counter(), time.process_time()
    marks: dict[str, float] = {}

    def progress(step: str, done: int, total: int) -> None:
        marks.setdefault(step, time.process_time() - cpu)

    catalogue, graph, _ = build_graph(
        read_mapping(folder / "shop.toml"), str(folder / "shop.lbdb"), progress=progress or silent
    )
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
        "bare_read_seconds": bare_seconds,
        "bare_read_cpu_seconds": bare_cpu,
        "rows_read": sum(bare),
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "bought": graph.bought.height,
        "bought_with": graph.bought_with.height,
        "rejected": catalogue.rejected.height,
        "cpu_at": marks,
    }


def main() -> None:
    """Read the arguments, print a table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--products-share", type=float, default=0.1, help="products to events")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(load_once(given.measure)))
        return
    found = []
    for events in given.events:
        row = measure(events, int(events * given.products_share), given.seed)
        found.append(row)
        rate = row["rows_read"] / row["seconds"]
        bare = row["rows_read"] / row["bare_read_seconds"]
        print(
            f"{row['events']:>10,} events {row['products']:>8,} products {row['seconds']:7.1f} s "
            f"(cpu {row['cpu_seconds']:.1f}) {rate:>9,.0f} rows/s, "
            f"bare read {bare:>12,.0f} rows/s, peak {row['peak_gib']:.2f} GiB",
            flush=True,
        )
    if len(found) > 1:
        x = np.log([row["events"] for row in found])
        for key in ("seconds", "cpu_seconds"):
            slope = np.polyfit(x, np.log([row[key] for row in found]), 1)[0]
            print(f"log-log slope of {key}: {slope:.2f}")
    if given.output:
        given.output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
