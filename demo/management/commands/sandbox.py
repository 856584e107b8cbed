"""`manage.py sandbox`: the networks, played here, for the origins whose network has this address."""

import argparse
import asyncio
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from origins.models import Origin
from origins.telegram.network import UPDATES
from sandbox import control, people
from sandbox.records import OurLine
from sandbox.server import serve_sandbox
from sandbox.world import SandboxWorld

AGAIN = 3.0
# who is there from the start on each line; WhatsApp has one more, who shows a username and no number
CUSTOMERS = 3


class Command(BaseCommand):
    help = "Plays WhatsApp, Telegram, Messenger and Instagram for the origins that point at it, with customers."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8098)
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same people and faults")
        parser.add_argument("--webhooks", default="http://127.0.0.1:8000", help="where WittyAgent answers")

    def handle(self, *args: Any, **options: Any) -> None:
        port, webhooks = options["port"], options["webhooks"].rstrip("/")
        if urlsplit(webhooks).scheme not in ("http", "https"):
            raise CommandError(f"--webhooks is not an http address: {webhooks}")

        def ready(port: int) -> None:
            self.stdout.write(f"The sandbox is ready at http://127.0.0.1:{port}/ and posts to {webhooks}/webhooks/")
            self.stdout.flush()

        async def beside(world: SandboxWorld) -> None:
            told: dict[str, str] = {}
            while True:
                await self.look(world, port, webhooks, told)
                await asyncio.sleep(AGAIN)

        try:
            asyncio.run(serve_sandbox(SandboxWorld(options["seed"]), port, ready, beside))
        except OSError as error:
            raise CommandError(f"the sandbox cannot listen on port {port}: {error.strerror}") from error

    async def look(self, world: SandboxWorld, port: int, webhooks: str, told: dict[str, str]) -> None:
        """Takes the origins as they are now, says what is new, and asks again for what was not verified."""
        try:
            found = await asyncio.to_thread(lines, port, webhooks)
        except DatabaseError as error:
            self._say(told, "", f"the database does not answer: {type(error).__name__}")
            return
        for line in found:
            is_new = line.key not in world.lines
            line = world.add_line(line)
            if is_new:
                greet(world, line)
            why = ""
            if not line.is_verified:
                line.is_verified, why = (True, "") if line.kind == "telegram" else await control.verify_webhook(line)
            self._say(told, line.key, f"{line.key} ({line.name}): " + (f"not verified: {why}" if why else "ready"))

    def _say(self, told: dict[str, str], about: str, words: str) -> None:
        if told.get(about) != words:
            told[about] = words
            self.stdout.write(words)
            self.stdout.flush()


def lines(port: int, webhooks: str) -> list[OurLine]:
    """The active origins whose network is at this port of this machine."""
    try:
        found = list(Origin.objects.filter(is_active=True, kind__in=Origin.NETWORKS).exclude(api_url=""))
    finally:
        connection.close()
    return [line_of(origin, webhooks) for origin in found if _is_here(origin.api_url, port)]


def _is_here(url: str, port: int) -> bool:
    try:
        parts = urlsplit(url)
        return parts.hostname in ("127.0.0.1", "localhost") and (parts.port or 80) == port
    except ValueError:
        return False


def line_of(origin: Origin, webhooks: str) -> OurLine:
    return OurLine(
        origin.kind,
        origin.line_id or origin.key,
        account_id=origin.account_id,
        app_id=origin.app_id,
        secret=origin.secret,
        access_token=origin.access_token,
        verify_token=origin.verify_token,
        webhook=f"{webhooks}/webhooks/{origin.key}/",
        name=origin.name,
        human_agent=origin.human_agent,
        # its webhook is connected here, as the product connects it
        allowed_updates=list(UPDATES) if origin.kind == Origin.Kind.TELEGRAM else None,
    )


def greet(world: SandboxWorld, line: OurLine) -> None:
    """A line's first customers."""
    for _ in range(CUSTOMERS):
        people.add_customer(world, line)
    if line.kind == "whatsapp":
        people.add_customer(world, line, {"phone": "", "username": "lucia.sin.numero", "name": "Lucía sin número"})
