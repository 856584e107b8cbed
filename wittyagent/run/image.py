"""What the children of `manage.py up` are forked from: the program, read once."""

import gc
import importlib

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.utils.module_loading import import_string

from wittyagent.celery import app

# not wittyagent.asgi, which looks at the server that loads it and reads the collected static files, and nothing that
# installs a reactor
MODULES = (
    "wittyagent.urls",
    "inbox.urls",
    "webchat.urls",
    "live.consumers",
    "channels.routing",
    "wittyagent.http_guard",
    "wittyagent.socket_guard",
    "wittyagent.socket_session",
    "wittyagent.version_check",
    "wittyagent.http_bridge",
    "celery.bin.celery",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.app.log",
    "celery.concurrency.thread",
    "celery.events",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.strategy",
    "django.contrib.sessions.backends.db",
    "kombu.transport.redis",
    "live.signs",
    "gateway.tasks",
    "twisted.internet.asyncioreactor",
    "twisted.web.http",
    "autobahn.twisted.websocket",
)


def load_program() -> None:
    """Reads it, opens nothing, and keeps the garbage collector from writing into what the children will share."""
    for name in MODULES:
        importlib.import_module(name)
    for name in {*settings.MIDDLEWARE, *settings.EDGE_MIDDLEWARE}:
        import_string(name)
    app.finalize()
    # each of them would make this model for itself when it looks at the version of the database
    MigrationRecorder.Migration  # noqa: B018
    # it is set up, and to do that again (django.setup) touches every logger
    settings.LOGGING_CONFIG = None
    gc.collect()
    gc.freeze()
