"""The Graph API: WhatsApp's calls here, those of pages in `page_api`."""

import base64
import hmac
from collections.abc import Awaitable
from typing import Any

from sandbox import checks, files, page_api, sending, templates, whatsapp
from sandbox.errors import GraphError
from sandbox.files import read_token
from sandbox.records import OurLine, ThreadEntry
from sandbox.web import HttpAnswer, HttpRequest, answer_json
from sandbox.world import SandboxWorld


def answer_call(world: SandboxWorld, request: HttpRequest, path: list[str]) -> HttpAnswer | Awaitable[HttpAnswer]:
    """`path` without the version."""
    try:
        return _route_call(world, request, path)
    except GraphError as error:
        world.counts[f"refused_{error.code}"] += 1
        return error.as_answer()
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        world.counts["refused_100"] += 1
        return GraphError(100, f"Invalid parameter: {error}").as_answer()


def _check_token(line: OurLine, request: HttpRequest) -> None:
    given = read_token(request)
    if not given or (line.access_token and not hmac.compare_digest(given.encode(), line.access_token.encode())):
        raise GraphError(190)


def _route_call(world: SandboxWorld, request: HttpRequest, path: list[str]) -> HttpAnswer | Awaitable[HttpAnswer]:
    if not path:
        raise GraphError(100, "Unsupported request", subcode=33)
    named, rest = path[0], path[1:]
    if named == "me":
        return _answer_me(world, request, rest)
    if line := _find_line(world, named, read_token(request)):
        _check_token(line, request)
        return _answer_line(world, line, request, named, rest)
    of_account = [line for line in world.lines.values() if line.kind == "whatsapp" and line.account_id == named]
    if of_account:
        line = next((line for line in of_account if line.access_token == read_token(request)), of_account[0])
        _check_token(line, request)
        return _answer_account(world, line, of_account, request, rest)
    if not rest and named in world.media:
        return files.answer_media(world, request, named)
    if not read_token(request):
        raise GraphError(190)
    raise GraphError(100, f"Object with ID '{named}' does not exist, or cannot be loaded", subcode=33)


def _find_line(world: SandboxWorld, named: str, given: str) -> OurLine | None:
    """The line of an id. A page's may stand for its Instagram account as well: the token tells."""
    found = [
        line
        for line in world.lines.values()
        if (line.kind != "telegram" and line.line_id == named)
        or (line.kind == "instagram" and line.account_id == named)
    ]
    return next((line for line in found if line.access_token == given), found[0] if found else None)


def _answer_me(world: SandboxWorld, request: HttpRequest, rest: list[str]) -> HttpAnswer | Awaitable[HttpAnswer]:
    given = read_token(request)
    line = next((line for line in world.lines.values() if line.kind != "telegram" and line.access_token == given), None)
    if line is None or not given:
        raise GraphError(190)
    return _answer_line(world, line, request, line.line_id, rest)


def _answer_line(
    world: SandboxWorld, line: OurLine, request: HttpRequest, named: str, rest: list[str]
) -> HttpAnswer | Awaitable[HttpAnswer]:
    if line.kind != "whatsapp":
        return page_api.answer_call(world, line, request, named, rest)
    if request.method == "POST" and rest == ["messages"]:
        return _answer_messages(world, line, request.read_object())
    if request.method == "POST" and rest == ["media"]:
        return files.upload_file(world, request)
    if request.method == "GET" and not rest:
        return answer_json(_describe_number(line))
    raise GraphError(100, "Unsupported request", subcode=33)


def _describe_number(line: OurLine) -> dict[str, Any]:
    return {
        "id": line.line_id,
        "verified_name": line.name or "WittyAgent",
        "display_phone_number": f"+1 555-{line.phone[4:7]}-{line.phone[7:]}",
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "status": "CONNECTED",
        "throughput": {"level": "STANDARD"},
        "webhook_configuration": {"application": line.webhook},
    }


def _answer_account(
    world: SandboxWorld, line: OurLine, lines: list[OurLine], request: HttpRequest, rest: list[str]
) -> HttpAnswer:
    if not rest:
        name = line.name or "WittyAgent"
        return answer_json({"id": line.account_id, "name": name, "currency": "USD", "timezone_id": "1"})
    if rest == ["phone_numbers"]:
        return answer_json({"data": [_describe_number(found) for found in lines]})
    if rest == ["subscribed_apps"]:
        app = {"whatsapp_business_api_data": {"id": "900001", "name": "Sandbox", "link": "https://example.com/"}}
        return answer_json({"success": True} if request.method == "POST" else {"data": [app]})
    if rest == ["message_templates"] and request.method == "GET":
        return _answer_page(
            templates.templates_of_account(world, line.account_id), request, f"{line.account_id}/message_templates"
        )
    raise GraphError(100, "Unsupported request", subcode=33)


def _answer_page(found: list[dict[str, Any]], request: HttpRequest, path: str) -> HttpAnswer:
    limit = max(1, min(int(request.query.get("limit") or 25), 100))
    start = 0
    if after := request.query.get("after"):
        start = int(base64.urlsafe_b64decode(after.encode()).decode())
    if name := request.query.get("name"):
        found = [template for template in found if name in template["name"]]
    shown = found[start : start + limit]
    if fields := request.query.get("fields"):
        wanted = {"id", *fields.split(",")}
        shown = [{name: value for name, value in one.items() if name in wanted} for one in shown]
    cursors = [base64.urlsafe_b64encode(str(place).encode()).decode() for place in (start, start + limit)]
    paging: dict[str, Any] = {"cursors": {"before": cursors[0], "after": cursors[1]}}
    if start + limit < len(found):
        host = request.headers.get("host", "")
        paging["next"] = f"http://{host}/v25.0/{path}?limit={limit}&after={cursors[1]}"
    return answer_json({"data": shown, "paging": paging} if shown else {"data": []})


# --- messages ---------------------------------------------------------------------------------


def _answer_messages(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer | Awaitable[HttpAnswer]:
    if data.get("status") == "read":
        world.counts["marked_read"] += 1
        world.counts["typing"] += "typing_indicator" in data
        if not str(data.get("message_id", "")).startswith("wamid."):
            raise GraphError(100, "Invalid parameter message_id")
        return answer_json({"success": True})
    refuse = {
        "error_500": GraphError(131000, status=500).as_answer,
        "error_429": GraphError(130429, status=429).as_answer,
        "error_131056": GraphError(131056).as_answer,
    }
    return sending.answer_send(world, lambda: _accept_message(world, line, data), refuse)


def _accept_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> sending.Accepted:
    checks.check_message(world, line, data)
    kind = data.get("type", "text")
    entry = _build_entry(world, line, kind, data)
    customer = whatsapp.find_recipient(world, line, data)
    if customer:
        if world.faults.pair_rate and not sending.take_pair_token(world, customer):
            raise GraphError(131056)
        entry.id = whatsapp.new_id(world, customer)
    error = _find_obstacle(world, customer, kind)
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


def _find_obstacle(world: SandboxWorld, customer: Any, kind: str) -> GraphError | None:
    """Why a message does not reach its customer, None where it does."""
    if customer is None or customer.blocked:
        return GraphError(131026)
    if kind != "template" and (not sending.is_window_open(world, customer) or world.draw_fault("error_131047")):
        return GraphError(131047, "Message failed to send because more than 24 hours have passed")
    return None


def _build_entry(world: SandboxWorld, line: OurLine, kind: str, data: dict[str, Any]) -> ThreadEntry:
    """What the customer sees of a message."""
    content = data[kind]
    entry = ThreadEntry(
        whatsapp.new_id(world, None), "line", kind, world.now(), ours=data.get("biz_opaque_callback_data", "")
    )
    entry.reply_to = str((data.get("context") or {}).get("message_id") or "")
    if kind == "text":
        entry.text = content["body"]
    elif kind == "template":
        entry.text, entry.choices = templates.check_template(world, line.account_id, content)
        entry.payload = {"template": content["name"]}
    elif kind in checks.MEDIA:
        entry.text, entry.media = str(content.get("caption") or ""), str(content.get("id") or "")
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
    return entry


def _read_choices(action: dict[str, Any]) -> list[dict[str, str]]:
    found = [
        {"kind": "button", "title": b["reply"]["title"], "payload": b["reply"]["id"]} for b in action.get("buttons", [])
    ]
    for section in action.get("sections") or []:
        for row in section["rows"]:
            choice = {"kind": "list", "title": row["title"], "payload": row["id"]}
            found.append(choice | ({"description": row["description"]} if row.get("description") else {}))
    return found
