# Two commands do all: `make run` and `make test`. Both make their own environment in .venv the first time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test recording faults bench lint fix lock clean

run: $(VENV)/.run-installed
	@exec $(BIN)/python -m sandbox

test: $(VENV)/.test-installed lint
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Every request the bot makes to Discord in the end-to-end tests, one JSON object a line.
recording: $(VENV)/.test-installed
	@mkdir -p build && rm -f build/recording.jsonl
	RECORDING=$(CURDIR)/build/recording.jsonl $(BIN)/python -m pytest tests/test_*.py tests/browser

# Kills and faults at every call; `make faults SEED=7` plays one schedule again, `make faults POINT='...'` one kill point.
faults: $(VENV)/.test-installed
	$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(POINT),--point "$(POINT)")

bench: $(VENV)/.test-installed
	$(BIN)/python -m tests.benchmarks

fix: $(VENV)/.test-installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Minstrel needs Python 3.11 or newer; name one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements-sandbox.txt | $(VENV)/bin/python
	@echo "Installing what Minstrel needs into $(VENV) (once) ..."
	$(PIP) -r requirements-sandbox.txt
	@touch $@

# The bot itself goes in as a package, so that the tests run what an operator installs.
$(VENV)/.test-installed: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the tests need into $(VENV) (once) ..."
	$(PIP) -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run-installed

# The lock files: one resolution for every platform, with hashes and without the address of any index.
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock:
	$(LOCK) --group dev --output-file requirements-dev.txt
	$(LOCK) --group sandbox --constraint requirements-dev.txt --output-file requirements-sandbox.txt
	$(LOCK) --constraint requirements-dev.txt --output-file requirements.txt

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
