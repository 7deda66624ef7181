# Each target stands alone on a fresh clone: Python 3.11 or newer and make are enough.

.DEFAULT_GOAL := help
.PHONY: help run test check browser bench proof

# The first of these that runs and is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
# Modules are run by the interpreter: installed scripts break when the folder is moved.
VENV := .venv/bin/python
PIP := $(VENV) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore
MADE := .venv/.made
RUN := .venv/.installed-run
DEV := .venv/.installed-dev

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN) ## start everything: database, web on PORT (8000), jobs; Ctrl-C stops it
	@exec $(VENV) -m flask --app wsgi up

test: $(DEV) ## run the whole suite; ARGS="-k words" narrows it
	@$(VENV) -m pytest -n auto $(ARGS)

browser: $(DEV) ## the pages in a real browser: Debian's Chromium, which root installs by this
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing Chromium (once) ..." && apt-get update -qq && \
		apt-get install -qq -y --no-install-recommends chromium >/dev/null; } || true
	@$(VENV) -m pytest -m browser -rs $(ARGS)

bench: $(DEV) ## speed against a floor, 10 minutes; QUICK=1 or ROWS="slots book" is less, ARGS=--keep
	@$(VENV) -m bench $(if $(QUICK),--quick) $(if $(ROWS),--rows "$(ROWS)") $(ARGS)

proof: $(DEV) ## the long proofs, 20 minutes; N=1000 sets their size, ARGS="-k words" narrows
	@LOG_LEVEL=ERROR $(VENV) -m pytest -m proof --proof -s --timeout 0 $(if $(N),--n $(N)) $(ARGS)

check: $(DEV) ## format, lint, types, import rule, dead code, compose file
	@echo "format" && $(VENV) -m ruff format --check --quiet .
	@echo "lint" && $(VENV) -m ruff check --quiet --output-format=concise .
	@echo "types" && $(VENV) -m mypy
	@echo "import rule" && $(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	@# Columns, fields and settings are used by name, so unused variables mean nothing here.
	@echo "dead code"; found=$$($(VENV) -m vulture); case $$? in 0|3) ;; *) exit 1 ;; esac; \
		! echo "$$found" | grep -vE 'unused (variable|attribute) |^$$'
	@echo "compose file" && $(VENV) -m check_jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

$(MADE):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed, and none was found: make PYTHON=/path/to/python" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed: $(PYTHON) is not" >&2; exit 1; }
	@echo "Making .venv with $(PYTHON) (once) ..."
	@$(PYTHON) -m venv .venv || { \
		echo "$(PYTHON) cannot make a virtual environment: install its venv package" >&2; \
		echo "(on Debian and Ubuntu: apt install python3-venv) and run make again" >&2; exit 1; }
	@touch $@

$(RUN): requirements.txt $(MADE)
	@echo "Installing what it runs on (once) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt requirements.txt $(MADE)
	@echo "Installing what tests it (once) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(RUN)
