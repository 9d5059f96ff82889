# A machine needs python3 (3.11 or newer), git and make; everything else is put into .venv.

PYTHON ?= python3
BIN := .venv/bin
MADE := .venv/.made
SITE := .site/venv/.made

# pip says nothing about itself
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

.PHONY: demo test corpus reach compare checks prove prove-effects attack check-layers history bench security soak lint fuzz mutants docs site \
	release-check lock \
	clean

demo: $(MADE)
	@$(BIN)/python scripts/demo.py

test: $(MADE)
	$(BIN)/python -m pytest -n auto

corpus: $(MADE)
	$(BIN)/python scripts/corpus.py --write

reach: $(MADE)
	$(BIN)/python scripts/reach.py --write

compare: $(MADE)
	$(BIN)/python scripts/compare.py $(BASE) $(if $(ROWS),--without-new-rows $(ROWS))

checks: $(MADE)
	$(BIN)/python scripts/peer_checks.py --write

prove: $(MADE)
	$(BIN)/python scripts/prove.py --write
	$(BIN)/python scripts/prove_breaks.py --write
	$(BIN)/python scripts/wrong_changes.py

prove-effects: $(MADE)
	$(BIN)/python scripts/prove_effects.py

attack: $(MADE)
	$(BIN)/python scripts/attack.py --write

check-layers: $(MADE)
	$(BIN)/python scripts/check_layers.py

history: $(MADE)
	$(BIN)/python scripts/history.py --write

bench: $(MADE)
	$(BIN)/python scripts/bench.py --out docs/bench.md

security: $(MADE)
	$(BIN)/python scripts/security_table.py --write

soak: $(MADE)
	$(BIN)/python scripts/soak_server.py

lint: $(MADE)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: $(MADE)
	$(BIN)/python scripts/fuzz.py --minutes 10

mutants: $(MADE)
	$(BIN)/python scripts/mutants.py

docs: $(MADE)
	$(BIN)/python scripts/rule_pages.py
	$(BIN)/python scripts/message_list.py
	$(BIN)/python scripts/man_page.py
	$(BIN)/python scripts/settings_schema.py
	$(BIN)/python scripts/terminal_pictures.py

site: $(MADE) $(SITE)
	$(BIN)/python scripts/website.py

# The environment of development, brought up to date whenever what it depends on changes: that takes seconds. `make clean`
# first makes it anew, without what a lock no longer names.
$(MADE): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "dfix needs Python 3.11 or newer: name one with make PYTHON=…" >&2; exit 1; }
	@if ! $(BIN)/python -m uv --version > /dev/null 2>&1; then \
		echo "Making .venv, with everything for tests and builds (400 MB, a minute or two)" >&2; \
		rm -rf .venv; \
		$(PYTHON) -m venv .venv || \
			{ echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian and Ubuntu: python3-venv)" >&2; \
			rm -rf .venv; exit 1; }; \
		$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock; \
	else \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements-dev.lock; \
	fi
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What builds the website, beside the environment of development, so that neither holds back the other's packages.
$(SITE): requirements-docs.lock | $(MADE)
	rm -rf .site/venv
	$(PYTHON) -m venv --without-pip .site/venv
	$(BIN)/uv pip install --quiet --python .site/venv/bin/python --require-hashes --requirement requirements-docs.lock
	@touch $@

# New versions of everything, for each Python from 3.11 on, with the hashes of their files: of development the newest that pyproject.toml
# allows, of them what users install, and what builds dfix; what builds the website; then the bill of materials of the wheel.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock"

release-check: $(MADE)
	$(BIN)/python scripts/release_check.py

lock: $(MADE)
	$(COMPILE) --upgrade --extra dev --output-file requirements-dev.lock pyproject.toml
	$(COMPILE) --upgrade --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])' | \
		$(COMPILE) --upgrade --constraint requirements-dev.lock --output-file requirements-build.lock -
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' | \
		$(COMPILE) --upgrade --output-file requirements-docs.lock -
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["release"], sep="\n")' | \
		$(COMPILE) --upgrade --output-file requirements-release.lock -
	$(BIN)/python scripts/bill_of_materials.py

clean:
	rm -rf .venv .site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .mutants .attack dist
