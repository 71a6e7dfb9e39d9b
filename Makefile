# `make demo` and `make test` work on a fresh machine: each target sets up what it needs by itself.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: help demo run test test-qbittorrent check crash fuzz format clean

help:
	@echo "make demo    the whole way of a film, without any account"
	@echo "make run     run Movie Sync (options: make run ARGS='--once --verbose')"
	@echo "make test    all tests"
	@echo "make test-qbittorrent   the contract tests on qBittorrent 4.5, 5.1 and 5.3, fetched from Debian"
	@echo "make check   ruff, mypy, import direction"
	@echo "make crash   kills, power cuts, full disks, broken files at full length (two hours)"
	@echo "make fuzz    damaged pages and answers, random lists and folders, a simulated week (half an hour)"

demo: $(VENV)/.installed
	@sh scripts/get-qbittorrent.sh
	@$(PY) main.py --demo

run: $(VENV)/.installed
	@$(PY) main.py $(ARGS)

test: $(VENV)/.installed-dev
	@sh scripts/get-qbittorrent.sh
	$(PY) -m pytest -n 4 --dist worksteal $(ARGS)

test-qbittorrent: $(VENV)/.installed-dev
	@PYTHON=$(PY) sh scripts/test-qbittorrent.sh $(ARGS)

check: $(VENV)/.installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(PY) -m pytest -q tests/test_imports.py

crash: $(VENV)/.installed-dev
	@sh scripts/get-qbittorrent.sh
	@$(PY) tests/crash/long_form.py $(ARGS)

fuzz: $(VENV)/.installed-dev
	@$(PY) tests/fuzz/fuzz_table.py $(ARGS)

format: $(VENV)/.installed-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:
	rm -rf $(VENV) .qbittorrent .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Movie Sync needs Python 3.11 or later; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "python3 -m venv failed; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(VENV)/.installed $@
