# Set-up and the tasks of the project; `make` alone prints what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test coverage check format bench soak wheel clean

# the first interpreter here that fits; or say make PYTHON=/path/to/python
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c "$(FITS)" 2>/dev/null && echo $$p && break; done)

PY := .venv/bin/python
PY3 := .venv-pandas3/bin/python
PYTEST_ARGS ?=
# processes of `make test`; a file's tests, and an engine's, stay together
WORKERS ?= 2
export TZ := UTC
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:  ## print this
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "FEATUREPREP_DATA=<folder> adds the tests on real data; PYTEST_ARGS='-k name' picks some"

setup: .venv/.all  ## make .venv with everything for work on the project

demo: .venv/.core  ## set up, then run the main job on generated data: start here
	$(PY) -m examples.demo

test: .venv/.all .venv-pandas3/.all  ## the whole suite on pandas 2, then what touches pandas again on pandas 3
	@tools/ensure_chromium.sh
	@tools/ensure_java.sh
	EXPECTED_PANDAS=2 $(PY) -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)
	EXPECTED_PANDAS=3 $(PY3) -m pytest -m "pandas3 and not soak" $(PYTEST_ARGS)

coverage: .venv/.all  ## the suite with branch coverage
	$(PY) -m coverage run -m pytest $(PYTEST_ARGS)
	$(PY) -m coverage report

check: .venv/.all  ## lint, format, types, import floors
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) tools/check_imports.py

format: .venv/.all  ## mend what lint and format can mend themselves
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .venv/.all  ## the speed table, beside its peers on this machine
	$(PY) -m benchmarks

soak: .venv/.all  ## the long counts: kills, races, load
	HYPOTHESIS_PROFILE=soak $(PY) -m pytest -m soak $(PYTEST_ARGS)

wheel: .venv/.all  ## build dist/*.whl
	$(PY) -m build --wheel --no-isolation

clean:  ## remove what these tasks made
	rm -rf .venv .venv-pandas3 build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

# an interrupted set-up leaves no stamp, and is done again
.venv/.core: WANTS := --editable .
.venv/.all: WANTS := --editable '.[all,test,dev]'
.venv-pandas3/.all: WANTS := --editable '.[test]' 'pandas>=3'

.venv/.core .venv/.all .venv-pandas3/.all: pyproject.toml
	@test -n "$(PYTHON)" || { echo "featureprep needs Python 3.11 to 3.13 with venv: install one, or say make PYTHON=<path>" >&2; exit 2; }
	@$(@D)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(@D)
	@# the pip that comes with Python 3.11 cannot resolve s3fs beside moto
	$(@D)/bin/python -m pip install -qq --upgrade 'pip>=25'
	$(@D)/bin/python -m pip install -qq $(WANTS)
	@touch $(@D)/.core $@
