#!/bin/sh
# The one list of checks. `scripts/checks.sh lint` runs those that start nothing; without an argument, all.
# Stops at the first that fails.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
# checks leave the data of this checkout alone, and its .env with them
export WITTY_DATA="$PWD/var/checks" DATABASE_URL= REDIS_URL=
# hundreds of processes are started: what one has compiled is kept for the others, whatever the machine says
export PYTHONDONTWRITEBYTECODE=

check() {
  name=$1
  shift
  printf '== %s\n' "$name"
  "$@" || { printf '== %s failed\n' "$name" >&2; exit 1; }
}

# begun NAME COMMAND…: beside the others; `heard NAME` waits for it and says what it said
beside=$(mktemp -d)
trap 'kill $(cat "$beside"/*.pid 2>/dev/null) 2>/dev/null || :; rm -rf "$beside"' EXIT

begun() {
  name=$1
  shift
  "$@" >"$beside/$name" 2>&1 &
  echo $! >"$beside/$name.pid"
}

heard() {
  found=0
  wait "$(cat "$beside/$1.pid")" || found=$?
  rm "$beside/$1.pid"
  cat "$beside/$1"
  return "$found"
}

[ "${1:-all}" = lint ] || begun browser python -m pytest -n 2 --dist worksteal tests/browser
begun mypy mypy
check "ruff check" ruff check .
check "ruff format" ruff format --check .
check "djlint" djlint templates --lint --profile django --quiet
check "import directions" lint-imports
check "Dockerfile" hadolint Dockerfile
check "compose.yaml" check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
check "mypy" heard mypy
[ "${1:-all}" = lint ] && exit 0
# without a database it cannot compare with what was applied, and says so
check "no migration is missing" python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
check "Django's checks" python manage.py check --fail-level WARNING
# those in a browser wait much, and these reckon much: with two there both end at much the same time. Whichever fail, all
# are heard
failed=
python -m pytest -n 4 --dist worksteal --ignore tests/browser --ignore tests/nightly || failed=tests
printf '== tests in a browser\n'
heard browser || failed="$failed browser"
[ -z "$failed" ] || { printf '== failed: %s\n' "$failed" >&2; exit 1; }
echo "All checks passed"
