#!/bin/sh
# Makes .venv hold what a lock names: `scripts/environment.sh base` or `scripts/environment.sh test`.
# Needs python3 (3.11 or later) and pip; does nothing when the lock is installed already.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
want=$1
venv=.venv/bin/python

# test holds all of base: once installed it stays, so that starting does not take the tests' packages away
[ "$want" = base ] && [ -f .venv/installed-test.txt ] && want=test
lock=requirements/$want.txt
installed=.venv/installed-$want.txt
cmp -s "$lock" "$installed" && "$venv" -c '' 2>/dev/null && exit 0

command -v "$python" >/dev/null || { echo "WittyAgent needs Python 3.11 or later: $python was not found (PYTHON names another)" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "WittyAgent needs Python 3.11 or later: $python is $("$python" -V 2>&1) (PYTHON names another)" >&2; exit 1; }

echo "Installing $lock"
rm -f .venv/installed-*.txt
if ! "$venv" -c '' 2>/dev/null; then
  rm -rf .venv
  # Debian leaves pip out of venv without its package python3-venv; pip itself can fill the environment
  "$python" -m venv .venv >/dev/null 2>&1 || "$python" -m venv --clear --without-pip .venv
fi
"$venv" -m pip --version >/dev/null 2>&1 || "$python" -m pip --quiet --python "$venv" install pip

# uv is five times as quick; without it pip installs the same files. Compiled once here, every start is spared it
# (and every process of it, where PYTHONDONTWRITEBYTECODE is set)
if ! { "$venv" -m uv --version >/dev/null 2>&1 || "$venv" -m pip install --quiet uv; } ||
   ! "$venv" -m uv pip sync --quiet --compile-bytecode --python "$venv" --require-hashes "$lock"; then
  "$venv" -m pip install --quiet --require-hashes -r "$lock"
fi
cp "$lock" "$installed"
