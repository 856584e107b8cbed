"""The Graph API: WhatsApp's calls here, those of pages in `page_api`."""

import base64
import hmac
from collections.abc import Awaitable
from typing import Any

from sandbox import apps, files, message_api, page_api, templates
from sandbox.errors import GraphError
from sandbox.graph_request import read_fields, read_token
from sandbox.records import OurLine
from sandbox.web import HttpAnswer, HttpRequest, answer_json
from sandbox.world import SandboxWorld

# what a call may raise: a refusal, or what a value of the wrong kind brings about
REFUSALS = (GraphError, ValueError, TypeError, AttributeError, KeyError)


def answer_call(world: SandboxWorld, request: HttpRequest, path: list[str]) -> HttpAnswer | Awaitable[HttpAnswer]:
    """`path` without the version."""
    try:
        found = _route_call(world, request, path)
    except REFUSALS as error:
        return _refuse(world, error)
    return found if isinstance(found, HttpAnswer) else _await_answer(world, found)


async def _await_answer(world: SandboxWorld, found: Awaitable[HttpAnswer]) -> HttpAnswer:
    """One that takes its time, and may still be refused."""
    try:
        return await found
    except REFUSALS as error:
        return _refuse(world, error)


def _refuse(world: SandboxWorld, error: Exception) -> HttpAnswer:
    refusal = error if isinstance(error, GraphError) else GraphError(100, f"Invalid parameter: {error}")
    world.counts[f"refused_{refusal.code}"] += 1
    return refusal.as_answer()


def _check_token(line: OurLine, request: HttpRequest) -> None:
    given = read_token(request)
    if not given or (line.access_token and not hmac.compare_digest(given.encode(), line.access_token.encode())):
        raise GraphError(190)


def _route_call(world: SandboxWorld, request: HttpRequest, path: list[str]) -> HttpAnswer | Awaitable[HttpAnswer]:
    if not path:
        raise GraphError(100, "Unsupported request", subcode=33)
    named, rest = path[0], path[1:]
    if named == "debug_token":
        return apps.describe_token(world, request)
    if apps.lines_of_app(world, named) or "|" in read_token(request):
        return apps.answer_call(world, request, named, rest)
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
        return message_api.answer_messages(world, line, read_fields(request)[0])
    if request.method == "POST" and rest == ["media"]:
        return files.upload_file(world, line, request)
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
        return apps.answer_subscribed(line, request, None)
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
