# Two commands: `make run` opens the TUI on a bundled capture, `make test` runs everything that CI runs.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 /usr/bin/python3 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
ARGS ?=

.PHONY: run install test test-only test-agents lint types imports wheel-test system soak bench bench-tls screenshots lock clean

run: install
	@$(BIN)/heron-tui --demo $(ARGS)

install: .venv/installed

.venv/installed: requirements/run.txt pyproject.toml
	@sh scripts/venv.sh "$(PYTHON)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/installed-dev: .venv/installed requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

system:
	@sh scripts/system.sh

test: system .venv/installed-dev lint types imports test-only wheel-test

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

imports: .venv/installed-dev
	$(BIN)/lint-imports

test-only: .venv/installed-dev
	$(BIN)/pytest -n auto --dist loadgroup -m "not soak" $(ARGS)

# Real agents from npm against a model server over TLS, in a namespace with loopback only. As root. UPDATE=1, OLDER=1.
test-agents: system .venv/installed-dev
	HERON_TUI_AGENTS="$$(sh scripts/agents.sh)" $(BIN)/pytest -n 0 tests/agents_live $(ARGS)

wheel-test: .venv/installed-dev
	$(BIN)/python scripts/wheel_test.py

soak: .venv/installed-dev
	$(BIN)/pytest --hypothesis-profile=random -m soak $(ARGS)

bench: .venv/installed-dev
	$(BIN)/python bench/run.py $(ARGS)
	$(BIN)/python bench/tui.py

bench-tls: system .venv/installed-dev
	$(BIN)/python bench/tls.py $(ARGS)

screenshots: .venv/installed-dev
	$(BIN)/python screenshots/make.py

# The lock files: exact versions with hashes, for every platform.
lock: .venv/installed-dev
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -o requirements/dev.txt

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
