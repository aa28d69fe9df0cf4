# Everything there is to do here, by name: `make help`. All of it needs Python 3.13 and make, and nothing else.

PYTHON := .venv/bin/python
SAM := .venv/bin/sam
READY := .venv/.ready

export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help setup demo inbox test check generate build deploy bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(READY) ## Make the environment .venv, once: Python packages, checked against their hashes

$(READY): requirements/dev.txt pyproject.toml .python-version
	@echo "==> Making .venv: $$(python3.13 --version) and the packages of requirements/dev.txt, in a minute or two"
	@python3.13 -m venv .venv
	@$(PYTHON) -m pip install --disable-pip-version-check -qq --require-hashes --requirement requirements/dev.txt
	@$(PYTHON) -m pip install --disable-pip-version-check -qq --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "==> .venv is ready"

demo: setup ## See it work without an AWS account: deploy to a local AWS, touch sensitive objects, read the e-mails
	@$(PYTHON) -m local.demo.run $(if $(KEEP),--keep)

inbox: setup ## Read again what the demo's subscribers received
	@$(PYTHON) -m local.messaging.inbox

test: setup ## Run every test, the end-to-end ones on the local AWS included (minutes)
	@echo "==> Testing"
	@$(PYTHON) -m pytest

check: setup ## Check code, types, templates and formatting
	@echo "==> ruff: mistakes and formatting"
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@echo "==> import-linter: who may use whom (docs/architecture.md)"
	@.venv/bin/lint-imports --no-cache --no-logo
	@echo "==> mypy: types"
	@$(PYTHON) -m mypy
	@echo "==> bandit: what runs in Lambda (ruff holds everything to the same rules, with a reason beside each exception)"
	@$(PYTHON) -m bandit --quiet -ii --configfile pyproject.toml --recursive layers/core/s3watch functions
	@echo "==> sam validate, cfn-lint: templates"
	@$(SAM) validate --lint # cfn-lint only ...
	@$(SAM) validate # ... and the SAM translator only
	@.venv/bin/cfn-lint stacks/*.yaml

generate: setup ## Write again what is made from other files: docs/rules.md, docs/queries.md, tables, saved searches
	@$(PYTHON) -m s3watch_cli.generate.rule_docs
	@$(PYTHON) -m s3watch_cli.generate.query_template
	@$(PYTHON) -m s3watch_cli.cost.report

build: setup ## Build what is deployed; a mistake in rules/ stops it
	@$(SAM) build

deploy: build ## Build, then deploy to the AWS account of your credentials; asks for what it needs to know
	@$(SAM) deploy --guided

bench: setup ## Measure the matcher and its peers; writes benchmarks/results.md
	@$(PYTHON) -m benchmarks

clean: ## Remove what was built and cached, but not .venv
	rm -rf .aws-sam .local-aws .mypy_cache .pytest_cache .ruff_cache .hypothesis
