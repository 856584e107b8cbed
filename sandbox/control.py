"""The control API below `/sandbox/`, for tests, benches and people, and its page."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sandbox import business, callback, people, reports, runs, telegram, templates, whatsapp, words
from sandbox.posting import WebhookEvent
from sandbox.records import Customer, OurLine
from sandbox.web import HttpAnswer, HttpRequest, answer_json
from sandbox.world import KINDS, SandboxWorld

STATIC = Path(__file__).parent / "static"
# files of customers may be HTML: no script in them runs on this address
SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
FILES = {path.name: TYPES[path.suffix] for path in STATIC.iterdir() if path.suffix in TYPES}


class RequestRefused(Exception):
    """What was asked for makes no sense, or is not there."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


def answer_request(world: SandboxWorld, request: HttpRequest, path: list[str]) -> HttpAnswer | Awaitable[HttpAnswer]:
    if _from_a_page_elsewhere(request):
        return answer_json({"error": "only from this page, or from a program"}, 403)
    try:
        if not path:
            page = (STATIC / "page.html").read_text(encoding="utf-8")
            return HttpAnswer(200, words.fill_page(page).encode(), "text/html; charset=utf-8")
        if path[0] == "static" and path[-1] in FILES:
            return HttpAnswer(200, (STATIC / path[-1]).read_bytes(), FILES[path[-1]])
        if path[0] != "sandbox":
            return answer_json({"error": "not found"}, 404)
        return _route_request(world, request, path[1:])
    except RequestRefused as error:
        return answer_json({"error": str(error)}, error.status)
    except (ValueError, TypeError, KeyError) as error:
        return answer_json({"error": str(error)}, 400)


def _from_a_page_elsewhere(request: HttpRequest) -> bool:
    """A page of another site must not work it, nor one that gave its own name this machine's address."""
    host = request.headers.get("host", "").rpartition(":")[0]
    origin = request.headers.get("origin")
    return host not in ("127.0.0.1", "localhost") or (
        origin is not None and origin != f"http://{request.headers['host']}"
    )


def _route_request(world: SandboxWorld, request: HttpRequest, path: list[str]) -> HttpAnswer | Awaitable[HttpAnswer]:
    what = (request.method, *path)
    match what:
        case ("GET", "state"):
            return answer_json(reports.describe_state(world))
        case ("POST", "lines"):
            return _add_line(world, request.read_object())
        case ("GET", "lines"):
            return answer_json({"lines": [line.as_dict() for line in world.lines.values()]})
        case ("POST", "lines", key, "raw"):
            return _post_raw_body(world, key, request)
        case ("POST", "lines", key, "account"):
            return _change_account(world, _find_line(world, key), request.read_object())
        case ("GET", "faults"):
            return answer_json(world.faults.as_dict())
        case ("POST", "faults"):
            return _change_faults(world, request.read_object())
        case ("POST", "jump"):
            return _jump_clock(world, request.read_object())
        case ("POST", "reset"):
            world.run["stopped"] = True
            world.forget_everything(int(request.read_object().get("seed", world.seed)))
            return answer_json(world.faults.as_dict())
        case ("GET", "report"):
            return answer_json(reports.build_report(world, with_customers=request.query.get("customers") != "0"))
        case ("GET", "deliveries"):
            return answer_json({"deliveries": list(world.post.log)})
        case ("POST", "templates"):
            return _change_template(world, request.read_object())
        case ("POST", "run"):
            return answer_json(runs.start_run(world, request.read_object()))
        case ("GET", "run"):
            return answer_json(runs.read_progress(world))
        case ("DELETE", "run"):
            return answer_json(runs.stop_run(world))
        case ("POST", "customers"):
            return _add_customers(world, request.read_object())
        case ("GET", "customers"):
            return answer_json({"customers": [customer.as_dict() for customer in world.customers.values()]})
        case (_, "customers", number, *rest):
            return _route_customer(world, request, _find_customer(world, number), rest)
        case ("GET", "files", media_id):
            media = world.media.get(media_id)
            return HttpAnswer(200, media.data, media.mime, SAFE) if media else answer_json({"error": "not found"}, 404)
    raise RequestRefused("not found", 404)


def _find_customer(world: SandboxWorld, number: str) -> Customer:
    if number not in world.customers:
        raise RequestRefused(f"there is no customer {number!r}", 404)
    return world.customers[number]


def _find_line(world: SandboxWorld, named: Any) -> OurLine:
    line = world.find_line(str(named or next(iter(world.lines), "")))
    if line is None:
        raise RequestRefused(f"there is no line {named!r}", 404)
    return line


async def _add_line(world: SandboxWorld, data: dict[str, Any]) -> HttpAnswer:
    known = ("kind", "line_id", "account_id", "app_id", "secret", "access_token", "verify_token", "webhook", "name")
    if data.get("kind") not in KINDS or not data.get("line_id"):
        return answer_json({"error": f"kind is one of {', '.join(KINDS)}, and line_id is needed"}, 400)
    try:
        given: dict[str, Any] = {name: str(data.get(name) or "") for name in known}
        line = world.add_line(OurLine(**given, human_agent=bool(data.get("human_agent", True))))
    except ValueError as error:
        return answer_json({"error": str(error)}, 400)
    line.is_verified, why = (True, "") if line.kind == "telegram" else await verify_webhook(line)
    return answer_json({**line.as_dict(), "verified": line.is_verified, "reason": why})


async def verify_webhook(line: OurLine) -> tuple[bool, str]:
    """Asks the webhook as Meta does when it is entered. Whether it answered right, and else what it said."""
    return await callback.verify_address(line.webhook, line.verify_token)


def _change_account(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    """Telegram Business: the owner of an account connects the line's bot, or takes it out."""
    if line.kind != "telegram":
        raise RequestRefused(f"{line.key} has no accounts beside it")
    if item := telegram.build_account_change(world, line, str(data.get("account") or "connected")):
        world.post.put_event(WebhookEvent(line, item, ""))
    return answer_json({"account": line.account, "connection": business.name_connection(line)})


async def _post_raw_body(world: SandboxWorld, key: str, request: HttpRequest) -> HttpAnswer:
    """Posts the bytes of this request to the line's webhook, signed, once."""
    line = _find_line(world, key)
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    world.post.put_event(WebhookEvent(line, {"raw": request.body}, "", _resolve_with(told)))
    return await _answer_once_posted(told, {})


def _resolve_with(told: "asyncio.Future[int]") -> Callable[[int], None]:
    def tell(status: int) -> None:
        if not told.done():
            told.set_result(status)

    return tell


async def _answer_once_posted(told: "asyncio.Future[int]", more: dict[str, Any]) -> HttpAnswer:
    try:
        status = await asyncio.wait_for(told, 30)
    except TimeoutError:
        status = 0
    return answer_json({**more, "status": status})


def _change_faults(world: SandboxWorld, data: dict[str, Any]) -> HttpAnswer:
    seed = data.pop("seed", None)
    world.faults.change_values(data)
    if seed is not None:
        world.change_seed(int(seed))
    return answer_json(world.faults.as_dict())


def _jump_clock(world: SandboxWorld, data: dict[str, Any]) -> HttpAnswer:
    hours = float(data.get("hours", 24))
    if not 0 <= hours <= 24 * 366:
        raise RequestRefused("hours is between 0 and a year")
    world.jumped += hours * 3600
    return answer_json({"clock": world.read_clock()})


def _change_template(world: SandboxWorld, data: dict[str, Any]) -> HttpAnswer:
    """Changes a template's status, and says so by webhook. `line`, `name`, `language`, `status`, `reason`."""
    line = _find_line(world, data.get("line") or "whatsapp")
    wanted = (data["name"], data["language"])
    found = [t for t in templates.templates_of_account(world, line.account_id) if (t["name"], t["language"]) == wanted]
    if not found:
        raise RequestRefused(f"there is no template {wanted}", 404)
    found[0]["status"] = str(data["status"])
    value = {
        "event": found[0]["status"],
        "message_template_id": int(found[0]["id"]),
        "message_template_name": found[0]["name"],
        "message_template_language": found[0]["language"],
        "reason": str(data.get("reason") or "NONE"),
    }
    world.post.put_event(WebhookEvent(line, {"field": "message_template_status_update", "value": value}))
    return answer_json(found[0])


def _add_customers(world: SandboxWorld, data: dict[str, Any]) -> HttpAnswer:
    line, count = _find_line(world, data.get("line")), int(data.get("count", 1))
    if not 1 <= count <= 10_000:
        raise RequestRefused("count is between 1 and 10000")
    given = {name: value for name, value in data.items() if name not in ("line", "count")}
    made = [people.add_customer(world, line, given if count == 1 else {}) for _ in range(count)]
    return answer_json({"customers": [customer.as_dict() for customer in made]})


def _route_customer(
    world: SandboxWorld, request: HttpRequest, customer: Customer, rest: list[str]
) -> HttpAnswer | Awaitable[HttpAnswer]:
    match (request.method, *rest):
        case ("GET",):
            return answer_json(reports.describe_customer(world, customer))
        case ("POST", "write"):
            return _write_message(world, customer, request.read_object())
        case ("POST", "read"):
            return answer_json({"read": people.read_messages(world, customer)})
        case ("POST", "block"):
            customer.blocked = bool(request.read_object().get("blocked", True))
            item = telegram.build_membership_change(world, customer) if customer.line.kind == "telegram" else None
            if item:
                world.post.put_event(WebhookEvent(customer.line, item, customer.id))
            return answer_json(customer.as_dict())
        case ("POST", "stop"):
            customer.stopped = bool(request.read_object().get("stopped", True))
            if customer.line.kind == "whatsapp":
                item = whatsapp.build_preference(world, customer)
                world.post.put_event(WebhookEvent(customer.line, item, customer.id))
            return answer_json(customer.as_dict())
    raise RequestRefused("not found", 404)


def _write_message(world: SandboxWorld, customer: Customer, data: dict[str, Any]) -> HttpAnswer | Awaitable[HttpAnswer]:
    """Writes a message; `wait` (the default) answers once the webhook has answered with 200, after 30 s at most."""
    if not data.get("wait", True):
        return answer_json(people.write_message(world, customer, data).as_dict())
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    entry = people.write_message(world, customer, data, _resolve_with(told))
    return _answer_once_posted(told, {"id": entry.id, "at": entry.at})
