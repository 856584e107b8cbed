"""Messenger's and Instagram's Send API, and what else is asked of a page."""

from collections.abc import Awaitable
from typing import Any

from sandbox import apps, page_checks, sending
from sandbox.emoji import is_one_emoji
from sandbox.errors import GraphError
from sandbox.graph_request import read_fields
from sandbox.links import FetchedFile, fetch_file, is_link
from sandbox.media_rules import check_attachment
from sandbox.multipart import FilePart
from sandbox.pages import new_id, person_id
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.web import HttpAnswer, HttpRequest, answer_json
from sandbox.world import SandboxWorld

ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")


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
        through_page = line.kind == "messenger" or line.account_id == asked
        return apps.answer_subscribed(line, request, apps.FIELDS["page" if through_page else "instagram"])
    if request.method != "POST" or rest not in (["messages"], ["message_attachments"]):
        raise GraphError(100, "Unsupported request", subcode=33)
    data, files = read_fields(request)
    link = _find_link(data)
    part = files.get("filedata")
    return _fetch_first(world, line, rest[0], data, link) if link else _take(world, line, rest[0], data, part)


def _find_link(data: dict[str, Any]) -> str:
    """The address of an attached file."""
    message = data.get("message")
    attachment = message.get("attachment") if isinstance(message, dict) else None
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    link = payload.get("url") if isinstance(payload, dict) else None
    return link if isinstance(link, str) and is_link(link) else ""


async def _fetch_first(world: SandboxWorld, line: OurLine, call: str, data: dict[str, Any], link: str) -> HttpAnswer:
    answer = _take(world, line, call, data, await fetch_file(link))
    return answer if isinstance(answer, HttpAnswer) else await answer


def _take(
    world: SandboxWorld, line: OurLine, call: str, data: dict[str, Any], file: FilePart | FetchedFile | None
) -> HttpAnswer | Awaitable[HttpAnswer]:
    if call == "message_attachments":
        page_checks.check_message(line, data.get("message"))
        return answer_json({"attachment_id": _keep_file(world, line, data["message"], file)})
    if "sender_action" in data:
        return _do_action(world, line, data)
    refuse = {
        "error_500": GraphError(2, status=500).as_answer,
        "error_429": GraphError(613, status=429).as_answer,
    }
    return sending.answer_send(world, lambda: _accept_message(world, line, data, file), refuse)


def _do_action(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    if data["sender_action"] not in ACTIONS:
        raise GraphError(100, f"Param sender_action must be one of {{{', '.join(ACTIONS).upper()}}}")
    if "message" in data:
        raise GraphError(100, "Only one of message and sender_action can be specified")
    customer = _find_customer(world, line, data)
    if data["sender_action"] in ("react", "unreact"):
        _react(world, line, customer, data)
    world.counts["typing"] += data["sender_action"] == "typing_on"
    world.counts["marked_read"] += data["sender_action"] == "mark_seen"
    return answer_json({"recipient_id": person_id(customer)})


def _react(world: SandboxWorld, line: OurLine, customer: Customer, data: dict[str, Any]) -> None:
    given = data.get("payload") or {}
    target, reaction = str(given.get("message_id") or ""), str(given.get("reaction") or "")
    if target not in customer.entries:
        raise GraphError(100, "Invalid parameter: payload[message_id] is no message of this conversation")
    is_taken_back = data["sender_action"] == "unreact"
    if not is_taken_back and reaction != "love" and (line.kind == "instagram" or not is_one_emoji(reaction)):
        raise GraphError(100, "Param payload[reaction] is not a reaction that this network has")
    entry = ThreadEntry(new_id(world, customer), "line", "reaction", world.now(), target=target)
    entry.payload = {"emoji": "" if is_taken_back else reaction}
    sending.reach_customer(world, customer, entry)


def _find_customer(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> Customer:
    recipient = data.get("recipient")
    who = str(recipient.get("id") or "") if isinstance(recipient, dict) else ""
    if not who:
        raise GraphError(100, "The parameter recipient is required")
    customer = world.find_customer(line, "psid" if line.kind == "messenger" else "igsid", who)
    if customer is None:
        subcode = 2018001 if line.kind == "messenger" else 2534014
        raise GraphError(100, "No matching user found", subcode=subcode)
    return customer


def _accept_message(
    world: SandboxWorld, line: OurLine, data: dict[str, Any], file: FilePart | FetchedFile | None
) -> sending.Accepted:
    message = data.get("message")
    if message is None:
        raise GraphError(100, "The parameter message is required")
    customer = _find_customer(world, line, data)
    page_checks.check_message(line, message)
    page_checks.check_right(world, line, customer, data)
    if customer.blocked:
        raise GraphError(551, subcode=1545041 if line.kind == "instagram" else 0)
    entry = ThreadEntry(new_id(world, customer), "line", "text", world.now(), ours=str(message.get("metadata") or ""))
    entry.text = str(message.get("text") or "")
    entry.reply_to = _find_quoted(customer, data)
    if message.get("attachment"):
        _attach_part(world, line, entry, message, file)
    for quick in message.get("quick_replies") or []:
        if quick["content_type"] == "text":
            entry.choices.append({"kind": "quick_reply", "title": quick["title"], "payload": quick["payload"]})
    events = sending.reach_customer(world, customer, entry)
    return answer_json({"recipient_id": person_id(customer), "message_id": entry.id}), events


def _find_quoted(customer: Customer, data: dict[str, Any]) -> str:
    quoted = data.get("reply_to")
    if not quoted:
        return ""
    mid = quoted.get("mid") if isinstance(quoted, dict) else None
    if mid not in customer.entries:
        raise GraphError(100, "Invalid parameter: reply_to[mid] is no message of this conversation")
    return str(mid)


def _attach_part(
    world: SandboxWorld,
    line: OurLine,
    entry: ThreadEntry,
    message: dict[str, Any],
    file: FilePart | FetchedFile | None,
) -> None:
    attachment = message["attachment"]
    kind, payload = attachment["type"], attachment.get("payload") or {}
    if kind != "template":
        entry.kind = "document" if kind == "file" else kind
        entry.media = _keep_file(world, line, message, file)
        return
    elements = payload.get("elements") or [{}]
    entry.text = str(payload.get("text") or elements[0].get("title") or "")
    for button in [*(payload.get("buttons") or []), *(b for one in elements for b in one.get("buttons") or [])]:
        choice = {"kind": "url", "title": button["title"], "payload": button.get("url", "")}
        if button["type"] == "postback":
            choice |= {"kind": "postback", "payload": button["payload"]}
        entry.choices.append(choice)


def _keep_file(world: SandboxWorld, line: OurLine, message: dict[str, Any], file: FilePart | FetchedFile | None) -> str:
    """The id of an attached file, which is looked into however it came."""
    attachment = message.get("attachment") or {}
    kind, payload = str(attachment.get("type")), attachment.get("payload") or {}
    known = world.media.get(str(payload.get("attachment_id")))
    if isinstance(file, FetchedFile) and not file.is_there:
        raise GraphError(100, "Failed to fetch the file from the url", subcode=2018008)
    found = file or known
    if found is None:
        raise GraphError(100, "Upload attachment failure.", subcode=2018047)
    check_attachment(line.kind, kind, found.data)
    return known.id if found is known else world.keep_file(found.data, found.mime, getattr(found, "name", "")).id
