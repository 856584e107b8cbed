"""The lines that the networks' measurements post to, and the worker that serves them."""

import os
import sys
from dataclasses import dataclass
from typing import Any

from bench.poster import build_whatsapp_body
from bench.stage import ROOT, Stage, Web, wait_for
from wittyagent.run import processes

TEXT = "¿Tienen turno para mañana a la tarde?"
SECRET = "s" * 43
ALLOWED = {"ALLOWED_INTERNAL_HOSTS": "127.0.0.1"}


@dataclass
class OriginLine:
    """An origin whose customers wait in a tray at which nobody looks. `mode`: what bench.bare_ingest does of it."""

    origin: Any
    senders: list[str]
    shape: str
    mode: str = ""

    @property
    def webhook_path(self) -> str:
        return f"/webhooks/{self.origin.key}/"

    def posting_order(self, batch: int) -> dict[str, Any]:
        return {
            "path": self.webhook_path,
            "secret": self.origin.secret,
            "senders": self.senders,
            "text": TEXT,
            "batch": batch,
            "shape": self.shape,
            "line": self.origin.line_id,
        }

    def bare_origin(self) -> dict[str, Any]:
        return {"id": self.origin.pk, "secret": self.origin.secret, "reply": "", "choices": "{}", "mode": self.mode}


def make_http_line(name: str, senders: int) -> OriginLine:
    from origins.models import Origin
    from tests.people import says, tray
    from wittybots.models import Reception

    origin = Origin.objects.create(kind="http", name=name, key=f"origins-{name}", secret=SECRET)
    Reception.objects.create(origin=origin, tray=tray(name))
    line = OriginLine(origin, [f"{name}-{number}" for number in range(senders)], "http")
    for sender in line.senders:
        says(origin, sender, "Hola", name="Marta Gómez")
    return line


def make_whatsapp_line(number: int, senders: list[str], **fields: Any) -> OriginLine:
    """A WhatsApp line that knows these phone numbers, by a first message of each."""
    from chats.receive import receiving
    from origins.models import Origin
    from origins.networks import network_of
    from tests.people import tray
    from wittybots.models import Reception

    given = {"key": f"origins-wa-{number}", "line_id": f"{7000000 + number}", "account_id": "2000001"} | fields
    origin = Origin.objects.create(kind="whatsapp", name=f"WhatsApp {number}", secret=SECRET, **given)
    Reception.objects.create(origin=origin, tray=tray(f"WhatsApp {number}"))
    line = OriginLine(origin, senders, "whatsapp")
    first = build_whatsapp_body(line.posting_order(1), senders, [f"first-{number}-{sender}" for sender in senders])
    for item in network_of("whatsapp").parse(first):
        receiving.receive(origin, item.fact)
    return line


def make_phones(number: int, count: int) -> list[str]:
    return [f"5989{number:03d}{one:05d}" for one in range(count)]


def start_worker(here: Stage) -> Web:
    """One worker process, as `manage.py up` starts it; returns once it works."""
    from celery import current_app

    from wittyagent.run.children import WORKER

    command = [sys.executable, "-m", "celery", "-A", "wittyagent", "--quiet", "worker", *WORKER]
    process = processes.spawn_process([*command, "--loglevel", "WARNING"], cwd=ROOT, env=os.environ | ALLOWED,
                              stdout=here.open_log("worker.log"), stderr=here.open_log("worker.log"))  # fmt: skip
    here.webs.append(Web(process, 0))
    wait_for(lambda: process.poll() is not None or current_app.control.ping(timeout=0.5), 60)
    if process.poll() is not None:
        raise RuntimeError(f"the worker ended: {(here.folder / 'worker.log').read_text()[-2000:]}")
    return here.webs[-1]
