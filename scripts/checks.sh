#!/bin/sh
# The one list of checks. `scripts/checks.sh lint` runs those that start nothing; without an argument, all.
# Stops at the first that fails.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
# checks leave the data of this checkout alone, and its .env with them
export WITTY_DATA="$PWD/var/checks" DATABASE_URL= REDIS_URL=

check() {
  name=$1
  shift
  printf '== %s\n' "$name"
  "$@" || { printf '== %s failed\n' "$name" >&2; exit 1; }
}

check "ruff check" ruff check .
check "ruff format" ruff format --check .
check "djlint" djlint templates --lint --profile django --quiet
check "mypy" mypy
check "import directions" lint-imports
[ "${1:-all}" = lint ] && exit 0
# without a database it cannot compare with what was applied, and says so
check "no migration is missing" python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
check "Django's checks" python manage.py check --fail-level WARNING
check "tests" python -m pytest -n 3 --dist worksteal --ignore tests/browser
check "tests in a browser" python -m pytest -n 3 --dist worksteal tests/browser
echo "All checks passed"
