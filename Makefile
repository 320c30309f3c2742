# Needs Python 3.11 or later with pip, and make. Everything else is put into .venv.
#
#   make run     the product on http://127.0.0.1:8000
#   make test    every test, in its lanes
#   make check   style, types, imports, settings, migrations
#   make bench   the measurements under benchmarks/
#   make clean   away with what these have made (home/, with its database, stays)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run serve test test-sqlite test-postgresql test-browser coverage check bench clean requirements messages

# The first Python here that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
IN := .venv/bin/python

help:
	@sed -n '3,7s/^# *//p' Makefile

run: .venv/base
	@exec $(IN) manage.py up

serve: .venv/prod
	@exec $(IN) manage.py serve

test: .venv/test
	@$(IN) -m tests.services.lanes

test-sqlite test-postgresql test-browser: test-%: .venv/test
	@$(IN) -m tests.services.lanes $*

coverage: .venv/test
	@$(IN) -m tests.services.lanes sqlite -- --cov --cov-report=term

check: .venv/test
	$(IN) -m ruff check .
	$(IN) -m ruff format --check .
	$(IN) -m mypy
	.venv/bin/lint-imports
	@checked=$$(mktemp -d); trap 'rm -rf "$$checked"' EXIT; export WARROOM_HOME="$$checked"; set -x; \
	WARROOM_HTTPS=1 $(IN) manage.py check --deploy --fail-level WARNING; \
	$(IN) manage.py makemigrations --check --dry-run

bench: .venv/test
	$(IN) -m benchmarks

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# New words into the catalogs, and the catalogs into what is read at run time (needs GNU gettext). Both are committed.
messages: .venv/base
	for domain in django djangojs; do \
		$(IN) manage.py makemessages -d $$domain -a --no-wrap --no-obsolete --add-location file -i .venv -i home -i tests; \
	done
	$(IN) manage.py compilemessages -i .venv

# Exact versions and hashes, from pyproject.toml (needs uv).
requirements:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml -o requirements/base.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --extra prod -c requirements/base.txt -o requirements/prod.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --extra test -c requirements/prod.txt -o requirements/test.txt

# Each stamp holds the hash of what was installed: a checkout that changes only the file's time installs nothing anew.
# The files name every package with its hash, so there is nothing to resolve; and an older pip that resolves takes a newer
# release for a package that is wanted with an extra, which then has no hash (https://github.com/pypa/pip/issues/9644).
.venv/base .venv/prod .venv/test: .venv/%: requirements/%.txt .venv/bin/python
	@wanted=$$($(PYTHON) -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' $<); \
	if [ "$$(cat $@ 2>/dev/null)" != "$$wanted" ]; then \
		echo "Installing $< (once) ..."; \
		$(IN) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<; \
	fi; \
	echo "$$wanted" > $@

# A Debian without python3-venv has no ensurepip; its pip can install into an environment from outside.
.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or later is needed, and none was found." >&2; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { $(PYTHON) -m venv --without-pip --clear .venv && \
		$(PYTHON) -m pip --python .venv/bin/python install --quiet pip; }
