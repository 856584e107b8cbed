#!/bin/sh
# What tests are run against beside our own packages, each in an environment of its own. Fails where one of them does.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

python tests/install_errbot.py &
errbot=$!
python tests/install_clients.py &
clients=$!
python tests/install_programs.py nginx pgbouncer promtool systemd-analyze
python tests/install_browser.py
wait "$errbot"
wait "$clients"
