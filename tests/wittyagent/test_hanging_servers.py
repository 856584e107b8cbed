"""Redis and PostgreSQL hang (SIGSTOP): whoever asks is answered while they do, and nothing accepted is lost."""

import itertools

import pytest
from django.db import OperationalError, connection

from tests.wittyagent.installation import Installation, message
from wittyagent.postgres import base
from wittyagent.postgres.limits import limited_statements

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def installation():
    with Installation.in_own_folder() as running:
        yield running


@pytest.fixture
def hanging(installation):
    """`hanging(name)`: that server hangs until the test is over, or is told to go on."""
    names = []

    def hang(name):
        names.append(name)
        installation.hang(name)

    yield hang
    for name in names:
        installation.go_on(name)
    installation.web.wait(lambda: installation.client().get("/readyz").json()["wrong"].keys() <= {"worker", "caller", "beat"},
                      "it is not well again")  # fmt: skip


def texts(ana, chat):
    return ana.get(f"/chat/{chat}/").text


def test_with_redis_hanging_what_customers_and_agents_write_is_answered_and_stored(installation, hanging):
    ana, chat = installation.sign_in("ana"), installation.facts["chat"]
    hanging("redis")
    # no answer comes of Redis until the end of this test: without a bound none of these would
    for number in range(3):
        assert installation.webhook(message(f"cuelga-{number}", text=f"colgado {number}")).json()["accepted"] == 1
        assert installation.webhook(message(f"nuevo-{number}", f"nuevo-{number}")).json()["accepted"] == 1
        assert installation.webhook(message(f"bot-{number}", "nuevo"), "con-bot").json()["accepted"] == 1
        reply = {"text": f"respuesta {number}", "client_id": f"11111111-1111-4111-8111-00000000000{number}"}
        assert ana.post(f"/chats/{chat}/reply/", data=reply).status_code == 303
    shown = texts(ana, chat)
    assert all(f"colgado {number}" in shown and f"respuesta {number}" in shown for number in range(3))


@pytest.mark.parametrize("path", ["/bandejas/", "/contactos/", "/supervision/", "/admin/", "/w/sitio/", "/chat/"])
def test_with_redis_hanging_pages_come(installation, hanging, path):
    sofia = installation.sign_in("sofia")
    hanging("redis")
    assert sofia.get(path).status_code == 200


def test_with_redis_hanging_readiness_names_it_and_liveness_holds(installation, hanging):
    hanging("redis")
    with installation.client() as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert (answer.status_code, "redis" in answer.json()["wrong"]) == (503, True)


def test_with_postgresql_hanging_everyone_is_told_in_words_and_what_was_refused_is_stored_when_it_is_back(
    installation, hanging
):
    ana, chat = installation.sign_in("ana"), installation.facts["chat"]
    body = message("de-nuevo", text="otra vez será")
    hanging("db")
    refused = installation.webhook(body)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert installation.webhook(body, "no-hay").status_code == 503
    for path in ("/bandejas/", f"/chat/{chat}/", "/admin/", "/setup/"):
        answer = ana.get(path)
        assert (answer.status_code, "El servicio no responde" in answer.text) == (503, True)
    part = ana.get("/bandejas/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Reswap"]) == (503, "none")
    reply = {"text": "tampoco", "client_id": "11111111-1111-4111-8111-000000000099"}
    assert ana.post(f"/chats/{chat}/reply/", data=reply).status_code == 503
    assert ana.get("/healthz").text == "ok"
    assert "database" in ana.get("/readyz").json()["wrong"]

    installation.go_on("db")
    installation.web.wait(lambda: installation.webhook(body).status_code == 200, "it does not take messages again")
    count = "from chats.models import Message; print(Message.objects.filter(text='otra vez será').count())"
    assert installation.manage("shell", "--verbosity", "0", "-c", count).strip() == "1"


def test_a_statement_that_takes_too_long_ends_where_somebody_waits_for_it_and_nowhere_else(
    transactional_db, monkeypatch
):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.3)")
        with limited_statements(0.1):
            monkeypatch.setattr(base, "CANCEL_SECONDS", 60)
            with pytest.raises(OperationalError):
                cursor.execute("SELECT pg_sleep(120)")
        # the connection is as good as before
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert not connection.breaker.is_open
