"""The bodies of webhooks, from what each holds to the bytes: an event is (as a dict) one item of such a body."""

import json
from typing import Any

from sandbox.records import OurLine


def build_body(line: OurLine, items: list[dict[str, Any]], now: float) -> bytes:
    """The bytes of one body. What holds a `raw` (bytes or JSON) is posted as it is."""
    if len(items) == 1 and "raw" in items[0]:
        raw = items[0]["raw"]
        return raw if isinstance(raw, bytes) else write_meta_json(raw)
    if line.kind == "telegram":
        return json.dumps(items[0], ensure_ascii=False).encode()
    if line.kind == "whatsapp":
        return write_meta_json(_build_whatsapp_body(line, items, int(now)))
    entry = {"id": line.line_id, "time": int(now * 1000), "messaging": items}
    return write_meta_json({"object": "page" if line.kind == "messenger" else "instagram", "entry": [entry]})


def write_meta_json(data: Any) -> bytes:
    """As Meta writes it, and signs it: escaped Unicode, escaped slashes."""
    return json.dumps(data, separators=(",", ":")).replace("/", "\\/").encode()


def _build_whatsapp_body(line: OurLine, items: list[dict[str, Any]], now: int) -> dict[str, Any]:
    """Items are {message, contact}, {status}, {field, value}, {errors}. Neighbours of a kind share a value."""
    changes: list[dict[str, Any]] = []
    kind = ""
    seen: set[str] = set()
    for item in items:
        if "field" in item:
            changes.append({"value": item["value"], "field": item["field"]})
            kind = ""
            continue
        this = "messages" if "message" in item else "statuses"
        if this != kind or (this == "messages" and ("contact" in item) != ("contacts" in changes[-1]["value"])):
            changes.append({"value": _build_value(line), "field": "messages"})
            kind, seen = this, set()
        value = changes[-1]["value"]
        if "contact" in item and item["contact"]["user_id"] not in seen:
            seen.add(item["contact"]["user_id"])
            value.setdefault("contacts", []).append(item["contact"])
        value.setdefault(this, []).append(item["message"] if this == "messages" else item["status"])
        if "errors" in item:
            value.setdefault("errors", []).extend(item["errors"])
    entry: dict[str, Any] = {"id": line.account_id, "changes": changes}
    if any("field" in item for item in items):
        entry["time"] = now
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _build_value(line: OurLine) -> dict[str, Any]:
    metadata = {"display_phone_number": line.phone, "phone_number_id": line.line_id}
    return {"messaging_product": "whatsapp", "metadata": metadata}


def read_item_id(item: dict[str, Any]) -> str:
    """What names an item in the log of what was posted."""
    if "message" in item and isinstance(item["message"], dict):
        found = item["message"]
        return str(found.get("id") or found.get("mid") or item.get("update_id") or "")
    if "status" in item:
        return f"{item['status']['status']}:{item['status']['id']}"
    return str(item.get("update_id") or item.get("field") or next(iter(item), ""))
