# Everything sets itself up: the first target that needs the environment builds it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Bytecode makes every later start several times faster, so a setting that forbids it is lifted.
export PYTHONDONTWRITEBYTECODE :=

UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
RUN := $(UV) run --frozen --no-sync
READY := .venv/.ready

.PHONY: help setup demo test test-ui test-postgres test-long lint bench bench-decisions bench-model bench-ops bench-truth ui clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

.tools/uv/bin/uv:
	@echo "uv is not on this machine; fetching it from the package registry into .tools/uv"
	python3 -m venv .tools/uv
	.tools/uv/bin/pip install --quiet 'uv>=0.9'

$(READY): pyproject.toml uv.lock $(if $(findstring .tools,$(UV)),.tools/uv/bin/uv)
	$(UV) sync --frozen
	@touch $@

setup: $(READY) ## build the environment in .venv

demo: $(READY) ## simulate exports, run the whole chain, end with an ROI report
	$(RUN) mmm demo

test: $(READY) ## the tests that CI runs
	$(RUN) pytest -m "not long and not ui and not postgres"

test-ui: $(READY) ## the Dagster UI and the report in headless Chromium
	tests/ui/install_chromium.sh
	$(RUN) pytest -m ui tests/ui

test-postgres: $(READY) ## Dagster and MLflow over a Postgres server of their own
	tests/postgres/install_postgres.sh
	$(UV) pip install --quiet 'dagster-postgres>=0.29' 'psycopg2-binary>=2.9'
	$(RUN) pytest -m postgres tests/postgres

test-long: $(READY) ## long suites: more kills, more mutated inputs
	$(RUN) pytest -m long

lint: $(READY) ## ruff and mypy
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

bench: $(READY) ## print the benchmark table with this machine
	$(RUN) python -m benchmarks

bench-model: $(READY) ## this engine beside pymc-marketing and Meridian, on the same files
	$(RUN) python -m benchmarks.peers $(BENCH_OPTIONS)

bench-ops: $(READY) ## what operating must hold to: periods, dead runs, switches, causes of movement
	$(UV) pip install --quiet 'dagster-postgres>=0.29' 'psycopg2-binary>=2.9'
	$(RUN) python -m benchmarks.ops $(BENCH_OPTIONS)

bench-decisions: $(READY) ## how fast plans are found, and how good they are where the truth is known
	$(RUN) python -m benchmarks.decisions $(BENCH_OPTIONS)

bench-truth: $(READY) ## coverage, calibration and the stress matrix; an hour or two, goes on where it was
	@failed=0; for suite in coverage "coverage --default" sbc stress; do \
		$(RUN) python -m benchmarks.truth $$suite || failed=1; \
	done; exit $$failed

demo/mmm.yaml: | $(READY)
	$(RUN) mmm demo --write-only

ui: $(READY) demo/mmm.yaml ## the Dagster UI over the demo project, on http://127.0.0.1:3000
	$(RUN) mmm --project demo ui

clean: ## remove the demo project and caches
	rm -rf demo .dagster_home .pytest_cache .mypy_cache .ruff_cache
