# Set-up is part of each target; a second call does no work twice.
#   make demo    the main job on bundled list prices: plan, then explain
#   make test    the tests
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --disable-pip-version-check --no-input --progress-bar off

.PHONY: help demo demo-sandbox setup test check format docs bench lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo          plan and explain examples/research on bundled list prices (sets itself up)"
	@echo "make demo-sandbox  refresh from stand-ins for three clouds on this computer, then plan"
	@echo "make test          check and run the tests (sets itself up)"
	@echo "make check         format, lint, types, imports, documents"
	@echo "make docs          regenerate the command output shown in the documents"
	@echo "make bench         run the benchmarks"
	@echo "make setup         everything a developer needs"
	@echo "make lock          renew requirements/*.txt"

.venv/bin/pip:
	@echo "== making .venv"
	@$(PYTHON) -m venv .venv

# Stamps hold the checksum of what was installed, so that only a change installs again.
.venv/.run-ready: .venv/bin/pip requirements/run.txt pyproject.toml
	@echo "== installing what broker needs (pinned, hashed)"
	@$(PIP) --quiet --require-hashes --requirement requirements/run.txt
	@$(PIP) --quiet --no-build-isolation --no-deps --editable .
	@touch $@

.venv/.dev-ready: .venv/.run-ready requirements/dev.txt
	@echo "== installing what the tests and checks need (pinned, hashed)"
	@$(PIP) --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@

setup: .venv/.dev-ready

demo: .venv/.run-ready
	@echo "== broker plan (examples/research)"
	@$(BIN)/broker -chdir=examples/research plan
	@echo "== broker explain pretrain"
	@$(BIN)/broker -chdir=examples/research explain pretrain

# In a folder of its own, which goes with the stand-ins, whatever happens.
demo-sandbox: .venv/.dev-ready
	@broker="$(CURDIR)/$(BIN)/broker"; folder=$$(mktemp -d); cd "$$folder"; \
	trap '"$$broker" sandbox stop; rm -rf "$$folder"' EXIT; \
	"$$broker" sandbox start && "$$broker" refresh && \
	"$$broker" offers -gpu=H100 -limit=10 && "$$broker" plan "$(CURDIR)/examples/research"

# A process for each core; the tests of a file, which may share what they set up, in one of them.
test: check
	$(BIN)/pytest --numprocesses=auto --maxprocesses=8 --dist=loadfile

check: .venv/.dev-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/documents.py --check

format: .venv/.dev-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/.dev-ready
	$(BIN)/python tools/documents.py

bench: .venv/.run-ready
	$(BIN)/python -m benchmarks

lock: .venv/bin/pip
	@$(PIP) --quiet --requirement requirements/lock.in
	@for name in run dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url \
	    --no-emit-find-links --python-version 3.11 requirements/$$name.in \
	    --output-file requirements/$$name.txt; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
