# floorhand: two commands do all the set-up there is: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SEED   ?= 1

.PHONY: help demo test check format bench campaign lock clean

help:            ## this list
	@grep -hE '^[a-z]+: .*##|^[a-z]+:  .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: $(VENV)/.installed            ## the whole floor on this machine (DEMO_ARGS="--headless --seconds 30")
	$(BIN)/floorhand demo $(DEMO_ARGS)

test: $(VENV)/.installed-test       ## install what the tests need, then run them all
	scripts/apt-install mosquitto dbus-daemon
	$(BIN)/python -m routing.compiled
	$(BIN)/pytest -n 2 --dist worksteal $(TEST_ARGS)

check: $(VENV)/.installed-test      ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-test     ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-bench     ## figures, ratios against a raw baseline, how cost grows
	$(BIN)/python -m routing.compiled
	$(BIN)/python -m bench

campaign: $(VENV)/.installed-test   ## the long forms of the seeded tests: kills, printers' faults, storms of scans (SEED=1)
	$(BIN)/python -m bench.kills --seed $(SEED)
	$(BIN)/python -m bench.print_faults --seed $(SEED)
	$(BIN)/python -m bench.frame_fuzz --seed $(SEED)
	$(BIN)/python -m bench.scan_storm --seed $(SEED)
	$(BIN)/python -m bench.scan_storm --seed $(SEED) --weather --kills-of-agent 3
	$(BIN)/python -m bench.gateway_storm --seed $(SEED)
	$(BIN)/python -m bench.hub_schedules --seed $(SEED) --count 200

lock: $(VENV)/.installed-test       ## pin the dependencies again
	$(BIN)/pip install -q pip-tools
	$(BIN)/pip-compile -q --upgrade --strip-extras --no-header --no-annotate --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --upgrade --extra test --strip-extras --no-header --no-annotate --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links -c requirements.lock -o requirements-test.lock pyproject.toml
	$(BIN)/pip-compile -q --upgrade --extra bench --strip-extras --no-header --no-annotate --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links -c requirements-test.lock -o requirements-bench.lock pyproject.toml

clean:           ## remove the virtual environment and caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "floorhand needs Python 3.11 or newer; name one: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made requirements.lock pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@echo "compiling the planner, once: a minute or two"
	$(BIN)/python -m routing.compiled
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements-test.lock
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-test.lock
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-test requirements-bench.lock
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-bench.lock
	@touch $@
