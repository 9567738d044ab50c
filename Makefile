# Two commands do all the set-up: `make demo` and `make test`. They need git, make and Python 3.13.
# Everything they install lies in .venv/, node_modules/ and build/; `make clean` removes it.

PYTHON ?= $(shell command -v python3.13 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/.uv
READY := $(VENV)/.ready
SPOKEN := @$(PYTHON) local/spoken_run.py
PINNED := requirements-build runtime/processor/requirements runtime/processor/requirements-outside runtime/api/requirements runtime/deliveries/kafka/requirements runtime/programs/requirements cli/console/requirements requirements requirements-dev packages/ministack-fidelity/requirements local/node-requirements
COMPILE := -m uv pip compile --quiet --python-version 3.13 --no-header --no-emit-index-url --generate-hashes
INSTALL := -m uv pip install --quiet --python $(PY)

.DEFAULT_GOAL := help
.PHONY: help setup demo up down line status console test test-destinations lint format synth customer-template agent-settings bench bench-agent bench-freshness decisions docs openapi alert-marks helm-charts explore faults fault-table fuzz verify-aws requirements snapshots clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

$(UV): requirements-dev.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 13) else f"Python 3.13 is needed, {sys.executable} is {v[0]}.{v[1]}: make PYTHON=/path/to/python3.13")'
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^uv==/,/# via/p' requirements-dev.txt > $(VENV)/uv.txt
	$(SPOKEN) "installing uv" $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@touch $@

$(READY): $(UV) pyproject.toml packages/ministack-fidelity/pyproject.toml
	$(SPOKEN) "installing the pinned packages" $(PY) $(INSTALL) --require-hashes -r requirements-dev.txt
	@$(PY) $(INSTALL) --no-deps --no-build-isolation --editable . --editable packages/ministack-fidelity
	@touch $@

setup: $(READY) ## the Python environment, from the pinned requirements

demo: $(READY) ## deploy everything into the embedded cloud and run real logs through it
	@$(PY) -m local demo

up: $(READY) ## the embedded cloud with the stacks deployed, left running
	@$(PY) -m local up

down: $(READY) ## stop it
	@$(PY) -m local down

line: $(READY) ## a line of your own on its whole way, found in the tenant's account: TEXT=hello (TENANT=globex)
	@$(PY) -m local line "$(or $(TEXT),hello)" $(if $(TENANT),--tenant $(TENANT))

status: $(READY) ## how it is: queues, destinations, what fails (`logrouter --local status`)
	@$(VENV)/bin/logrouter --local status

console: $(READY) ## look at it in a browser (`logrouter --local console`)
	@$(VENV)/bin/logrouter --local console

lint: $(READY) ## style, types, import rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	$(SPOKEN) "checking the types" $(PY) -m mypy
	$(SPOKEN) "checking the imports" $(VENV)/bin/lint-imports

format: $(READY) ## let the formatter write
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

test: lint ## lint, then every test, with coverage; or some, without: PYTEST_ARGS=tests/unit/cli
	@$(PY) -m pytest -n 2 $(or $(PYTEST_ARGS),--cov --cov-report=term)

test-destinations: $(READY) ## delivery methods against real servers (Kafka, OpenSearch): needs a JDK and Maven, else it says so and skips
	@$(PY) -m pytest -n 2 --no-cov $(or $(PYTEST_ARGS),tests/destinations)

snapshots: $(READY) ## accept today's templates as the reviewed snapshots
	@$(PY) -m pytest tests/snapshot --snapshot-update

synth: $(READY) ## the cloud assembly of every stack, cdk-nag included
	@$(PY) -m local synth

customer-template: $(READY) ## the onboarding stack as one plain CloudFormation template
	$(SPOKEN) "synthesizing the customer's stack" $(PY) -m stacks.customer_template build/customer-template.json

agent-settings: $(READY) ## an overlay's settings.env from the stacks' outputs: OUTPUTS=… CLUSTER=… OVERLAY=…
	@$(PY) -m stacks.agent_settings $(OUTPUTS) $(CLUSTER) $(OVERLAY)

bench: $(READY) ## measure the processor beside straightforward ones, its start and memory, the agent's programs (BENCH_ARGS=--quick)
	@$(PY) -m benchmarks.processor $(BENCH_ARGS)
	@$(PY) -m benchmarks.calls
	@$(PY) -m benchmarks.start
	@$(PY) -m benchmarks.memory
	@$(PY) -m benchmarks.collection
	@$(PY) -m benchmarks.programs $(filter --quick,$(BENCH_ARGS))
	@$(PY) -m benchmarks.api
	@$(PY) -m benchmarks.destinations $(filter --quick,$(BENCH_ARGS))

bench-agent: $(READY) ## measure the whole agent in a real Vector, which must be on PATH
	@$(PY) -m benchmarks.agent

bench-freshness: $(READY) ## measure a line's way at four batch times: a real Vector on PATH, into what `make up` left running
	@$(PY) -m benchmarks.freshness

decisions: $(READY) ## write docs/decisions/README.md from the decisions' pages
	@$(PY) -m tests.decision_index

docs: $(READY) ## the documentation as a site, in build/site
	$(SPOKEN) "writing the site" $(PY) -m mkdocs build --quiet --strict
	@$(PY) -m local.toolchain.mermaid build/site

openapi: $(READY) ## write docs/openapi.json and docs/api-reference.md from the API's code
	@$(PY) -m runtime.api > docs/openapi.json
	@$(PY) -m tests.api_reference

alert-marks: $(READY) ## write the agent's program that marks lines for alerts, from the ready-made rules
	@$(PY) -m tests.alert_marks

helm-charts: $(READY) ## write the charts' templates from the kustomize bases
	@$(PY) -m tests.helm_charts

explore: $(READY) ## schedules of faults in simulated time, from seeds (SEEDS=1-10000); the smallest of what fails is printed (PLANTED=1: find planted bugs)
	@$(PY) -m tests.exploration $(if $(SEEDS),--seeds $(SEEDS)) $(if $(PLANTED),--planted)

faults: $(READY) ## inject faults into the deployed processor, count every event (SEED=…, DURATION=seconds, INJECTIONS=…)
	@$(PY) -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(DURATION),--duration $(DURATION)) $(if $(INJECTIONS),--injections $(INJECTIONS)) $(if $(HOUR),--hour $(HOUR))
	@$(PY) -m pytest -q -n 2 --no-cov tests/destinations
	@$(PY) -m tests.destinations.table

verify-aws: $(READY) ## the demo's driver in real accounts, all removed at the end (CENTRAL=profile CUSTOMERS="profile profile" VERIFY_ARGS=--dry-run)
	@$(PY) -m local verify-aws $(if $(CENTRAL),--central-profile $(CENTRAL)) $(foreach c,$(CUSTOMERS),--customer-profile $(c)) $(VERIFY_ARGS)

fault-table: $(READY) ## draw the table of calls and faults into docs/fault-report.md
	@$(PY) -m tests.faults.table

fuzz: $(READY) ## a million generated inputs through every reader (INPUTS=…, SEED=…)
	@$(PY) -m tests.fuzzing $(if $(SEED),--seed $(SEED)) $(if $(INPUTS),--inputs $(INPUTS))

requirements: | $(UV) ## compile every requirements.in to its pins with hashes (UPGRADE=--upgrade: to the newest allowed)
	@$(foreach f,$(PINNED),$(PY) $(COMPILE) $(UPGRADE) --output-file $(f).txt $(f).in && ) true

clean: ## everything that was installed or built
	rm -rf $(VENV) node_modules build cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
