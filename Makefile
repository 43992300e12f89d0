# Only python3 (3.11 or newer) and make are presumed. `make` alone lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
# Asked for when `make interop` needs it: the first newer Python that runs, pyenv's included.
INTEROP_PYTHON ?= $(shell for python in python3.12 python3.13 python3.14 $(HOME)/.pyenv/versions/3.1[2-4].*/bin/python; do \
	"$$python" -c "" 2>/dev/null && { echo "$$python"; break; }; done)
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# uv makes the installation quicker where it happens to be at hand; nothing asks for it.
export UV_PYTHON_DOWNLOADS := never

CHROMIUM ?= $(firstword $(shell command -v chromium chromium-browser google-chrome 2>/dev/null) \
	$(wildcard $(HOME)/.cache/ms-playwright/chromium-*/chrome-linux*/chrome))
export CHROMIUM
# Without a browser the browser tests are left out by name; pytest then counts them as deselected.
SELECT := $(if $(CHROMIUM),,-m "not browser")

.PHONY: help
help: ## list the targets (this is what a bare `make` does)
	@printf 'Callbank: checkout and payments for Flask.\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  ARGS="..." is handed to the program, PYTHON=python3.12 picks the interpreter.\n'

.PHONY: demo
demo: $(VENV)/.runtime $(VENV)/.package ## run the demo shop with sandbox gateways and print its address
	@$(BIN)/callbank demo $(ARGS)

# Two processes, whole files each: a file's shop, database and browser are started once. In the order of the tree,
# so that slow files with few tests do not come last. PARALLEL= runs in one.
PARALLEL ?= -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: test
test: lint ## everything CI runs; the browser tests too when a chromium is found
	@$(BIN)/python -m pytest $(PARALLEL) $(SELECT) $(ARGS)

.PHONY: test-browser
test-browser: install ## only the tests that drive a real chromium
	@test -n "$(CHROMIUM)" || { echo "make: no chromium found; install one or set CHROMIUM=/path/to/it" >&2; exit 1; }
	@$(BIN)/python -m pytest -m browser $(ARGS)

.PHONY: interop
interop: install $(VENV)/.interop ## PayU against clients and simulators of third parties; needs a Python 3.12
	@$(BIN)/python -m pytest tests/interop $(ARGS)

.PHONY: lint
lint: install ## ruff, mypy --strict and the import contracts
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "make: run '$(BIN)/ruff format'" >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: bench
bench: install ## measure rates, costs and ratios on this machine; PEERS=1 adds other checkouts
	@$(BIN)/python -W ignore -m bench $(if $(PEERS),--peers) $(ARGS)

.PHONY: install
install: $(VENV)/.test $(VENV)/.package ## make .venv from the hash-locked requirements

.PHONY: lock
lock: install ## resolve the requirements again (reads the package index)
	@for target in "requirements.txt --extra build" "requirements-test.txt --extra build --extra test --extra interop -c requirements.txt"; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
			$(ARGS) pyproject.toml -o $$target || exit 1; \
	done
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" $(ARGS) requirements-interop.in -o requirements-interop.txt

.PHONY: clean
clean: ## remove .venv and everything the tools leave behind
	@rm -rf $(VENV) build dist mutants htmlcov .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# --- how .venv comes to be: each stamp is older than the file it was made from, or the step is repeated ---

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { echo "make: no '$(PYTHON)' here; Callbank needs Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: $$($(PYTHON) -V 2>&1) is too old, Callbank needs 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif uv --version >/dev/null 2>&1; then uv venv --quiet --seed --python "$$(command -v $(PYTHON))" $(VENV); \
	else echo "make: $(PYTHON) lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; fi
	@touch $@

$(VENV)/.runtime: requirements.txt | $(VENV)/.created
	@echo "Installing the locked run-time packages (once; about half a minute)"
	@$(call install_locked,$<)
	@touch $@

$(VENV)/.test: requirements-test.txt | $(VENV)/.created
	@echo "Installing the locked packages, test tools included (once; about a minute)"
	@$(call install_locked,$<)
	@touch $@ $(VENV)/.runtime

# Reinstalled when the entry points may have changed; the code itself is used where it stands.
$(VENV)/.package: pyproject.toml | $(VENV)/.created
	@$(PIP) install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

# Third parties whose packages want a newer Python than ours, apart from everything else.
$(VENV)/.interop: requirements-interop.txt | $(VENV)/.created
	@test -n "$(INTEROP_PYTHON)" || { echo "make: no Python 3.12 or newer found; set INTEROP_PYTHON=/path/to/it" >&2; exit 1; }
	@$(INTEROP_PYTHON) -m venv --clear $(VENV)/interop
	@$(VENV)/interop/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

# When uv cannot reach the index the way pip is set up to, pip itself is asked.
install_locked = { uv --version && uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1); } \
	>/dev/null 2>&1 || $(PIP) install --quiet --require-hashes -r $(1)
