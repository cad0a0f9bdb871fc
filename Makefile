# make demo   creates a virtual environment, installs imax, and chooses seeds in a built-in graph
# make test   runs all checks of continuous integration; none of them needs the network once the packages are installed,
#             and the browser, which `make browser` installs (as root, with apt-get and npm) and without which its tests skip
# make docs   builds the documentation in docs/_build/html
# make bench  runs the nightly benchmarks on this commit and writes a site to .cache/asv/html; bench-quick runs each once

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One process per core. Each runs whole files, because the tests of a file share graphs and clusters.
PYTEST := $(BIN)/python -m pytest -q --numprocesses auto --dist loadfile
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet

# Each version of the kernels and each setting of the compiler has a folder of its own in it.
export NUMBA_CACHE_DIR := $(CURDIR)/.cache/numba
export COVERAGE_FILE := $(CURDIR)/.cache/coverage

.PHONY: demo test lint types security pip-audit docs bench-smoke bench-quick bench browser test-compiled test-nojit test-bounds test-minimum dist format clean
.NOTPARALLEL:

demo: $(VENV)/.installed
	$(BIN)/imax seed --k 5 karate

test: lint types security docs bench-smoke test-compiled test-nojit test-bounds

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy --cache-dir .cache/mypy

# The code, the workflows, and whether the installed packages fit each other. Works without the network.
security: $(VENV)/.installed-dev
	$(BIN)/bandit --configfile pyproject.toml --quiet --recursive imax datasets
	$(BIN)/zizmor --offline --quiet --persona pedantic .github
	$(BIN)/python -m pip check --disable-pip-version-check

# Known vulnerabilities of the installed packages. Asks PyPI, so it runs every night and not in `make test`. With --strict,
# a package that PyPI says nothing about is an error: without an answer the audit would succeed.
pip-audit: $(VENV)/.installed-dev
	mkdir -p .cache
	$(BIN)/python -m pip freeze --exclude-editable --disable-pip-version-check > .cache/installed.txt
	$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement .cache/installed.txt

docs: $(VENV)/.installed-dev
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d .cache/doctrees docs docs/_build/html

bench-smoke: $(VENV)/.installed-dev
	$(BIN)/python -m bench.sampler --smoke
	$(BIN)/python -m bench.general --smoke
	$(BIN)/python -m bench.deadlines --smoke
	$(BIN)/python -m bench.conversion --smoke
	$(BIN)/python -m bench.opimc --smoke
	$(BIN)/python -m bench.process --smoke
	$(BIN)/python -m bench.algorithms --smoke
	$(BIN)/python -m bench.hist --smoke
	$(BIN)/python -m bench.low_influence --smoke
	$(BIN)/python -m bench.regimes --smoke
	$(BIN)/python -m bench.compression --smoke
	$(BIN)/python -m bench.intervals --smoke
	$(BIN)/python -m bench.epsilon --smoke
	$(BIN)/python -m bench.simulation --smoke
	$(BIN)/python -m bench.capacity --smoke
	$(BIN)/python -m bench.inviters --smoke
	$(BIN)/python -m bench.limits --smoke
	$(BIN)/python -m bench.recommend --smoke
	$(BIN)/python -m bench.service --smoke
	$(BIN)/python -m bench.invitations --smoke
	$(BIN)/python -m bench.annotate --smoke
	$(BIN)/python -m bench.scaling --smoke
	$(BIN)/python -m bench.peers --smoke
	$(BIN)/python -m bench.audit --smoke
	$(BIN)/python -m bench.learn --smoke
	$(BIN)/python -m bench.cluster --smoke
	$(BIN)/python -m bench.progress --smoke
	IMAX_BENCH_SCALE=8 $(BIN)/python -m bench.suites

# Runs each nightly benchmark once, on a small graph, from the working tree.
bench-quick: $(VENV)/.installed-bench
	cd bench && ../$(BIN)/asv machine --yes
	cd bench && IMAX_BENCH_SCALE=14 ../$(BIN)/asv run --quick --show-stderr --python=same

# Runs all nightly benchmarks in full on the last commit, in this environment.
bench: $(VENV)/.installed-bench
	cd bench && ../$(BIN)/asv machine --yes
	cd bench && ../$(BIN)/asv run --environment existing:../$(BIN)/python --set-commit-hash $$(git rev-parse HEAD)
	cd bench && ../$(BIN)/asv publish

# Chromium from the distribution and axe-core from npm, for the tests that open reports. Without them these are skipped.
browser:
	tests/browser.sh

test-compiled: $(VENV)/.installed-dev browser
	$(PYTEST)

# Without the compiler: the kernels run as Python, and coverage counts their lines.
test-nojit: $(VENV)/.installed-dev
	mkdir -p .cache
	NUMBA_DISABLE_JIT=1 $(PYTEST) -m "not slow" --cov=imax --cov-report=term-missing:skip-covered --cov-fail-under=95

# Compiled with a check of every array index.
test-bounds: $(VENV)/.installed-dev
	NUMBA_BOUNDSCHECK=1 $(PYTEST) -m "not slow"

# With the oldest releases that pyproject.toml allows, in a separate environment.
test-minimum:
	rm -rf .cache/minimum
	$(PYTHON) -m venv .cache/minimum
	.cache/minimum/bin/python -m pip install --disable-pip-version-check --quiet --constraint tests/minimum.txt --editable '.[test]'
	.cache/minimum/bin/python -m pytest -q

# Builds the distribution influence-maximization, installs its wheel in a new environment, and runs the command.
dist: $(VENV)/.installed-dev
	rm -rf dist .cache/wheel
	$(BIN)/python -m build --outdir dist
	$(PYTHON) -m venv .cache/wheel
	.cache/wheel/bin/python -m pip install --disable-pip-version-check --quiet dist/influence_maximization-*.whl
	cd .cache && wheel/bin/imax seed --k 5 karate

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .cache build dist docs/_build docs/reference/generated *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev]'
	touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(PIP) --editable '.[bench]'
	touch $@
