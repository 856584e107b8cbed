"""WhatsApp's call that sends: what is refused at once, what fails later, what the customer sees."""

from collections.abc import Awaitable
from typing import Any

from sandbox import checks, sending, whatsapp
from sandbox.errors import GraphError
from sandbox.links import FetchedFile, fetch_file, is_link
from sandbox.media_rules import find_fault
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.template_checks import check_template, find_category
from sandbox.web import HttpAnswer, answer_json
from sandbox.world import DAY_SECONDS, SandboxWorld

# the files that a message names by address, by that
Fetched = dict[str, FetchedFile]
REACTION_DAYS = 30


def answer_messages(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer | Awaitable[HttpAnswer]:
    """A message, or the mark that one was read. Raises GraphError."""
    if "status" in data:
        if data["status"] != "read":
            raise GraphError(100, f'Param status must be one of {{READ}} - got "{data["status"]}".')
        checks.check_read(world, line, data)
        world.counts["marked_read"] += 1
        world.counts["typing"] += "typing_indicator" in data
        return answer_json({"success": True})
    links = sorted(set(_find_links(data)))
    return _fetch_first(world, line, data, links) if links else _send(world, line, data, {})


def _find_links(content: Any) -> list[str]:
    """The addresses of files, wherever they stand in a message."""
    if isinstance(content, list):
        return [link for one in content for link in _find_links(one)]
    if not isinstance(content, dict):
        return []
    own = [content["link"]] if is_link(content.get("link")) else []
    return own + [link for one in content.values() for link in _find_links(one)]


async def _fetch_first(world: SandboxWorld, line: OurLine, data: dict[str, Any], links: list[str]) -> HttpAnswer:
    answer = _send(world, line, data, {link: await fetch_file(link) for link in links})
    return answer if isinstance(answer, HttpAnswer) else await answer


def _send(
    world: SandboxWorld, line: OurLine, data: dict[str, Any], fetched: Fetched
) -> HttpAnswer | Awaitable[HttpAnswer]:
    refuse = {
        "error_500": GraphError(131000, status=500).as_answer,
        "error_429": GraphError(130429, status=429).as_answer,
        "error_131056": GraphError(131056).as_answer,
    }
    return sending.answer_send(world, lambda: _accept_message(world, line, data, fetched), refuse)


def _accept_message(world: SandboxWorld, line: OurLine, data: dict[str, Any], fetched: Fetched) -> sending.Accepted:
    checks.check_message(world, line, data)
    kind = data.get("type", "text")
    entry = _build_entry(world, line, kind, data, fetched)
    customer = whatsapp.find_recipient(world, line, data)
    if customer:
        if world.faults.pair_rate and not sending.take_pair_token(world, customer):
            raise GraphError(131056)
        entry.id = whatsapp.new_id(world, customer)
    error = _find_obstacle(world, customer, kind, data[kind], fetched)
    if error and error.code == 131047 and world.faults.window == "at_once":
        raise error
    to = str(data.get("to") or "")
    if error:
        events = sending.fail_message(
            world, line, customer, whatsapp.build_failed_status(world, customer, entry, error, to)
        )
    else:
        assert customer is not None  # noqa: S101
        events = sending.reach_customer(world, customer, entry)
    contact: dict[str, Any] = {"input": to or data.get("recipient")}
    if customer:
        contact["user_id"] = customer.ids["bsuid"]
        if customer.ids.get("wa_id"):
            contact["wa_id"] = customer.ids["wa_id"]
    message = {"id": entry.id, **({"message_status": "accepted"} if kind == "template" else {})}
    return answer_json({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}), events


# --- what fails later ---------------------------------------------------------------------------


def _find_obstacle(
    world: SandboxWorld, customer: Customer | None, kind: str, content: Any, fetched: Fetched
) -> GraphError | None:
    """Why a message that was taken does not reach its customer, None where it does."""
    if customer is None or customer.blocked:
        return GraphError(131026)
    if kind != "template" and (not sending.is_window_open(world, customer) or world.draw_fault("error_131047")):
        return GraphError(131047, "Message failed to send because more than 24 hours have passed")
    if kind == "template" and find_category(world, customer.line.account_id, content) == "marketing":
        if customer.stopped:
            return GraphError(131050)
        if world.draw_fault("error_131049"):
            return GraphError(131049)
    if kind == "reaction":
        return _find_reaction_fault(world, customer, content)
    for part, file in _list_files(kind, content):
        if fault := _find_file_fault(world, part, file, fetched):
            return fault
    return None


def _find_reaction_fault(world: SandboxWorld, customer: Customer, content: dict[str, Any]) -> GraphError | None:
    target = customer.entries.get(content["message_id"])
    is_old = target is not None and world.now() - target.at > REACTION_DAYS * DAY_SECONDS
    if target is None or is_old or target.kind == "reaction" or target.payload.get("withdrawn"):
        return GraphError(131009, "The message to react to is not in this conversation, or older than 30 days")
    return None


def _list_files(kind: str, content: Any) -> list[tuple[str, dict[str, Any]]]:
    """The files of a message with their kinds: its own, its header's, its template's."""
    if kind in checks.MEDIA_KEYS:
        return [(kind, content)]
    if kind == "interactive":
        parts = [content.get("header") or {}]
    elif kind == "template":
        parts = [given for part in content.get("components") or [] for given in part.get("parameters") or []]
    else:
        return []
    return [(part["type"], part[part["type"]]) for part in parts if part.get("type") in checks.MEDIA_KEYS]


def _find_file_fault(world: SandboxWorld, kind: str, file: dict[str, Any], fetched: Fetched) -> GraphError | None:
    if link := file.get("link"):
        found = fetched.get(link, FetchedFile())
        if not found.is_there:
            why = f"http code {found.status}" if found.status else "uncategorized error"
            return GraphError(131053, f"Downloading media from weblink failed with {why}")
        return find_fault(kind, found.mime, found.data, by_link=True)
    media = world.media[str(file["id"])]
    if file.get("voice") and media.mime.partition(";")[0] not in ("audio/ogg", "audio/opus"):
        return find_fault(kind, "audio/ogg; codecs=opus", media.data)
    return find_fault(kind, media.mime, media.data)


# --- what the customer sees ---------------------------------------------------------------------


def _build_entry(world: SandboxWorld, line: OurLine, kind: str, data: dict[str, Any], fetched: Fetched) -> ThreadEntry:
    content = data[kind]
    entry = ThreadEntry(
        whatsapp.new_id(world, None), "line", kind, world.now(), ours=data.get("biz_opaque_callback_data", "")
    )
    entry.reply_to = str((data.get("context") or {}).get("message_id") or "")
    if kind == "text":
        entry.text = content["body"]
    elif kind == "template":
        entry.text, entry.choices = check_template(world, line.account_id, content)
        entry.payload = {"template": content["name"], "category": find_category(world, line.account_id, content)}
    elif kind in checks.MEDIA_KEYS:
        entry.text = str(content.get("caption") or "")
        entry.payload = {name: content[name] for name in ("filename", "link", "voice") if name in content}
    elif kind == "reaction":
        entry.target, entry.payload = content["message_id"], {"emoji": content.get("emoji", "")}
    elif kind == "contacts":
        entry.text = ", ".join(contact["name"]["formatted_name"] for contact in content)
        entry.payload = {"contacts": content}
    elif kind == "location":
        entry.text, entry.payload = str(content.get("name") or ""), dict(content)
    else:
        entry.text = content["body"]["text"]
        entry.choices = _read_choices(content.get("action") or {})
    for _kind, file in _list_files(kind, content):
        entry.media = _keep_file(world, file, fetched)
    return entry


def _keep_file(world: SandboxWorld, file: dict[str, Any], fetched: Fetched) -> str:
    """The id under which the file is shown."""
    found = fetched.get(str(file.get("link")))
    return world.keep_file(found.data, found.mime).id if found and found.data else str(file.get("id") or "")


def _read_choices(action: dict[str, Any]) -> list[dict[str, str]]:
    found = [
        {"kind": "button", "title": b["reply"]["title"], "payload": b["reply"]["id"]} for b in action.get("buttons", [])
    ]
    for section in action.get("sections") or []:
        for row in section["rows"]:
            choice = {"kind": "list", "title": row["title"], "payload": row["id"]}
            found.append(choice | ({"description": row["description"]} if row.get("description") else {}))
    if link := (action.get("parameters") or {}).get("url"):
        found.append({"kind": "url", "title": action["parameters"]["display_text"], "payload": link})
    return found
