# What one person does with BaroHelp; every target is one line into ops/, where it can be read and tested.
.DEFAULT_GOAL := help
.PHONY: help setup run customer-program story test test-all lint types format bench bench-relay bench-screen soak migrate translations clean
PY := .venv/bin/python
export WEB_PORT RELAY_PORT DEMO_PORT BAROHELP_VAR DATABASE_URL REDIS_URL PUBLISH STORY_LANG T

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

setup: ## install everything (Python packages, front-end, system packages where allowed, keys)
	@sh ops/setup setup

run: ## start it all: web, relay, jobs, the demo tenant and the demo customer's PC
	@sh ops/setup run && exec $(PY) -m ops.run

customer-program: ## build the one-file customer program of this platform into var/downloads
	@sh ops/setup program && exec $(PY) -m ops.build_customer_program

story: ## play the whole story on real displays; pictures in var/story (PUBLISH=1: docs/pictures)
	@sh ops/setup run && exec $(PY) -m ops.story

test: ## all tests (T=path for some of them)
	@sh ops/setup test && exec $(PY) -m ops.run_tests

test-all: ## also the slow ones
	@sh ops/setup test && exec $(PY) -m ops.run_tests --all

lint: ## style, types, import rules, templates
	@sh ops/setup test && exec $(PY) -m ops.run_tests --lint

types: ## mypy alone
	@$(PY) -m mypy

format: ## let ruff rewrite the layout of Python files
	@$(PY) -m ruff check --select I --fix -q . ; $(PY) -m ruff format .

bench: ## what relay and screen cost, beside others in the same run; tables in bench/results
	@sh ops/setup test && $(PY) -m bench.relay && $(PY) -m bench.screen

bench-relay: ## the relay alone, beside node ws and nginx; table in bench/results/relay.md
	@sh ops/setup test && exec $(PY) -m bench.relay

soak: ## break everything once and print the promises; table in bench/results/soak.md
	@sh ops/setup test && exec $(PY) -m bench.soak

bench-screen: ## the screen alone, beside x0vncserver and x11vnc; table in bench/results/screen.md
	@sh ops/setup test && exec $(PY) -m bench.screen

migrate: ## bring the database to the newest revision (after a copy of the SQLite file)
	@sh ops/setup run && exec $(PY) -m ops.prepare

translations: ## collect new sentences into the catalogues, then compile them
	@mkdir -p var && .venv/bin/pybabel -q extract -F babel.cfg -k lazy_gettext -k _l --no-location --sort-output \
		-o var/messages.pot . && \
	.venv/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 110 \
		-i var/messages.pot -d app/translations && \
	.venv/bin/pybabel -q compile -d app/translations

clean: ## remove what was built and fetched, never var/
	rm -rf .venv node_modules app/static/vendor build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -rf var/.setup
