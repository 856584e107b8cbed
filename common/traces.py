"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT names who collects them: else nothing of it is even read.

A span says what was done, how long it took, and the numbers of common/log_ids.py. Never a word of people: of an address
asked for only its route, of one called only its host (paths of Telegram hold the token), of SQL the statement without
its values.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from common import log_ids

SERVICE = "wittyagent"
MAX_SQL_CHARS = 1000
# in a message of the broker, as the W3C writes it
HEADER = "traceparent"

_lock = threading.Lock()
# (the process that made it, what collects its spans): a fork makes its own
_made: tuple[int, Any] = (0, None)


class Span:
    """What is being done. Where nobody collects, nothing."""

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def note(self, **attributes: str | int) -> None:
        """By the names of OpenTelemetry's conventions, which have dots in them."""
        if self._span is not None:
            self._span.set_attributes(attributes)

    def fail(self, error: str) -> None:
        """By the name of an error: its words may be people's."""
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self._span.set_attribute("error.type", error)
            self._span.set_status(StatusCode.ERROR)


def is_on() -> bool:
    return bool(settings.OTEL_ENDPOINT)


@contextmanager
def span(name: str, kind: str, parent: str = "", **attributes: str | int) -> Iterator[Span]:
    """A span until it ends, below the one of this thread or of `parent` (a traceparent). `kind`: server, client,
    producer, consumer or internal."""
    if not is_on():
        yield Span()
        return
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({HEADER: parent}) if parent else None
    with (
        current_provider()
        .get_tracer(SERVICE)
        .start_as_current_span(
            name, context, trace.SpanKind[kind.upper()], record_exception=False, set_status_on_exception=False
        ) as opened
    ):
        made = Span(opened)
        made.note(**attributes)
        try:
            yield made
        except BaseException as error:
            made.fail(type(error).__name__)
            raise
        finally:
            made.note(**{f"wittyagent.{name}": said for name, said in log_ids.current().items()})


def current_parent() -> str:
    """What a task has to bring along to be a part of what is being done now; empty where nothing is."""
    if not is_on():
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carried: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carried)
    return carried.get(HEADER, "")


def watch_statement(execute: Any, sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    """A wrapper of Django's cursors: each statement of something that is being traced is a span."""
    from opentelemetry import trace

    if not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    words = str(sql)[:MAX_SQL_CHARS]
    verb = words.split(None, 1)[0].upper() if words.strip() else "SQL"
    with span(verb, "client", **{"db.system.name": "postgresql", "db.query.text": words}):
        return execute(sql, params, many, context)


def current_provider() -> Any:
    """What collects this process's spans. It reads the other variables of OpenTelemetry for itself: headers, sampling,
    attributes of the resource."""
    global _made
    with _lock:
        if _made[0] != os.getpid():
            _made = (os.getpid(), _make_provider())
        return _made[1]


def _make_provider() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE, "process.pid": os.getpid()}))
    # in a thread of its own, which drops what cannot be delivered
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=5)))
    return provider
