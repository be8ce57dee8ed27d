# make run [INBOX=path] [PERSONS=20000] [DATA=data]   the main job
# make test                                           all tests
# make sender-kit [OUT=build/kit_emetteur]            what a sender receives: page, guide, templates (and a zip)
# make ui                                             the Dagster interface, on loopback
.DEFAULT_GOAL := help
.PHONY: help setup run test lint ui bench sender-kit clean
unexport PYTHONDONTWRITEBYTECODE

DATA ?= data
PORT ?= 3000
OUT ?= build/kit_emetteur
VENV := .venv
PY := $(VENV)/bin/python
TZNR := TZNR_DATA_DIR="$(DATA)" $(PY) -m tznr_platform.cli
READY := $(VENV)/.ready
FIND_PYTHON := for p in $(PYTHON) python3.11 python3.12 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done

help:
	@sed -n '1,/^$$/s/^# //p' Makefile | grep make

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@base=$$($(FIND_PYTHON)); test -n "$$base" || { echo "Python 3.11 ou plus récent est nécessaire." >&2; exit 4; }; \
	echo "Installation (une minute ou trois, une seule fois)…"; \
	"$$base" -m venv $(VENV)
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY)
	@$(TZNR) run $(if $(INBOX),--inbox "$(INBOX)") $(if $(PERSONS),--persons $(PERSONS))

test: $(READY)
	@$(PY) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

lint: $(READY)
	@$(VENV)/bin/ruff check . && $(VENV)/bin/lint-imports

ui: $(READY)
	@$(TZNR) ui --port $(PORT)

bench: $(READY)
	@$(PY) -m benchmarks

sender-kit: $(READY)
	@$(TZNR) kit --out "$(OUT)" --zip

clean:
	rm -rf "$(DATA)"
