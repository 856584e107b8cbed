"""Traces by OpenTelemetry to a collector that really listens: one from the webhook to the tasks, and no word of people."""

import json

import httpx
import pytest
from celery import Celery
from celery.app.trace import build_tracer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from common import traces
from common.guarded_http import send_request
from common.signature import sign_bytes
from gateway.endpoints import calls
from tests import people
from tests.http_server import BotServer, HttpServer
from tests.wittyagent.run.running import wait_for
from tests.wittyagent.test_log_ids import NEVER, SECRET, TOKEN, body_of
from wittyagent import trace_hooks
from wittyagent.wsgi import application


class Collector(HttpServer):
    """It keeps what it is sent by OTLP over HTTP."""

    def __init__(self):
        self.raw = []
        super().__init__()

    def answer_request(self, handler, raw):
        self.raw.append(raw)
        handler.send_response(200)
        handler.send_header("Content-Type", "application/x-protobuf")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    @property
    def spans(self):
        whole = [ExportTraceServiceRequest.FromString(raw) for raw in self.raw]
        return [one for each in whole for of in each.resource_spans for by in of.scope_spans for one in by.spans]

    def named(self, name):
        return [one for one in self.spans if one.name == name]


def attributes(span):
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


@pytest.fixture
def collector(listening):
    return listening(Collector())


@pytest.fixture
def traced(collector, settings, monkeypatch):
    """`traced()`: what this process has done, at the collector."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    settings.OTEL_ENDPOINT = collector.url
    monkeypatch.setattr(traces, "_made", (0, None))

    def flush():
        assert traces.current_provider().force_flush()
        return collector

    yield flush
    traces.current_provider().shutdown()


def test_a_call_to_a_bot_is_said_by_its_host_and_without_words(traced, db, listening):
    server = listening(BotServer())
    bot = people.external_bot(url=f"{server.url}/{TOKEN}?q={TOKEN}", events=["message_created"], access_token=TOKEN)
    people.received_by(bot, origin := people.http_origin(secret=SECRET))
    chat = people.says(origin, "marta", NEVER[0], name=NEVER[1]).message.chat
    with traces.span("test", "internal"):
        assert calls.call_endpoint(bot.endpoint.pk, chat.pk) == 1
    found = traced()
    (call,) = found.named("POST 127.0.0.1")
    assert attributes(call).items() >= {"server.address": "127.0.0.1", "http.response.status_code": 204}.items()
    assert attributes(call)["wittyagent.chat"] == str(chat.pk)
    assert not [word for word in NEVER if word.encode() in b"".join(found.raw)]


def test_an_error_is_said_by_its_name(traced, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    with pytest.raises(Exception, match=r"\w"):
        send_request("GET", f"http://127.0.0.1:1/{TOKEN}")
    (call,) = traced().named("GET 127.0.0.1")
    assert (attributes(call)["error.type"], call.status.code) == ("OriginError", 2)


def test_a_task_is_a_part_of_what_asked_for_it(traced):
    app, sent = Celery(broker="memory://", set_as_current=False), {}

    @app.task(name="look")
    def look():
        raise ValueError(NEVER[0])

    with traces.span("asked", "server"):
        trace_hooks._send_parent(headers=sent)
    trace = build_tracer(look.name, look, app=app, eager=False)
    trace("1", (), {}, request={"is_eager": False, "id": "1", **sent})
    found = traced()
    (asked,), (done,) = found.named("asked"), found.named("look")
    assert (done.trace_id, done.parent_span_id) == (asked.trace_id, asked.span_id)
    assert attributes(done)["error.type"] == "ValueError"
    assert NEVER[0].encode() not in b"".join(found.raw)
    assert not trace_hooks._open


def test_without_a_collector_nothing_is_read_of_it(db):
    assert traces.current_parent() == ""
    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://testserver") as network:
        assert network.get("/healthz").status_code == 200
    assert traces._made == (0, None)


def test_a_real_process_tells_the_way_of_a_message(serve, db, collector):
    origin = people.http_origin(secret=SECRET)
    site = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100")
    raw = json.dumps(body_of()).encode()
    headers = {"X-Witty-Signature": sign_bytes(SECRET, raw), "Content-Type": "application/json"}
    with httpx.Client(base_url=site.url, timeout=60) as network:
        asked_as = network.post(f"/webhooks/{origin.key}/", content=raw, headers=headers).headers["X-Request-ID"]
        network.get(f"/nada/{TOKEN}/", params={"q": NEVER[0]})
    (request,) = wait_for(lambda: collector.named("POST /webhooks/<slug:key>/"))
    wait_for(lambda: collector.named("GET /?"))
    assert attributes(request).items() >= {
        "http.route": "/webhooks/<slug:key>/", "http.response.status_code": 200, "wittyagent.request": asked_as,
    }.items()  # fmt: skip
    below = [one for one in collector.spans if one.trace_id == request.trace_id and one.parent_span_id]
    assert {one.name for one in below} & {"SELECT", "INSERT", "WITH"}
    assert all(attributes(one)["db.query.text"] for one in below)
    assert not [word for word in (*NEVER, origin.key) if word.encode() in b"".join(collector.raw)]
