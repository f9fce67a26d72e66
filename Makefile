# Every target first makes the environment it needs, in .venv. Nothing but Python and make has to be there before.

VENV ?= .venv
# The first of these that is Python 3.11 to 3.13 and can make environments; `make test PYTHON=python3.12` names another.
PYTHON ?= python3.13 python3.12 python3.11 python3
# Three keep two cores busy, since tests wait a third of their time; those of one file share what it started (servers, collections).
WORKERS ?= 3
PYTEST_ARGS ?=
DEMO_ARGS ?=
# `make bench BENCH=crawl` runs one of them.
BENCH ?= *
# `make pins PINS_ARGS=--upgrade` moves to newer versions; without it only what pyproject.toml asks for changes.
PINS_ARGS ?=

FITS = import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
define environment
for python in $(PYTHON); do \
	if "$$python" -c '$(FITS)' >/dev/null 2>&1; then exec "$$python" requirements/environment.py '$(or $(2),$(VENV))' $(1); fi; \
done; \
echo 'newsmorgue: no Python 3.11 to 3.13 with venv among: $(PYTHON) (name one: make PYTHON=/path/to/python3.12; on Debian: apt-get install python3-venv)' >&2; \
exit 1
endef

# pywb wants other versions of what we use, so it has an environment of its own. Where that cannot be made its tests skip.
PYWB_VENV = $(VENV)-pywb
# Bytecode is kept whatever the environment says: hundreds of tests start `morgue`, and each would compile it all again.
PYTEST = PYTHONDONTWRITEBYTECODE= NEWSMORGUE_PYWB='$(abspath $(PYWB_VENV))' $(VENV)/bin/python -m pytest -n $(WORKERS) --dist loadfile
COMPILE = $(VENV)/bin/uv --no-config pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--custom-compile-command 'make pins' $(PINS_ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint format bench pins dist clean runtime-environment dev-environment bench-environment pywb-environment

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s  %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: runtime-environment  ## crawl a local news site, edit it, crawl again, show what changed
	@$(VENV)/bin/morgue demo $(DEMO_ARGS)

test: dev-environment pywb-environment  ## all tests but the slow ones (PYTEST_ARGS='tests/archive -k cdxj')
	$(PYTEST) $(PYTEST_ARGS)

test-slow: WORKERS = 2  # some of them time what they do
test-slow: dev-environment pywb-environment  ## the slow tests
	$(PYTEST) -m slow --timeout 900 $(PYTEST_ARGS)

lint: dev-environment  ## style, types and layers
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: dev-environment  ## rewrite the code in the project's style
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: bench-environment pywb-environment  ## every bench beside its peers, one table each (BENCH=crawl runs one)
	@set -e; for script in bench/$(BENCH).py; do echo "== $$script"; NEWSMORGUE_PYWB='$(abspath $(PYWB_VENV))' $(VENV)/bin/python "$$script"; done

pins: dev-environment  ## requirements/*.txt from pyproject.toml
	$(COMPILE) --group build -o requirements/runtime.txt
	$(COMPILE) --group build --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(COMPILE) --group build --group dev --group bench -c requirements/dev.txt -o requirements/bench.txt
	$(VENV)/bin/uv --no-config pip compile --group pywb --universal --python-version 3.11 --generate-hashes --quiet \
		--custom-compile-command 'make pins' $(PINS_ARGS) -o requirements/pywb.txt

dist: dev-environment  ## the wheel and the source archive, in dist/
	$(VENV)/bin/python -m hatchling build -d dist

clean:  ## remove environments, caches and what was built
	rm -rf $(VENV) $(VENV).lock $(PYWB_VENV) $(PYWB_VENV).lock dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find archive crawler pipelines tests bench requirements -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

runtime-environment:
	@$(call environment,runtime)

dev-environment:
	@$(call environment,dev)

bench-environment:
	@$(call environment,bench)

pywb-environment:
	-@$(call environment,pywb,$(PYWB_VENV))
