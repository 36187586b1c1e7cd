"""Fuzz a reader by hand, led by which lines of it an input reaches (atheris, libFuzzer).

    pip install --group fuzz
    python tests/loaders/fuzz_readers.py merchant.tsv -runs=200000 -max_len=4096

The first argument is a sample of tests/data/feeds; it and its changed forms are read as in
test_fuzz.py: rows, or the documented error. An input that raises anything else is written as
crash-* into the current folder, and the program ends with its traceback.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["crossaisle.loaders"]):
    from test_fuzz import FEEDS, FILES, read_sample


def main() -> None:
    """Fuzz the reader of one sample until libFuzzer's limits."""
    names = [*FILES, "kg_final.txt"]
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        raise SystemExit(f"name a sample: {', '.join(names)}")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / name).write_bytes((FEEDS / name).read_bytes())

        def one_input(data: bytes) -> None:
            path.write_bytes(data)
            read_sample(path)

        atheris.Setup([*sys.argv, str(corpus)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
