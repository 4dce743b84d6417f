# Everything that one does with this repository. Needs GNU make, a POSIX shell and Python 3.11 or newer.

PYTHON ?= python3
ARGS ?=
# Many tests wait for processes and clocks of their own: one worker more than there are cores keeps these busy.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

VENV := .venv
BIN := $(VENV)/bin
# The pins carry hashes, so nothing but the files that were tested is installed. PIP_USER and PYTHONHOME of the caller's
# environment would lead pip out of the venv.
PIP := env -u PYTHONHOME -u PYTHONPATH PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore \
	$(BIN)/python -m pip --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-real laws bench lint fmt clean

help:  ## list these targets
	@echo "make TARGET [ARGS='…'] [PYTHON=python3.12]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: $(VENV)/run-stamp  ## try Backchat with a blog on this machine; nothing to configure, Ctrl-C ends it
	@exec $(BIN)/backchat demo $(ARGS)

test: $(VENV)/dev-stamp  ## run the tests that need no browser (ARGS go to pytest: ARGS='-k law_03')
	@exec $(BIN)/python -m pytest -q --numprocesses $(WORKERS) --dist worksteal $(ARGS)

test-real: $(VENV)/dev-stamp  ## run the tests that need Chromium and real software (installs them on Debian)
	@exec scripts/test-real $(ARGS)

laws: $(VENV)/dev-stamp  ## break each law in a copy, and demand that its tests notice (ARGS='03 08' for some)
	@exec $(BIN)/python -m tests.mutations.run $(ARGS)

bench: $(VENV)/dev-stamp  ## measure what Backchat costs (ARGS='drain feeds' for some, ARGS='--rounds 9' for longer)
	@exec $(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/dev-stamp  ## check style, types and import arrows
	@status=0; \
	for check in "ruff check" "ruff format --check" "mypy" "lint-imports --no-logo"; do \
		echo "== $$check"; $(BIN)/$$check || status=1; \
	done; \
	exit $$status

fmt: $(VENV)/dev-stamp  ## rewrite the files in the common style
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

clean:  ## remove everything that make made
	rm -rf $(VENV) build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find bridge adapters tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One venv with two stages: run-stamp is what `backchat` needs, dev-stamp that and the tools. The pins agree.
$(VENV)/run-stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "installing what Backchat needs into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev-stamp: requirements/dev.txt $(VENV)/run-stamp
	@echo "installing the tools for tests and checks into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
		echo "Backchat needs Python 3.11 or newer; there is no '$(PYTHON)' here. Another one: make … PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Backchat needs Python 3.11 or newer; '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1). Another one: make … PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' has no venv module; on Debian and Ubuntu it is in a package of its own: apt install python3-venv" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)
