# One command starts everything (run), one runs every check (test). Needs python3 (3.11 or later), pip and make.
PYTHON ?= python3
export PYTHON

.PHONY: run test nightly demo bench lint clean

run: ## everything, at http://127.0.0.1:8000/ (PORT, HOST and .env change that)
	@scripts/environment.sh base
	@exec .venv/bin/python manage.py up

demo: ## the same with people and chats in it, in a data folder of its own, never in your database
	@scripts/environment.sh base
	@exec env DATABASE_URL= REDIS_URL= WITTY_DATA=var/demo .venv/bin/python manage.py up --demo

test: ## every check and test
	@scripts/environment.sh test
	@scripts/programs.sh
	@scripts/checks.sh

nightly: ## ten thousand messages while everything is killed, ten thousand odd bodies, a thousand races, RabbitMQ, two web processes; an hour
	@scripts/environment.sh test
	@scripts/programs.sh
	@.venv/bin/python tests/install_programs.py rabbitmq-server
	@env WITTY_DATA=var/checks DATABASE_URL= REDIS_URL= WITTY_NIGHTLY=1 .venv/bin/python -m pytest tests/nightly tests/soak tests/gateway/inbound/test_fuzz.py tests/chats/bots/test_external_races.py
	@env WITTY_DATA=var/checks DATABASE_URL= REDIS_URL= WITTY_WEB_PROCESSES=2 .venv/bin/python -m pytest -n 2 tests/browser
	@env WITTY_DATA=var/checks DATABASE_URL= REDIS_URL= WITTY_NIGHTLY=1 .venv/bin/python -m pytest -n 2 -m hypothesis --ignore tests/gateway/inbound/test_fuzz.py --ignore tests/browser --ignore tests/nightly tests

lint: ## the checks that start nothing
	@scripts/environment.sh test
	@scripts/checks.sh lint

bench: ## measurements against their limits
	@scripts/environment.sh test
	@.venv/bin/python -m bench

clean: ## the environment and caches; data (var/) stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
