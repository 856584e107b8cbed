"""Messenger and Instagram: the events of their webhooks."""

from typing import Any

from sandbox import samples
from sandbox.records import Customer, ThreadEntry
from sandbox.world import SandboxWorld

APP = 900001
TYPES = {"voice": "audio", "document": "file", "sticker": "image"}


def new_id(world: SandboxWorld, customer: Customer | None) -> str:
    return world.new_id("m_" if not customer or customer.line.kind == "messenger" else "aWdf", "page")


def person_id(customer: Customer) -> str:
    return customer.ids["psid" if customer.line.kind == "messenger" else "igsid"]


def _build_event(customer: Customer, at: float, **what: Any) -> dict[str, Any]:
    ends = {"sender": {"id": person_id(customer)}, "recipient": {"id": customer.line.line_id}}
    return {**ends, "timestamp": int(at * 1000), **what}


def build_incoming(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> dict[str, Any]:
    """What the webhook holds of a customer's message. Raises ValueError."""
    is_page = customer.line.kind == "messenger"
    said = entry.payload
    message: dict[str, Any] = {"mid": entry.id}
    if entry.kind == "reaction":
        emoji = str(said.get("emoji") or "")
        reaction = {"reaction": "other", "emoji": emoji, "action": "react", "mid": entry.target}
        if not emoji:
            reaction = {"action": "unreact", "mid": entry.target}
        return _build_event(customer, entry.at, reaction=reaction)
    if entry.kind == "edit":
        return _build_event(customer, entry.at, message_edit={"mid": entry.target, "text": entry.text, "num_edit": 1})
    if entry.kind == "withdrawal":
        if is_page:
            raise ValueError("Messenger tells nothing of a withdrawal")
        return _build_event(customer, entry.at, message={"mid": entry.target, "is_deleted": True})
    if entry.kind == "choice":
        choice = said["choice"]
        if choice["kind"] == "postback":
            postback = {"title": choice["title"], "payload": choice["payload"], "mid": entry.id}
            return _build_event(customer, entry.at, postback=postback)
        message |= {"text": choice["title"], "quick_reply": {"payload": choice["payload"]}}
    elif entry.kind in ("order", "moved", "contact"):
        raise ValueError(f"nothing like {entry.kind!r} is written here")
    else:
        _add_content(world, customer, entry, message)
    if entry.reply_to:
        message["reply_to"] = {"mid": entry.reply_to}
    if said.get("referral"):
        ad = samples.describe_referral(said["referral"])
        message["referral"] = {"ref": "", "source": "ADS", "type": "OPEN_THREAD", "ad_id": ad["source_id"]}
    return _build_event(customer, entry.at, message=message)


def _add_content(world: SandboxWorld, customer: Customer, entry: ThreadEntry, message: dict[str, Any]) -> None:
    if entry.kind == "unsupported":
        message["is_unsupported"] = True
    elif entry.kind == "location":
        place = samples.describe_place(entry.payload)
        payload: dict[str, Any] = {"coordinates": {"lat": place["latitude"], "long": place["longitude"]}}
        message["attachments"] = [{"type": "location", "title": place.get("name", ""), "payload": payload}]
    elif entry.media:
        media = world.media[entry.media]
        payload = {"url": f"{world.base}/cdn/{media.id}/{media.name}"}
        message["attachments"] = [{"type": TYPES.get(entry.kind, entry.kind), "payload": payload}]
        if entry.text:
            message["text"] = entry.text
    else:
        message["text"] = entry.text


def build_receipts(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> list[dict[str, Any]]:
    """The echo with our id, then what became of it; Instagram says only what was read."""
    if entry.kind == "reaction":
        return []
    now = world.now()
    echo: dict[str, Any] = {"mid": entry.id, "is_echo": True, "app_id": APP}
    if entry.ours:
        echo["metadata"] = entry.ours
    if entry.text:
        echo["text"] = entry.text
    if entry.media:
        url = f"{world.base}/cdn/{entry.media}/file"
        echo["attachments"] = [{"type": TYPES.get(entry.kind, entry.kind), "payload": {"url": url}}]
    ends = {"sender": {"id": customer.line.line_id}, "recipient": {"id": person_id(customer)}}
    items: list[dict[str, Any]] = [{**ends, "timestamp": int(now * 1000), "message": echo}]
    entry.status = "sent"
    if customer.line.kind == "messenger" and not world.draw_fault("no_delivered"):
        entry.status = "delivered"
        delivery = {"mids": [entry.id], "watermark": int(entry.at * 1000)}
        items.append(_build_event(customer, now, delivery=delivery))
    if world.faults.read_at_once:
        items += build_read_receipts(world, customer, [entry])
        entry.status = "read"
    return items


def build_read_receipts(world: SandboxWorld, customer: Customer, unread: list[ThreadEntry]) -> list[dict[str, Any]]:
    if not unread:
        return []
    if customer.line.kind == "messenger":
        # a watermark says it of all that came before
        mark = max(entry.at for entry in unread)
        return [_build_event(customer, world.now(), read={"watermark": int(mark * 1000)})]
    return [_build_event(customer, world.now(), read={"mid": entry.id}) for entry in unread]
