# make demo   the whole way once, on a real shop's log
# make test   everything that is tested, in two processes of one thread each (WORKERS=0: in one)
# make quick  the tests that take seconds
# make check  formatting, types
PYTHON ?= python3
RUN := .venv/bin/
WORKERS ?= 2
# setuptools warns of a folder named like the package; there is none, the root is the package.
QUIET := ignore:Editable installation

.PHONY: demo test quick check
demo: .venv/installed
	$(RUN)crossaisle demo --output demo

test: .venv/installed
	OMP_NUM_THREADS=1 $(RUN)pytest -n $(WORKERS)

quick: .venv/installed
	$(RUN)pytest -m "not slow and not neo4j and not browser"

check: .venv/installed
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)mypy

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("crossaisle needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(RUN)python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	PIP_CONSTRAINT=constraints.txt PYTHONWARNINGS='$(QUIET)' $(RUN)python -m pip install --quiet --disable-pip-version-check --group dev --editable .
	touch $@

include neo4j/neo4j.mk
