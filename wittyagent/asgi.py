"""One process: HTTP in threads (WSGI), sockets in the event loop (Channels). Runs under daphne and uvicorn."""

import gc
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")
django.setup()  # before anything that has models is imported

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from gateway.alarms import watch  # noqa: E402
from inbox.urls import sockets as inbox_sockets  # noqa: E402
from live import metric_sums  # noqa: E402
from live.consumers import NobodyConsumer  # noqa: E402
from webchat.urls import sockets as webchat_sockets  # noqa: E402
from wittyagent.http_bridge import HttpBridge  # noqa: E402
from wittyagent.http_guard import guard_http  # noqa: E402
from wittyagent.postgres.limits import limited_statements  # noqa: E402
from wittyagent.run import heartbeat  # noqa: E402
from wittyagent.socket_guard import bound_frames, limit_sockets, require_own_origin  # noqa: E402
from wittyagent.socket_session import read_session  # noqa: E402
from wittyagent.wsgi import application as wsgi  # noqa: E402

if sys.modules.keys() & {"daphne", "uvicorn"}:
    from wittyagent import version_check

    version_check.refuse_unfit_database()
if "daphne" in sys.modules:
    from wittyagent import daphne_break, daphne_end, underscore_headers

    daphne_break.break_half_answers()
    daphne_end.end_in_time()
    underscore_headers.accept_token_header()
if "uvicorn" in sys.modules:
    from wittyagent import uvicorn_proxies

    uvicorn_proxies.ignore_own_proxies()

# the last one answers whatever is no address of ours
sockets = [*inbox_sockets, *webchat_sockets, path("<path:other>", NobodyConsumer.as_asgi())]

router = ProtocolTypeRouter(
    {
        # Django's own ASGI handler makes a dozen thread hops a request; one thread is two to four times as quick
        "http": guard_http(HttpBridge(wsgi, settings.HTTP_THREADS)),
        "websocket": require_own_origin(read_session(limit_sockets(bound_frames(URLRouter(sockets))))),
    }
)


# what is loaded by now stays; the rest dies young, by its count of references
gc.freeze()
gc.set_threshold(10_000, 20, 20)


async def application(scope: Any, receive: Any, send: Any) -> None:
    heartbeat.watch_loop()
    watch.begin()
    metric_sums.begin()
    # somebody waits for all that is asked here, also in the threads that answer it
    with limited_statements():
        await router(scope, receive, send)
