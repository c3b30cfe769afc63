# Set-up is part of each target; a second call does no work twice.
#   make demo    the main job, on stand-ins for three clouds: plan, explain, apply, drift, destroy
#   make test    the tests
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --disable-pip-version-check --no-input --progress-bar off

.PHONY: help demo setup engine postgres test check format docs bench lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   plan, make and destroy a fleet on stand-ins for three clouds on this computer"
	@echo "make test   check and run the tests"
	@echo "make check  format, lint, types, imports, documents"
	@echo "make docs   regenerate the command output shown in the documents"
	@echo "make bench  run the benchmarks"
	@echo "make setup  everything a developer needs"
	@echo "make engine  build the Pulumi engine into the cache, unless there is one (needs Go)"
	@echo "make lock   renew requirements/*.txt"
	@echo "Each sets itself up: the first call installs what it needs into .venv."

.venv/bin/pip:
	@echo "== making .venv"
	@$(PYTHON) -m venv .venv

# Stamps hold the checksum of what was installed, so that only a change installs again.
.venv/.run-ready: .venv/bin/pip requirements/run.txt pyproject.toml
	@echo "== installing what broker needs (pinned, hashed)"
	@$(PIP) --quiet --require-hashes --requirement requirements/run.txt
	@$(PIP) --quiet --no-build-isolation --no-deps --editable .
	@touch $@

# Nothing of it is compiled before it is used: most of it never is.
.venv/.clouds-ready: .venv/.run-ready requirements/clouds.txt
	@echo "== installing the clouds' SDKs and the sandbox (pinned, hashed)"
	@$(PIP) --quiet --no-compile --require-hashes --requirement requirements/clouds.txt
	@touch $@

# The official provider packages: 1 GB, and minutes.
.venv/.stacks-ready: .venv/.clouds-ready requirements/stacks.txt
	@echo "== installing what changes clouds (pinned, hashed; about 1 GB)"
	@$(PIP) --quiet --no-compile --require-hashes --requirement requirements/stacks.txt
	@touch $@

.venv/.dev-ready: .venv/.stacks-ready requirements/dev.txt
	@echo "== installing what the tests and checks need (pinned, hashed)"
	@$(PIP) --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@

setup: .venv/.dev-ready

# Outside the checkout, once per version; nothing to do where Pulumi is on the PATH.
engine: .venv/.run-ready
	@$(BIN)/python tools/build_engine.py

# For the tests of records of stacks in PostgreSQL; nothing to do where its server is.
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || apt-get install --yes --quiet postgresql

demo: .venv/.clouds-ready
	@PREPARE="$(MAKE) --no-print-directory --directory $(CURDIR) .venv/.stacks-ready engine" \
	  sh tools/demo.sh "$(CURDIR)/$(BIN)/broker" research pretrain startup

# Bytecode is kept wherever the tests run: thousands of processes that they start read it. Files are begun
# in the order of their folders: those with few but long tests (e2e, engine) would come last by count.
# Tests wait for what they start a quarter of their time: half as many again as there are cores keep these busy.
test: export PYTHONDONTWRITEBYTECODE =
test: export PYTEST_XDIST_AUTO_NUM_WORKERS = $(shell echo $$(($$(nproc) * 3 / 2)))
test: check engine postgres
	$(BIN)/pytest --numprocesses=auto --maxprocesses=8 --dist=loadfile --no-loadscope-reorder

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

# All are cut to the versions of dev.txt, so that the demo runs on what was tested.
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url \
  --no-emit-find-links --python-version 3.11
lock: .venv/bin/pip
	@$(PIP) --quiet --requirement requirements/lock.in
	@$(COMPILE) --upgrade requirements/dev.in --output-file requirements/dev.txt
	@for name in run clouds stacks; do $(COMPILE) --upgrade --constraint requirements/dev.txt --no-annotate \
	  requirements/$$name.in --output-file requirements/$$name.txt; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
