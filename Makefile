# Needs Python 3.11 or newer, make and git. Packages come from the package registry, pinned by hash in requirements/.
# Every command calls what it needs: none has to be run before another. Without make: python -m scripts.tasks.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
TASK := $(PYTHON) -m scripts.tasks
PORT ?= 0
FLAVOUR ?= hosted
TARGET ?= mock
PROFILE ?= default

.PHONY: help setup setup-dev demo test check generate update-spec mock contract contract-mutants congruence bench lock clean
.DEFAULT_GOAL := help

help: ## lists the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

setup: ## builds the environment .venv with what the demo needs, when it is missing or stale
	@$(TASK) setup

setup-dev: ## the same with what tests and checks need
	@$(TASK) setup-dev

demo: setup ## the main job: pushes a project to a mock service, runs it, waits, prints sessions, tasks and log
	@$(RUN) -m scripts.demo

test: ## runs the whole test suite
	@$(TASK) test

check: ## lint, types, import rules, and that generated code and contract are up to date and valid
	@$(TASK) check

generate: ## contract to raw client, async client to its sync half
	@$(TASK) generate

update-spec: setup-dev ## adopts a newer published document: SPEC=FILE (CHECK=1 changes nothing, REPORT=DIR, ACCEPT="--accept-title")
	@$(RUN) -m scripts.update_spec "$(SPEC)" $(if $(CHECK),--check) $(if $(REPORT),--report "$(REPORT)") $(ACCEPT) || test $$? -ge 3

mock: setup ## serves the mock at PORT (0: any free one), as FLAVOUR hosted or digdag
	@$(RUN) -m treasure_workflow_mock --port $(PORT) --flavour $(FLAVOUR)

contract: setup-dev ## contract tests of TARGET: mock, a region or an address (FLAVOUR=digdag ALLOW_WRITES=PREFIX REPORT=DIR PROFILE=quick)
	@exec $(RUN) -m treasure_workflow_contract "$(TARGET)" --flavour "$(FLAVOUR)" --profile "$(PROFILE)" \
		$(if $(ALLOW_WRITES),--allow-writes "$(ALLOW_WRITES)") $(if $(REPORT),--report "$(REPORT)")

contract-mutants: setup-dev ## how many small mistakes of mock and client the contract tests find (takes long)
	@$(RUN) -m scripts.mutants

congruence: setup-dev ## replays a real server's recorded responses on TARGET: mock, or an address (RECORD=DIR writes anew)
	@exec $(RUN) -m treasure_workflow_contract "$(TARGET)" --flavour digdag --replay tests/recorded/answers \
		$(if $(filter mock,$(TARGET)),--baseline tests/known.toml) \
		$(if $(RECORD),--record "$(RECORD)") $(if $(RESTART),--restart "$$RESTART")

bench: setup-dev ## benchmarks, each beside its peer in one run
	@$(RUN) -m scripts.bench

lock: ## resolves requirements/*.txt anew from pyproject.toml and requirements/dev.in
	@$(TASK) lock

clean: ## removes the environment, caches and build results
	@$(TASK) clean
