"""Apps at Meta: whose secret is whose, what a token is good for, and which address is told what."""

import hmac
from typing import Any

from sandbox import callback
from sandbox.errors import GraphError
from sandbox.graph_request import read_fields, read_token
from sandbox.records import OurLine
from sandbox.web import HttpAnswer, HttpRequest, answer_json
from sandbox.world import SandboxWorld

OBJECTS = {"whatsapp": "whatsapp_business_account", "messenger": "page", "instagram": "instagram"}
PAGE_FIELDS = (
    "messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_reactions",
    "message_edits", "messaging_referrals", "messaging_optins", "messaging_policy_enforcement", "messaging_handovers",
    "standby", "feed",
)  # fmt: skip
# what may be subscribed to, by object
FIELDS = {
    "whatsapp_business_account": (
        "messages", "message_template_status_update", "template_category_update", "message_template_quality_update",
        "message_template_components_update", "account_update", "account_alerts", "account_review_update",
        "phone_number_quality_update", "phone_number_name_update", "business_capability_update", "security",
        "user_preferences", "smb_message_echoes", "smb_app_state_sync", "history", "flows", "calls",
    ),
    "page": PAGE_FIELDS,
    "instagram": (
        "messages", "messaging_postbacks", "messaging_seen", "message_reactions", "messaging_referral",
        "messaging_optins", "messaging_policy_enforcement", "messaging_handover", "standby", "comments", "mentions",
    ),
}  # fmt: skip
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging", "public_profile"]


def lines_of_app(world: SandboxWorld, app_id: str) -> list[OurLine]:
    return [line for line in world.lines.values() if app_id and line.app_id == app_id]


def check_app_token(world: SandboxWorld, token: str) -> str:
    """The app that a token `id|secret` is of. Raises GraphError."""
    app_id, _, secret = token.partition("|")
    known = lines_of_app(world, app_id)
    if not known or not any(hmac.compare_digest(line.secret.encode(), secret.encode()) for line in known):
        raise GraphError(190)
    return app_id


async def answer_call(world: SandboxWorld, request: HttpRequest, named: str, rest: list[str]) -> HttpAnswer:
    """A call about an app. Raises GraphError."""
    token = read_token(request)
    if not token:
        raise GraphError(190)
    if "|" not in token:
        raise GraphError(15, "This method must be called with an app access_token.")
    if check_app_token(world, token) != named:
        raise GraphError(100, f"Object with ID '{named}' does not exist, or cannot be loaded", subcode=33)
    kept = world.subscriptions.setdefault(named, {})
    match request.method, rest:
        case "GET", []:
            return answer_json({"id": named, "name": "Sandbox", "link": "https://example.com/"})
        case "GET", ["subscriptions"]:
            return answer_json({"data": list(kept.values())})
        case "POST", ["subscriptions"]:
            kept |= await _subscribe(world, named, read_fields(request)[0])
            return answer_json({"success": True})
        case "DELETE", ["subscriptions"]:
            kept.pop(str(read_fields(request)[0].get("object")), None)
            return answer_json({"success": True})
    raise GraphError(100, "Unsupported request", subcode=33)


async def _subscribe(world: SandboxWorld, app_id: str, data: dict[str, Any]) -> dict[str, Any]:
    for name in ("object", "callback_url", "verify_token", "fields"):
        if not data.get(name):
            raise GraphError(100, f"The parameter {name} is required.")
    about, address = str(data["object"]), str(data["callback_url"])
    if about not in FIELDS:
        raise GraphError(100, f"Param object must be one of {{{', '.join(FIELDS).upper()}}}")
    given = data["fields"] if isinstance(data["fields"], list) else str(data["fields"]).split(",")
    check_fields(given, FIELDS[about], "fields")
    if not callback.may_be_called(address):
        raise GraphError(100, "Invalid parameter: callback_url must be an https address")
    is_good, why = await callback.verify_address(address, str(data["verify_token"]))
    if not is_good:
        raise GraphError(2200, f"Callback verification failed with the following errors: {why}")
    for line in lines_of_app(world, app_id):
        if OBJECTS[line.kind] == about:
            line.webhook, line.verify_token, line.is_verified = address, str(data["verify_token"]), True
    fields = [{"name": name, "version": "v25.0"} for name in given]
    return {about: {"object": about, "callback_url": address, "active": True, "fields": fields}}


def check_fields(given: list[Any], known: tuple[str, ...], param: str) -> None:
    for place, name in enumerate(given):
        if name not in known:
            raise GraphError(100, f"Param {param}[{place}] must be one of {{{', '.join(known)}}} - got {name!r}.")


# --- which app a page or an account tells -------------------------------------------------------


def answer_subscribed(line: OurLine, request: HttpRequest, known: tuple[str, ...] | None) -> HttpAnswer:
    """`/subscribed_apps` of an account (`known` None), or of a page, which names its fields. Raises GraphError.

    A line whose app nobody named is subscribed to from the start.
    """
    everything = list(known or ("messages",))
    if request.method == "POST":
        given = everything
        if known is not None:
            asked = read_fields(request)[0].get("subscribed_fields")
            if not asked:
                raise GraphError(100, "The parameter subscribed_fields is required")
            given = asked if isinstance(asked, list) else str(asked).split(",")
            check_fields(given, known, "subscribed_fields")
        line.subscribed = given
        return answer_json({"success": True})
    if request.method == "DELETE":
        line.subscribed = []
        return answer_json({"success": True})
    fields = line.subscribed if line.subscribed is not None or line.app_id else everything
    if not fields:
        return answer_json({"data": []})
    app = {"id": line.app_id or "900001", "name": "Sandbox", "link": "https://example.com/"}
    if known is None:
        return answer_json({"data": [{"whatsapp_business_api_data": app}]})
    return answer_json({"data": [{**app, "subscribed_fields": fields}]})


def describe_token(world: SandboxWorld, request: HttpRequest) -> HttpAnswer:
    """`/debug_token`: what a token is good for, as only its app may ask. Raises GraphError."""
    app_id, asked = check_app_token(world, read_token(request)), request.query.get("input_token", "")
    if not asked:
        raise GraphError(100, "The parameter input_token is required")
    if not any(line.access_token == asked for line in lines_of_app(world, app_id)):
        error = {"code": 190, "message": "The access token could not be decrypted"}
        return answer_json({"data": {"error": error, "is_valid": False, "scopes": []}})
    said = {"app_id": app_id, "type": "SYSTEM_USER", "application": "Sandbox", "expires_at": 0, "is_valid": True}
    return answer_json({"data": {**said, "scopes": SCOPES}})
