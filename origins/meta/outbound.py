"""Sending by Messenger and Instagram: one message, one call of the Send API."""

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.parsing import read_if_text, read_text
from origins import graph
from origins.capabilities import Capabilities
from origins.choices import number_choices, payload_of, prompt_above_choices, title_of
from origins.facts import File, Known, Outgoing, Sent
from origins.file_rules import plan_outgoing

if TYPE_CHECKING:
    from origins.models import Origin

# quick replies: their number, characters of a title, characters of a payload
MAX_CHOICES, MAX_TITLE_CHARS, MAX_PAYLOAD_CHARS = 13, 20, 1000
# uploads take longer: Meta processes a file before it answers
UPLOAD_TIMEOUT = httpx.Timeout(90, connect=5, pool=10)
# the suffix of the ids that we give to the second and later parts of a message
_PART = re.compile(r":\d{1,2}$")


@dataclass(frozen=True)
class Dialect:
    """What one of the two takes. `only_loves`: reacts with nothing but a heart."""

    network: str
    address: str
    capabilities: Capabilities
    echoes_metadata: bool = False
    ascii_names: bool = False
    only_loves: bool = False


def send_message(origin: "Origin", out: Outgoing, way: Dialect, path: str, base: str, *, by_link: bool = False) -> Sent:
    """Give one message to Meta. `by_link`: the network fetches files itself, where it can. Raises OriginError."""
    person = out.address(way.address)
    if not person:
        raise OriginError(_("El contacto no tiene una dirección de %(network)s") % {"network": way.network})
    common: dict[str, Any] = {"recipient": {"id": person}} | _choose_messaging_type(origin, out)
    if out.kind == "reaction":
        _send_reaction(origin, out, way, path, base)
        return Sent()
    # a field of the call, not of the message
    if quoted := _meta_id_of(out.reply_to):
        common["reply_to"] = {"mid": quoted}
    message = _build_message(out, way) | _add_quick_replies(out, way)
    what: dict[str, Any] = {"json": common | {"message": message}}
    if out.file and by_link and out.file.url.startswith("https://"):
        message["attachment"]["payload"] = {"url": out.file.url}
    elif out.file:
        return _read_sent(_upload_file(origin, common | {"message": message}, out.file, way, path, base))
    return _read_sent(graph.call_graph(origin, "POST", path, unsure=True, default=base, **what))


def show_typing(origin: "Origin", to: tuple[Known, ...], way: Dialect, path: str, base: str) -> None:
    """The dots of somebody who writes. Raises OriginError."""
    person = next((value for kind, value in to if kind == way.address), "")
    graph.call_graph(
        origin, "POST", path, default=base, json={"recipient": {"id": person}, "sender_action": "typing_on"}
    )


def _read_sent(answer: dict[str, Any]) -> Sent:
    found = answer.get("message_id")
    return Sent(read_if_text(found, 200) if isinstance(found, str) and len(found) <= 200 else "")


def _choose_messaging_type(origin: "Origin", out: Outgoing) -> dict[str, str]:
    """By what right it goes out: an answer, or what a person wrote within seven days."""
    if not out.late:
        return {"messaging_type": "RESPONSE"}
    if origin.human_agent and out.author == "agent":
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    raise OriginError(
        _("Pasaron más de 24 horas desde el último mensaje del cliente. Hay que esperar a que escriba de nuevo."),
        failure=Failure.WINDOW,
    )


def _build_message(out: Outgoing, way: Dialect) -> dict[str, Any]:
    if out.file:
        return {"attachment": {"type": _attachment_type(out, way), "payload": {}}}
    if out.kind == "location":
        return {"text": _check_length(_describe_place(out.payload), way)}
    if out.kind == "contact":
        return {"text": _check_length(_describe_card(out.payload), way)}
    if out.kind not in ("text", "template", "choice"):
        raise OriginError(_("Este mensaje no se puede enviar por %(network)s") % {"network": way.network})
    text = out.text
    if out.choices:
        text = prompt_above_choices(text) if _build_quick_replies(out) else number_choices(text, out.choices)
    if not text.strip():
        raise OriginError(_("El mensaje no tiene texto"))
    return {"text": _check_length(text, way)}


def _check_length(text: str, way: Dialect) -> str:
    if len(text.encode() if way.capabilities.counts_bytes else text) > way.capabilities.text:
        raise OriginError(
            _("El texto es más largo de lo que toma %(network)s. Mandalo en partes.") % {"network": way.network}
        )
    return text


def _add_quick_replies(out: Outgoing, way: Dialect) -> dict[str, Any]:
    """Our id and the buttons."""
    found: dict[str, Any] = {}
    if way.echoes_metadata:
        found["metadata"] = out.uuid
    if quick := _build_quick_replies(out):
        found["quick_replies"] = quick
    return found


def _meta_id_of(ref: str) -> str:
    """Meta's id of a message that we know by our name for it; '' where that is all we have."""
    return "" if ref.startswith(("pb:", "long:")) else _PART.sub("", ref)


def _build_quick_replies(out: Outgoing) -> list[dict[str, str]]:
    """None at all where one of them is more than Meta takes."""
    rows = [(title_of(choice), payload_of(choice)) for choice in out.choices]
    if len(rows) > MAX_CHOICES or any(
        not 0 < len(title) <= MAX_TITLE_CHARS or len(payload) > MAX_PAYLOAD_CHARS for title, payload in rows
    ):
        return []
    return [{"content_type": "text", "title": title, "payload": payload} for title, payload in rows]


# --- files -------------------------------------------------------------------------------------


def _attachment_type(out: Outgoing, way: Dialect) -> str:
    assert out.file is not None  # noqa: S101 - asked by the caller
    kind = plan_outgoing(way.capabilities, way.network, out.kind, out.file).kind
    return "file" if kind == "document" else kind


def _upload_file(
    origin: "Origin", fields: dict[str, Any], file: File, way: Dialect, path: str, base: str
) -> dict[str, Any]:
    """Streamed, a piece at a time. In a form, what is no text goes as JSON."""
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    name = _ascii_name(file.name) if way.ascii_names else file.name
    with file.open() as data:
        return graph.call_graph(
            origin, "POST", path, unsure=True, default=base, data=form, timeout=UPLOAD_TIMEOUT,
            files={"filedata": (name, data, file.mime or "application/octet-stream")},
        )  # fmt: skip


def _ascii_name(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain if plain.strip(". ") and not plain.startswith(".") else f"archivo{plain}"


# --- what Meta has no message for --------------------------------------------------------------


def _describe_place(payload: dict[str, Any]) -> str:
    """A place in words, with a link that every map opens."""
    spot = [payload.get(name) for name in ("latitude", "longitude")]
    lines = [str(payload.get(name) or "") for name in ("place", "address")]
    if all(isinstance(value, (int, float)) for value in spot):
        where = quote(",".join(str(value) for value in spot), safe=",-.")
        lines.append(f"https://www.google.com/maps/search/?api=1&query={where}")
    text = "\n".join(line for line in lines if line)
    if not text:
        raise OriginError(_("La ubicación no tiene coordenadas"))
    return text


def _describe_card(payload: dict[str, Any]) -> str:
    cards = payload.get("contacts") or [payload | {"phones": [payload.get("phone")]}]
    lines = []
    for card in cards:
        phones = ", ".join(str(phone) for phone in card.get("phones") or [] if phone)
        lines.append(": ".join(part for part in (str(card.get("name") or ""), phones) if part))
    text = "\n".join(line for line in lines if line)
    if not text:
        raise OriginError(_("El contacto que se comparte no tiene nombre ni teléfono"))
    return text


# --- reactions ---------------------------------------------------------------------------------


def _send_reaction(origin: "Origin", out: Outgoing, way: Dialect, path: str, base: str) -> None:
    target = _meta_id_of(out.target)
    if not target:
        raise OriginError(_("%(network)s no deja reaccionar a ese mensaje") % {"network": way.network})
    emoji, payload = read_text(out.payload.get("emoji", out.text), 40).strip(), {"message_id": target}
    if emoji:
        if way.only_loves and emoji.rstrip("\ufe0f") != "❤":
            raise OriginError(_("%(network)s solo deja reaccionar con ❤️") % {"network": way.network})
        payload["reaction"] = "love" if way.only_loves else emoji
    graph.call_graph(
        origin, "POST", path, default=base,
        json={
            "recipient": {"id": out.address(way.address)}, "sender_action": "react" if emoji else "unreact",
            "payload": payload,
        },
    )  # fmt: skip
