# Every target works on a bare clone: it brings .venv up by itself.
# `make` alone lists them.

SHELL := /bin/sh
BIN := .venv/bin
PORT ?= 8080
PYTEST := $(BIN)/python -m pytest -q

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-stages test-rest check format bench ui lock dist clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1 - /p' $(MAKEFILE_LIST) | awk -F ' - ' '{printf "  make %-7s %s\n", $$1, $$2}'

setup: ## create or update .venv from the locks, with all plugins
	@sh tools/setup.sh

demo: setup ui ## run the example mesh, then serve it (ONCE=1 exits after the summary)
	@$(BIN)/python -m examples.demo --port $(PORT) $(if $(ONCE),--once)

check: setup ## format, lint, types, import contracts, unit tests
	@echo '== format'; $(BIN)/ruff format --check --quiet . || { echo 'run: make format'; exit 1; }
	@echo '== lint'; $(BIN)/ruff check --quiet .
	@echo '== types'; $(BIN)/mypy --no-error-summary $(wildcard hub tests examples plugins/*/src)
	@echo '== import contracts'; sh tools/quiet.sh $(BIN)/lint-imports
	@echo '== unit tests'; $(PYTEST) tests/unit tests/arch

format: setup ## rewrite the sources as `make check` wants them
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

test: check ## what CI runs: check, then every other test
	@echo '== all other tests, in two halves side by side: each waits for databases half of its time'
	@$(MAKE) --no-print-directory -j2 test-stages test-rest

# What asks the store and the stages, most of it on both databases; and all else.
STAGES := tests/bridges tests/golden tests/graph tests/packaging tests/producers tests/runtime tests/scenarios tests/store

test-stages:
	@$(PYTEST) $(STAGES)

test-rest:
	@$(PYTEST) $(foreach folder,tests/arch tests/unit $(STAGES),--ignore=$(folder))

bench: setup ## the benchmarks; writes bench.json
	@$(BIN)/python -m tests.bench

ui: ## build the web UI
	@test -d hub/web || echo 'ui: there is no web UI yet; the hub serves plain pages' >&2

lock: ## resolve requirements/*.in and pyproject.toml into the hashed locks
	@sh tools/lock.sh

dist: setup ## wheels of the hub and of every plugin, into dist/
	@rm -rf dist
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist \
		. $(patsubst %/pyproject.toml,./%,$(wildcard plugins/*/pyproject.toml))
	@ls dist

clean: ## remove .venv, caches and everything that the targets write
	@rm -rf .venv .venv.lock .hub build dist demo.json bench.json .mypy_cache .pytest_cache \
		.ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
