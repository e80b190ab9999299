SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# What is given to `make` reaches a recipe as a variable of its shell: quotes in it mean nothing.

# Where a stack keeps all it has: another directory (and PORT) is another stack, side by side.
LOCAL_DIR ?= .local
export LOCAL_DIR
unexport VIRTUAL_ENV PYTHONPATH

UV := .local/tools/bin/uv
PYTHON := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)
SOURCES := functions:layers/docsnap:layers/docgen:client
RUN := PYTHONPATH=$(SOURCES) $(PYTHON) -m
READY := .local/environment

.PHONY: help environment demo up down token generate test test-slow chaos bench lint format lock

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: environment ## document a site from nothing: make demo [URL=…]
	@$(RUN) local demo $(if $(URL),--url "$$URL") $(if $(PORT),--port "$$PORT")

up: environment ## start the local stack and deploy to it: make up [PORT=4566] [PARAMS="Key=Value …"]
	@$(RUN) local up $(if $(PORT),--port "$$PORT") --params "$${PARAMS-}"

down: environment ## stop the local stack; its data stay
	@$(RUN) local down

token: $(READY) ## print an access token: make token USER=<name> [ROLE=authenticated] [TTL=3600]
	@$(RUN) local token "$${USER-}" $(if $(ROLE),--role "$$ROLE") $(if $(TTL),--ttl="$$TTL")

generate: environment ## the engine alone: make generate URL=… [OUT=out] [MAX_PAGES=] [FORMATS=] [CONCURRENCY=10] [PRIVATE=1]
	@$(RUN) docgen "$${URL-}" --out "$${OUT:-out}" $(if $(MAX_PAGES),--max-pages="$$MAX_PAGES") \
		$(if $(FORMATS),--formats="$$FORMATS") $(if $(CONCURRENCY),--concurrency="$$CONCURRENCY") $(if $(filter 1,$(PRIVATE)),--private)

test: environment ## the test suite
	@$(PYTHON) -m pytest -n auto $(TESTS)

test-slow: environment ## what `make test` leaves out
	@$(PYTHON) -m pytest -n auto -m slow $(TESTS)

chaos: environment ## inject faults into a stack of its own: make chaos [JOBS=…] [SEED=…]
	@$(RUN) local.chaos $(if $(JOBS),--jobs '$(JOBS)') $(if $(SEED),--seed '$(SEED)')

bench: environment ## run the benchmarks, print ratios: make bench [ONLY="crawl start"] [WRITE=1]
	@$(RUN) benchmarks $(ONLY) $(if $(WRITE),--write)

lint: environment ## formatter, linter, types, imports, template
	@ruff format --check
	ruff check
	mypy functions layers/docsnap layers/docgen local client benchmarks
	PYTHONPATH=$(SOURCES) lint-imports
	cfn-lint template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 sam validate --lint

format: environment ## format the code and mend what the linter can
	@ruff check --fix-only
	ruff format

lock: environment ## pin the newest allowed versions of everything
	@$(RUN) local lock

# ---- The environment: made once, and again when what it is made from changes ----

environment: $(READY) .local/emulator/stamp ## what everything else needs, and does by itself

.local/tools/stamp: local/tools/requirements.txt
	@echo "Making the environment (once)" >&2
	python3 -m venv --clear .local/tools
	.local/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@

$(READY): requirements-dev.txt .python-version .local/tools/stamp
	@[ -x $(PYTHON) ] || $(UV) venv --quiet --python "$$(cat .python-version)" .venv
	$(UV) pip sync --quiet --python $(PYTHON) --require-hashes requirements-dev.txt && touch $@

.local/emulator/stamp: local/emulator/requirements.txt $(READY)
	@[ -x .local/emulator/bin/python ] || $(UV) venv --quiet --python $(PYTHON) .local/emulator
	$(UV) pip sync --quiet --python .local/emulator/bin/python --require-hashes local/emulator/requirements.txt && touch $@
