"""`manage.py demo_sandbox`: the sandbox, where the demo's customers are known and have written what they wrote."""

import asyncio
from typing import Any

from django.db import DatabaseError, connection

from chats.models import Chat
from demo.management.commands import sandbox
from sandbox import people
from sandbox.records import OurLine
from sandbox.world import SandboxWorld

# the sandbox's names for the kinds of our addresses
IDS = {"wa_id": "phone", "bsuid": "bsuid", "telegram": "chat_id", "psid": "psid", "igsid": "igsid"}


class Command(sandbox.Command):
    help = "Plays the networks with the demo's customers in them: an agent's answer reaches whoever wrote."

    async def look(self, world: SandboxWorld, port: int, webhooks: str, told: dict[str, str]) -> None:
        await super().look(world, port, webhooks, told)
        for line in list(world.lines.values()):
            if line.key not in told.setdefault("guests", ""):
                try:
                    guests = await asyncio.to_thread(guests_of, line)
                except DatabaseError:
                    continue
                told["guests"] += f" {line.key}"
                for given, wrote in guests:
                    seat(world, line, given, wrote)


def guests_of(line: OurLine) -> list[tuple[dict[str, Any], float]]:
    """Who has a chat on a line of ours: name and ids as the sandbox takes them, and when they last wrote (seconds)."""
    chats = Chat.objects.filter(origin__kind=line.kind, origin__line_id=line.line_id).select_related("contact")
    try:
        return [_guest(chat) for chat in chats.prefetch_related("contact__addresses")]
    finally:
        connection.close()


def _guest(chat: Chat) -> tuple[dict[str, Any], float]:
    contact = chat.contact
    ids = {IDS[one.kind]: one.value for one in contact.addresses.all() if one.kind in IDS}
    shown = contact.shown_address
    username = {"username": shown[1:]} if shown.startswith("@") else {}
    wrote = chat.last_customer_at.timestamp() if chat.last_customer_at else 0.0
    return {"phone": "", "name": contact.name or shown, **ids, **username}, wrote


def seat(world: SandboxWorld, line: OurLine, given: dict[str, Any], wrote: float) -> None:
    try:
        guest = people.add_customer(world, line, given)
    except ValueError:
        return  # there already
    guest.last_wrote = wrote
