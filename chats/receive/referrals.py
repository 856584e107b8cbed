"""By what link or ad a customer came: kept at the contact, and said with the message that follows."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from django.db import transaction

from chats import locks
from chats.bots import validation
from chats.errors import Rejected
from chats.messages import senders
from chats.models import Chat, ParkedFact
from origins.facts import CameFrom, Known
from origins.models import Origin

FACT = "referral"
# attributes of the contact, by the names of a referral
ATTRIBUTES = {
    "ref": "ref", "source_type": "ref_source", "source_id": "ad_id", "headline": "ad_title", "ctwa_clid": "ctwa_clid",
}  # fmt: skip


def refs_of(known: Iterable[Known]) -> list[str]:
    """The names under which an arrival waits for a message of a person of these ids."""
    return [f"from:{kind}:{value}"[:200] for kind, value in known]


@transaction.atomic
def note_arrival(origin: Origin, fact: CameFrom) -> None:
    """Keep it at the contact, where there is one, and for the next message. Never makes a chat arrive."""
    known = senders.ids_of(fact)
    contact = next(iter(senders.find_owners(origin, known).values()), None)
    chat = locks.locked_chats().filter(contact=contact).first() if contact else None
    if chat:
        add_attributes(chat, fact.referral)
        chat.save(update_fields=("attributes",))
    ref = refs_of(known)[0]
    # the latest one counts, told once or twice
    ParkedFact.objects.filter(origin=origin, ref=ref, fact=FACT).delete()
    ParkedFact.objects.create(origin=origin, ref=ref, fact=FACT, data=fact.referral)


def take_parked(origin: Origin, refs: Sequence[str]) -> dict[str, str]:
    """The latest of what waits under these names, which is used up."""
    waiting = ParkedFact.objects.filter(origin=origin, ref__in=refs, fact=FACT)
    told: dict[str, str] | None = waiting.order_by("-id").values_list("data", flat=True).first()
    waiting.delete()
    return told or {}


def attributes_of(referral: dict[str, str]) -> dict[str, str]:
    """What of it stands with the contact's attributes."""
    is_ad = str(referral.get("source_type") or "").upper() in ("AD", "ADS")
    told = {name: referral.get(said) for said, name in ATTRIBUTES.items() if said != "source_id" or is_ad}
    return {name: value[: validation.MAX_VALUE_CHARS] for name, value in told.items() if value}


def add_attributes(chat: Chat, referral: dict[str, str]) -> None:
    """In memory, the latest over those before; where no more fit, they stay as they are."""
    with suppress(Rejected):
        chat.attributes = validation.merge_attributes(chat, attributes_of(referral))
