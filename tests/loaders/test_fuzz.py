"""Samples with bytes changed, cut, doubled: a reader gives rows or its documented error.

The quick tests draw the changes with Hypothesis, which makes a failure small. The slow ones draw
them from a seed, which costs a third: of Hypothesis' 4 ms an input, reading it is 1.6.
"""

import os
import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossaisle.graph.build import build
from crossaisle.loaders import LoadError, MappingError, load, preset
from crossaisle.loaders.inspect import inspect
from crossaisle.loaders.read import read_all

MANY = int(os.environ.get("CROSSAISLE_FUZZ", "2000"))
"""Changed samples that the slow tests read of each file; a thirtieth as many are loaded. 2,000 are
33,000 inputs; 12,500 are 206,240."""

FEEDS = Path(__file__).parent.parent / "data/feeds"
FILES = {
    "merchant_rss.xml": ("google-merchant", "products"),
    "merchant_atom.xml": ("google-merchant", "products"),
    "merchant.tsv": ("google-merchant", "products"),
    "product.jsonld": ("schema-org", "products"),
    "graph.jsonld": ("schema-org", "products"),
    "page.html": ("schema-org", "products"),
    "products.ttl": ("schema-org", "products"),
    "products.nt": ("schema-org", "products"),
    "products.rdf": ("schema-org", "products"),
    "shopify.csv": ("shopify", "products"),
    "ga4.jsonl": ("ga4", "events"),
    "amazon_2014_meta.json": ("amazon-reviews-2014", "products"),
    "amazon_2023_meta.jsonl": ("amazon-reviews-2023", "products"),
    "sample.item": ("recbole", "products"),
    "dunnhumby_products.csv": ("dunnhumby", "products"),
}
FORMS = {
    "shopify.csv": ("shopify", "csv"),
    "ga4.jsonl": ("ga4-events", "ga4-items", "jsonl"),
    "kg_final.txt": ("triples",),
}
HOSTILE = (
    b"", b"\0", b'"', b"'", b"\n", b"\r", b",", b"\t", b"\x1f", b"<", b">", b"&", b"]]>", b"{",
    b"}", b"[", b"]", b"\\", b"\\ud800", b"\xff\xfe", b"\xed\xa0\x80", b"1e999", b"-0", b"NaN",
    b"null", b"true", b"[]", b"{}", b'"@id":', b'"@type":"Product"', b"_line", b"_id", b"_file",
    b"&#55296;", b"&#x110000;", b"99999999999999999999", b"0001-01-01", b"24:00:00",
    b"9999-12-31T23:59:59-12:00", "\u202e\u0301\u6c34".encode(), b"\xf0\x9f\xa7\xa6",
)  # fmt: skip
Changes = list[tuple[int, int, bytes, bool]]
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10_000),  # where, of the length
        st.integers(0, 40),  # bytes taken out
        st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=8)),
        st.booleans(),  # the bytes behind it once more
    ),
    max_size=6,
)


def _drawn(rng: random.Random) -> Changes:
    """Draw one to six changes, as :data:`CHANGES` does."""
    return [
        (
            rng.randrange(10_001),
            rng.randrange(41),
            rng.choice(HOSTILE) if rng.random() < 0.5 else rng.randbytes(rng.randrange(9)),
            rng.random() < 0.5,
        )
        for _ in range(rng.randint(1, 6))
    ]


def _changed(data: bytes, changes: Changes) -> bytes:
    for place, taken, put, doubled in changes:
        at = len(data) * place // 10_001
        again = data[at : at + 60] if doubled else b""
        data = data[:at] + again + put + data[at + taken :]
    return data


def read_sample(path: Path) -> None:
    """Read a changed sample, as its preset says."""
    for form in FORMS.get(path.name, ("auto",)):
        with suppress(LoadError):
            for rows in read_all((str(path),), form=form):
                assert rows.frame.width > 0


def load_sample(path: Path) -> None:
    """Load a changed sample by its preset, build a graph of it, and inspect it."""
    kind, section = FILES[path.name]
    mapping = preset(kind, *((path, None) if section == "products" else (None, path)))
    without = mapping.products.model_copy(update={"find": "never"})
    with suppress(LoadError, MappingError):
        build(load(mapping.model_copy(update={"products": without})))
    with suppress(LoadError):
        inspect([str(path)])


def _draw(check: Callable[[Path], None], name: str, examples: int) -> None:
    """Check examples that Hypothesis draws."""
    quiet = list(HealthCheck)
    sample = (FEEDS / name).read_bytes()
    # One folder for all: making and removing one costs more than reading a sample.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name

        @settings(max_examples=examples, deadline=None, suppress_health_check=quiet, database=None)
        @given(CHANGES)
        def run(changes: Changes) -> None:
            path.write_bytes(_changed(sample, changes))
            check(path)

        run()


def _count(check: Callable[[Path], None], name: str, examples: int) -> None:
    """Check examples of the seeds 0, 1, ...; what fails names its seed."""
    sample = (FEEDS / name).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        for seed in range(examples):
            changes = _drawn(random.Random(seed))
            path.write_bytes(_changed(sample, changes))
            try:
                check(path)
            except Exception as error:
                error.add_note(f"{name} with seed {seed}: {changes}")
                raise


@pytest.mark.parametrize("name", [*FILES, "kg_final.txt"])
def test_a_changed_sample_is_rows_or_a_sentence(name: str) -> None:
    _draw(read_sample, name, 100)


@pytest.mark.parametrize("name", FILES)
def test_what_is_read_is_loaded_or_a_sentence(name: str) -> None:
    _draw(load_sample, name, 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FILES, "kg_final.txt"])
def test_many_changed_samples_are_read(name: str) -> None:
    _count(read_sample, name, MANY)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_many_changed_samples_are_loaded(name: str) -> None:
    _count(load_sample, name, MANY // 30)
