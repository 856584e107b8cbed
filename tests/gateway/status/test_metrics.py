"""/metrics: off unless it is set, for who may, true sums of all processes; the board and the rules ask what there is."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.outbound import pump as outbox
from gateway.status import system
from live import feed, metric_sums, metrics, signs
from tests import people
from tests.http_server import Callback
from tests.install_programs import need

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "wittyagent.rules.yml"


@pytest.fixture
def counted(db, settings):
    settings.METRICS_TOKEN = "letmein"
    metrics.take()
    metrics._reasons.clear()
    yield
    metrics.take()


def samples(client):
    """{(name, labels): value} of what /metrics says, read by Prometheus' own parser."""
    metric_sums.flush()
    answer = client.get("/metrics", headers={"Authorization": "Bearer letmein"})
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def of(found, metric, /, **labels):
    return found.get((metric, tuple(sorted((key, str(value)) for key, value in labels.items()))))


def test_unless_it_is_set_there_is_no_such_page_and_nothing_is_counted(client, db):
    assert client.get("/metrics").status_code == 404
    metrics.add("witty_resyncs")
    metrics.observe("witty_webhook_seconds", 1)
    assert metrics.take() == {}


@pytest.mark.parametrize(
    ("headers", "address", "allowed"),
    [
        ({"Authorization": "Bearer letmein"}, "203.0.113.7", True),
        ({"Authorization": "Bearer letmeout"}, "203.0.113.7", False),
        ({}, "203.0.113.7", False),
        ({}, "10.1.2.3", True),
        ({}, "127.0.0.1", True),
        # a proxy that is not named: anybody
        ({"X-Forwarded-For": "203.0.113.7"}, "127.0.0.1", False),
    ],
)
def test_it_is_for_who_brings_the_token_or_asks_from_where_it_may(client, counted, settings, headers, address, allowed):
    settings.METRICS_FROM = ["10.0.0.0/8", "127.0.0.1"]
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == (200 if allowed else 403)


def test_a_message_is_counted_from_the_webhook_until_it_left(client, counted, listening, ana, settings):
    callback = listening(Callback())
    origin = people.http_origin(callback_url=callback.url)
    body = {"messages": [{"id": "1", "from": "marta", "name": "Marta", "type": "text", "text": "hola"}]}
    assert people.post_signed(client, origin, body).status_code == 200
    assert people.post_signed(client, origin, body).status_code == 200
    assert client.post(f"/webhooks/{origin.key}/", {}, "application/json").status_code == 401
    found = samples(client)
    assert of(found, "witty_webhooks_total", outcome="accepted") == 2
    assert of(found, "witty_webhooks_total", outcome="unsigned") == 1
    assert of(found, "witty_stored_total", line=origin.pk) == 1
    assert of(found, "witty_items_total", line=origin.pk, outcome="duplicate") == 1
    assert of(found, "witty_webhook_seconds_count") == 3
    assert of(found, "witty_line_info", line=origin.pk, name=origin.name, kind="http") == 1


def test_what_leaves_and_what_fails_is_counted_by_line_and_reason(client, counted, listening, ventas, ana):
    from chats import moves
    from chats.messages import replies

    callback = listening(Callback())
    origin = people.http_origin(callback_url=callback.url)
    chat = people.waiting(origin, ventas, name="Marta", sender="marta", text="hola")
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "una")
    outbox.send_due()
    callback.answers = [(400, {}, {})]
    replies.send_reply(chat.pk, ana, "dos")
    outbox.send_due()
    found = samples(client)
    assert of(found, "witty_sent_total", line=origin.pk) == 1
    assert of(found, "witty_send_seconds_count", line=origin.pk) == 1
    failed = {labels: number for (name, labels), number in found.items() if name == "witty_failed_total"}
    assert list(failed.values()) == [1]
    assert dict(next(iter(failed)))["line"] == str(origin.pk)


def test_the_sums_of_several_processes_add_up(client, counted):
    for _process in range(3):
        metrics.add("witty_resyncs", by=2)
        metrics.observe("witty_live_seconds", 0.02)
        metric_sums.flush()
    found = samples(client)
    assert of(found, "witty_resyncs_total") == 6
    assert of(found, "witty_live_seconds_count") == 3
    assert of(found, "witty_live_seconds_bucket", le="0.01") == 0
    assert of(found, "witty_live_seconds_bucket", le="0.025") == 3


def test_without_redis_what_was_counted_is_kept(client, counted, settings):
    right = settings.REDIS_URL
    metrics.add("witty_resyncs")
    settings.REDIS_URL, feed._feed = "redis://127.0.0.1:1/0", None
    metric_sums.flush()
    assert client.get("/metrics", headers={"Authorization": "Bearer letmein"}).status_code == 200
    settings.REDIS_URL, feed._feed = right, None
    assert of(samples(client), "witty_resyncs_total") == 1


def test_labels_have_a_bound(counted):
    made = {metrics.as_reason(str(number)) for number in range(500)}
    assert len(made) == metrics.MAX_REASONS + 1
    assert metrics.as_reason("Se murió: todo|mal") == metrics.OTHER
    for number in range(metrics.MAX_SERIES + 10):
        metrics.add("witty_sent", number)
    assert len(metrics.take()) == metrics.MAX_SERIES


# --- what is in deploy/ ----------------------------------------------------------------------------


def asked_names():
    board = json.loads((DEPLOY / "grafana" / "wittyagent.json").read_text())
    texts = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    texts += re.findall(r"^ +expr:(.*(?:\n {10,}.*)*)", RULES.read_text(), re.M)
    return {name for text in texts for name in re.findall(r"\bwitty_\w+", text)}


def test_what_the_board_and_the_rules_ask_for_is_there(client, counted, ana):
    for role in system.ROLES:
        signs.give_sign(role)
    said = samples(client)
    names = {name for name, _labels in said}
    help_of = client.get("/metrics", headers={"Authorization": "Bearer letmein"}).content.decode()
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)", help_of, re.M))
    for name, kind in kinds.items():
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    asked = asked_names()
    assert len(asked) > 15
    assert asked <= names, asked - names


def test_promtool_takes_the_rules_and_what_they_say():
    promtool = need("promtool")
    for command in (["check", "rules", RULES.name], ["test", "rules", "wittyagent.test.yml"]):
        done = subprocess.run([promtool, *command], cwd=RULES.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_what_metrics_says(client, counted):
    promtool = need("promtool")
    said = client.get("/metrics", headers={"Authorization": "Bearer letmein"}).content
    done = subprocess.run([promtool, "check", "metrics"], input=said, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
