# Needs Python 3.11 or newer, make and git. Packages come from the package registry, pinned by hash in requirements/.
# Every command calls what it needs: none has to be run before another.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PORT ?= 0
FLAVOUR ?= hosted
TARGET ?= mock
PROFILE ?= default

.PHONY: help setup setup-dev demo test check generate mock contract contract-mutants congruence bench lock clean
.DEFAULT_GOAL := help

help: ## lists the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## builds the environment .venv with what the demo needs, when it is missing or stale
	@$(call install,demo)

setup-dev: setup ## the same with what tests and checks need
	@$(call install,dev)

demo: setup ## the main job: pushes a project to a mock service, runs it, waits, prints sessions, tasks and log
	@$(RUN) scripts/demo.py

test: setup-dev ## runs the whole test suite
	@$(RUN) -m pytest -n auto

check: setup-dev ## lint, types, import rules, and that generated code and contract are up to date and valid
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pyright
	$(VENV)/bin/lint-imports
	$(RUN) -m openapi_spec_validator openapi.yaml generated/treasure_workflow_api/openapi.json
	$(RUN) -m scripts.generate --check
	$(RUN) -m scripts.unasync --check

generate: setup-dev ## contract to raw client, async client to its sync half
	@$(RUN) -m scripts.generate
	@$(RUN) -m scripts.unasync

mock: setup ## serves the mock at PORT (0: any free one), as FLAVOUR hosted or digdag
	@$(RUN) -m treasure_workflow_mock --port $(PORT) --flavour $(FLAVOUR)

contract: setup-dev ## contract tests of TARGET: mock, a region or an address (FLAVOUR=digdag ALLOW_WRITES=PREFIX REPORT=DIR PROFILE=quick)
	@$(RUN) -m treasure_workflow_contract "$(TARGET)" --flavour "$(FLAVOUR)" --profile "$(PROFILE)" \
		$(if $(ALLOW_WRITES),--allow-writes "$(ALLOW_WRITES)") $(if $(REPORT),--report "$(REPORT)")

contract-mutants: setup-dev ## how many small mistakes of mock and client the contract tests find (takes long)
	@$(RUN) -m scripts.mutants

congruence: setup-dev ## replays a real server's recorded answers on TARGET: mock, or an address (RECORD=DIR writes anew)
	@$(RUN) $(if $(filter mock,$(TARGET)),-m pytest -n auto tests/congruence,-m tests.congruence $(TARGET) \
		$(if $(RECORD),--record "$(RECORD)") $(if $(RESTART),--restart "$$RESTART"))

bench: setup-dev ## benchmarks, each beside its peer in one run
	@$(RUN) -m scripts.bench

lock: setup-dev ## resolves requirements/*.txt anew from pyproject.toml and requirements/dev.in
	@$(call resolve,demo) pyproject.toml
	@$(call resolve,dev) --extra contract pyproject.toml requirements/dev.in --constraint requirements/demo.txt
	@echo "wrote requirements/demo.txt and requirements/dev.txt"

clean: ## removes the environment, caches and build results
	@rm -rf $(VENV) build dist .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "removed $(VENV), caches and build results"

# The environment remembers which requirements it was made from. Our packages are found by a path file, relative to
# the environment, so that the sources are what runs and nothing has to be built.
define install
cmp -s requirements/$(1).txt $(VENV)/$(1).txt && $(RUN) -c "" || { \
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")' && \
	echo "installing requirements/$(1).txt into $(VENV)" && \
	$(PYTHON) -m venv $(VENV) && \
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$(1).txt && \
	$(RUN) -c "$(write_path_file)" && \
	cp requirements/$(1).txt $(VENV)/$(1).txt; }
endef

write_path_file = import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'treasure_workflow.pth') \
	.write_text('../../../../generated\n../../../../overlay\n')

resolve = $(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" --extra mock --output-file requirements/$(1).txt
