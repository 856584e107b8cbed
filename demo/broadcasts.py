"""The invented shop's broadcasts: one that was sent two days ago, and the draft of the next."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from chats.messages.broadcasts import filling, sending, tallying, verbs
from chats.models import Broadcast, Template
from contacts.models import Tag
from origins.models import Origin
from trays.models import Agent

WORDS = {"nombre": "{nombre}", "descuento": "15"}


def send_broadcasts(agents: Mapping[str, Agent], line: Origin, now: datetime) -> None:
    sofia, template = agents["sofia"], Template.objects.get(name="Promoción de línea blanca")
    noon = timezone.localtime(now - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    sent = verbs.create(sofia, "Semana de línea blanca", line, template, WORDS, {"tags": [], "seen": "90"})
    filling.fill(sent.pk, noon)
    sent.refresh_from_db()
    if sent.pending:
        verbs.start(sent.pk, sofia, now=noon)
        while sending.send_next(sent.pk, noon):
            tallying.tally(sent.pk)
    tags = list(Tag.objects.in_use().in_order().values_list("pk", flat=True)[:2])
    wanted = {"tags": tags, "seen": ""}
    draft = verbs.create(sofia, "Cierre de mes", line, template, WORDS | {"descuento": "20"}, wanted)
    filling.fill(draft.pk, now)
    Broadcast.objects.filter(pk=sent.pk).update(created_at=noon - timedelta(hours=1))
