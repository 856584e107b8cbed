"""An older version on a newer database: nothing of it starts, and it says what it does not know."""

import subprocess
import sys

import pytest
from django.db import connection

from tests.commands import product_environment
from tests.ports import free_port
from tests.wittyagent.installation import ROOT


@pytest.fixture
def newer_database(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('chats', '0999_drones', now())")


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "up"),
        ("-m", "daphne", "-p", "{port}", "wittyagent.asgi:application"),
        ("-m", "uvicorn", "--port", "{port}", "wittyagent.asgi:application"),
        ("-m", "celery", "-A", "wittyagent", "worker", "--pool", "threads"),
        ("-m", "celery", "-A", "wittyagent", "beat", "--schedule", "{data}/schedule", "--pidfile="),
    ],
)
def test_an_older_version_refuses_to_start_on_a_newer_database(newer_database, tmp_path, command):
    port = free_port()
    words = [word.format(port=port, data=tmp_path) for word in command]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=product_environment(WITTY_DATA=str(tmp_path), PORT=str(port)),
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "a newer version of WittyAgent (chats.0999_drones)" in done.stderr
