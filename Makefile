# Everything there is to do here, by name: `make help`. All of it needs Python 3.13 and make, and nothing else.

PYTHON := .venv/bin/python
SAM := .venv/bin/sam
READY := .venv/.ready

PYTEST := $(PYTHON) -m pytest --numprocesses auto --maxprocesses 4
EXAMPLES ?= 1000 # of `make fuzz`, for each law

GIVEN_REGION := $(AWS_DEFAULT_REGION)
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help doctor setup demo inbox test test-quick fuzz coverage check generate build deploy bench bench-compare load year clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

doctor: ## Say what this machine lacks, and how to get it
	@sh local/doctor.sh

setup: $(READY) ## Make the environment .venv, once: Python packages, checked against their hashes

$(READY): requirements/dev.txt pyproject.toml .python-version
	@sh local/doctor.sh python
	@echo "==> Making .venv: $$(python3.13 --version) and the packages of requirements/dev.txt, in a minute or two"
	@python3.13 -m venv .venv
	@$(PYTHON) local/install.py requirements/dev.txt
	@$(PYTHON) -m pip install --disable-pip-version-check -qq --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "==> .venv is ready"

demo: setup ## See it work without an AWS account: deploy to a local AWS, touch sensitive objects, read the e-mails
	@$(PYTHON) -m local.demo.run $(if $(KEEP),--keep)

inbox: setup ## Read again what the demo's subscribers received
	@$(PYTHON) -m local.messaging.inbox

test: setup ## Run every test, the end-to-end ones on the local AWS included (minutes)
	@echo "==> Testing"
	@$(PYTEST) --dist loadgroup # the tests of the local AWS are one group: they share a worker, and what is deployed there

test-quick: setup ## Run the tests that need neither local AWS nor a build, with fewer examples of each law
	@$(PYTEST) -m "not local_aws and not build" --hypothesis-profile quick

fuzz: setup ## Look for counterexamples at length: EXAMPLES=1000 of each law, of LAWS=FILE only; SEEDS=1000 simulates; SEED=7 replays
ifneq ($(SEED),)
	@$(PYTHON) -m tests.simulation.campaign --seed $(SEED) $(if $(LAW),--law "$(LAW)")
else ifneq ($(SEEDS),)
	@$(PYTHON) -m tests.simulation.campaign --seeds $(SEEDS) --first $(or $(FIRST),0)
else
	@EXAMPLES=$(EXAMPLES) $(PYTEST) -m hypothesis --hypothesis-profile fuzz $(LAWS)
endif

coverage: setup ## Measure which lines and branches the tests enter; htmlcov/index.html shows them
	@$(PYTHON) -m coverage erase
	@$(subst -m pytest,-m coverage run -m pytest,$(PYTEST)) --dist loadgroup
	@$(PYTHON) -m coverage combine --quiet
	@$(PYTHON) -m coverage html --quiet
	@$(PYTHON) -m coverage report

check: setup ## Check code, structure, types, templates and formatting
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

generate: setup ## Regenerate what is made from other files: docs/rules.md, docs/channels.md, docs/queries.md, tables, saved searches, defaults.yaml, the trail's prefixes, event rules
	@$(PYTHON) -m s3watch_cli.generate.rule_docs
	@$(PYTHON) -m s3watch_cli.generate.channel_docs
	@$(PYTHON) -m s3watch_cli.generate.query_template
	@$(PYTHON) -m s3watch_cli.cost.report
	@$(PYTHON) -m s3watch_cli.generate.parameter_defaults
	@$(PYTHON) -m s3watch_cli.generate.trail_selectors
	@$(PYTHON) -m s3watch_cli.generate.event_rules

build: setup ## Build what is deployed; a mistake in rules/ stops it
	@$(SAM) build

deploy: build ## Build, then deploy what samconfig.toml says to the AWS account of your credentials; shows all changes and asks once
	@$(if $(GIVEN_REGION),,env -u AWS_DEFAULT_REGION) $(SAM) deploy # without ours, to the Region of your profile

bench: setup ## Measure the matcher and its peers; writes benchmarks/results.md
	@$(PYTHON) -m benchmarks

bench-compare: setup ## Say what a change did: REV=HEAD~1 and this tree, measured in turn; ROWS="1 5 replay" only
	@$(PYTHON) -m benchmarks.compare $(or $(REV),HEAD) $(ROWS)

load: setup ## Put load and faults on the functions, in virtual time: a minute or two, or FULL=1; writes benchmarks/load.md
	@$(PYTHON) -m benchmarks.load $(if $(FULL),--full)

year: setup ## Run a year of a made-up company, with twelve attacks, through the rules: two minutes; writes benchmarks/year.md
	@$(PYTHON) -m benchmarks.year

clean: ## Remove what was built and cached, but not .venv
	rm -rf .aws-sam .local-aws .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
