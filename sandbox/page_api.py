"""Messenger's and Instagram's Send API, and what else is asked of a page."""

import json
from collections.abc import Awaitable
from typing import Any

from sandbox import sending
from sandbox.errors import GraphError
from sandbox.pages import APP, new_id, person_id
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.web import FilePart, HttpAnswer, HttpRequest, answer_json
from sandbox.world import SandboxWorld

FIELDS = [
    "messages",
    "messaging_postbacks",
    "messaging_seen",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
    "message_edits",
]
ATTACHED = ("image", "audio", "video", "file")


def answer_call(
    world: SandboxWorld, line: OurLine, request: HttpRequest, asked: str, rest: list[str]
) -> HttpAnswer | Awaitable[HttpAnswer]:
    """A call about a page or account of ours. Raises GraphError."""
    if request.method == "GET" and not rest:
        name = line.name or "WittyAgent"
        # through its page an Instagram account answers as that page
        number = line.account_id if line.kind == "instagram" and line.account_id == asked else line.line_id
        return answer_json({"id": number, "name": name, "username": "wittyagent", "user_id": line.line_id})
    if rest == ["subscribed_apps"]:
        app = {"id": str(APP), "name": "Sandbox", "subscribed_fields": FIELDS}
        return answer_json({"success": True} if request.method == "POST" else {"data": [app]})
    if request.method != "POST" or rest not in (["messages"], ["message_attachments"]):
        raise GraphError(100, "Unsupported request", subcode=33)
    data, part = _read_fields(request)
    if rest == ["message_attachments"]:
        return answer_json({"attachment_id": _keep_file(world, data.get("message") or {}, part)})
    if "sender_action" in data:
        return _do_action(world, line, data)
    refuse = {
        "error_500": GraphError(2, status=500).as_answer,
        "error_429": GraphError(613, status=429).as_answer,
    }
    return sending.answer_send(world, lambda: _accept_message(world, line, data, part), refuse)


def _read_fields(request: HttpRequest) -> tuple[dict[str, Any], FilePart | None]:
    if request.headers.get("content-type", "").startswith("application/json"):
        return request.read_object(), None
    fields, files = request.read_form()
    data: dict[str, Any] = {}
    for name, value in fields.items():
        data[name] = json.loads(value) if value[:1] in "{[" else value
    return data, files.get("filedata")


def _do_action(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer = _find_customer(world, line, data)
    action = data["sender_action"]
    if action in ("react", "unreact"):
        reaction = data.get("payload") or {}
        entry = ThreadEntry(
            new_id(world, customer), "line", "reaction", world.now(), target=reaction.get("message_id", "")
        )
        entry.payload = {"emoji": reaction.get("reaction", "") if action == "react" else ""}
        sending.reach_customer(world, customer, entry)
    world.counts["typing"] += action == "typing_on"
    world.counts["marked_read"] += action == "mark_seen"
    return answer_json({"recipient_id": person_id(customer)})


def _find_customer(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> Customer:
    who = str((data.get("recipient") or {}).get("id") or "")
    if not who:
        raise GraphError(100, "The parameter recipient is required")
    customer = world.find_customer(line, "psid" if line.kind == "messenger" else "igsid", who)
    if customer is None:
        subcode = 2018001 if line.kind == "messenger" else 2534014
        raise GraphError(100, "No matching user found", subcode=subcode)
    return customer


def _accept_message(
    world: SandboxWorld, line: OurLine, data: dict[str, Any], part: FilePart | None
) -> sending.Accepted:
    message = data.get("message")
    if not isinstance(message, dict):
        raise GraphError(100, "The parameter message is required")
    customer = _find_customer(world, line, data)
    _check_text(line, message)
    _check_window(world, line, customer, data)
    if customer.blocked:
        raise GraphError(551, subcode=1545041 if line.kind == "instagram" else 0)
    entry = ThreadEntry(new_id(world, customer), "line", "text", world.now(), ours=str(message.get("metadata") or ""))
    entry.text = str(message.get("text") or "")
    reply = data.get("reply_to") or message.get("reply_to") or {}
    entry.reply_to = str(reply.get("mid") or "")
    if "attachment" in message:
        _attach_part(world, entry, message, part)
    elif not entry.text:
        raise GraphError(100, "Message cannot be empty, must provide valid attachment or text", subcode=2018034)
    for quick in message.get("quick_replies") or []:
        if quick.get("content_type", "text") == "text":
            choice = {"kind": "quick_reply", "title": quick["title"], "payload": quick.get("payload", quick["title"])}
            entry.choices.append(choice)
    events = sending.reach_customer(world, customer, entry)
    return answer_json({"recipient_id": person_id(customer), "message_id": entry.id}), events


def _check_text(line: OurLine, message: dict[str, Any]) -> None:
    text, quick = str(message.get("text") or ""), message.get("quick_replies") or []
    if line.kind == "messenger" and len(text) > 2000:
        raise GraphError(100, "Length of param message[text] must be less than or equal to 2000")
    if line.kind == "instagram" and len(text.encode()) > 1000:
        raise GraphError(100, "Length of param message[text] must be less than or equal to 1000 bytes")
    if len(str(message.get("metadata") or "")) > 1000:
        raise GraphError(100, "Length of param message[metadata] must be less than or equal to 1000")
    if len(quick) > 13:
        raise GraphError(100, "Too many elements in quick_replies: at most 13")
    for one in quick:
        if len(str(one.get("title") or "")) > 20 or len(str(one.get("payload") or "")) > 1000:
            raise GraphError(100, "a quick reply's title has at most 20 characters, its payload 1000")


def _check_window(world: SandboxWorld, line: OurLine, customer: Customer, data: dict[str, Any]) -> None:
    kind, tag = data.get("messaging_type", "RESPONSE"), data.get("tag")
    if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"):
        raise GraphError(100, "Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG")
    if tag and tag != "HUMAN_AGENT":
        raise GraphError(100, f"Param tag: {tag} is no longer supported")
    if kind == "MESSAGE_TAG" and not tag:
        raise GraphError(100, "MESSAGE_TAG needs the parameter tag")
    if tag and not line.human_agent:
        raise GraphError(10, "This tag needs the Human Agent feature", subcode=0)
    if not sending.is_window_open(world, customer, 7 if tag else 1) or world.draw_fault("error_131047"):
        raise GraphError(10, "This message is sent outside of allowed window.", subcode=2018278, status=400)


def _attach_part(world: SandboxWorld, entry: ThreadEntry, message: dict[str, Any], part: FilePart | None) -> None:
    attachment = message["attachment"]
    kind, payload = attachment.get("type"), attachment.get("payload") or {}
    if kind == "template":
        entry.text = str(payload.get("text") or "")
        for button in payload.get("buttons") or []:
            if button.get("type") == "postback":
                choice = {"kind": "postback", "title": button["title"], "payload": button["payload"]}
                entry.choices.append(choice)
        return
    entry.kind = "document" if kind == "file" else kind
    entry.media = _keep_file(world, message, part)
    if entry.media.startswith("http"):
        entry.payload, entry.media = {"link": entry.media}, ""


def _keep_file(world: SandboxWorld, message: dict[str, Any], part: FilePart | None) -> str:
    """The id of an attached file, or the link that it is at."""
    attachment = message.get("attachment") or {}
    kind, payload = attachment.get("type"), attachment.get("payload") or {}
    if kind not in ATTACHED:
        raise GraphError(100, f"Param message[attachment][type] must be one of {', '.join(ATTACHED)}")
    if part is not None:
        if len(part.data) > (8 if kind == "image" else 25) * 1024 * 1024:
            raise GraphError(100, "Attachment size exceeds allowable limit", subcode=2018047)
        return world.keep_file(part.data, part.mime, part.name).id
    if str(payload.get("url") or "").startswith("http"):
        return str(payload["url"])
    if str(payload.get("attachment_id")) in world.media:
        return str(payload["attachment_id"])
    raise GraphError(100, "Upload attachment failure.", subcode=2018047)
