"""The WhatsApp account: its templates, its numbers, and the connection check of its webhooks."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.parsing import read_if_text
from origins import graph
from origins.facts import Finding, RemoteTemplate
from origins.whatsapp.identifiers import MAX_ID_CHARS, object_of, objects_of
from origins.whatsapp.notices import CATEGORIES, TEMPLATE_STATUS, read_template_reason

if TYPE_CHECKING:
    from origins.models import Origin

log = logging.getLogger(__name__)

FIELDS = "id,name,language,status,category,parameter_format,components,quality_score,rejected_reason"
PAGE_SIZE, MAX_PAGES = 100, 200


def _read_pages(origin: "Origin", path: str, **params: Any) -> Iterator[dict[str, Any]]:
    """All objects of a list, page after page. Raises OriginError."""
    after = ""
    for _page in range(MAX_PAGES):
        answer = graph.call_graph(origin, "GET", path, params={**params, **({"after": after} if after else {})})
        if not isinstance(answer.get("data"), list):
            # a proxy's page with 200 must not look like an account without templates
            raise OriginError(_("La red contestó algo que no se entiende"), permanent=False)
        yield from objects_of(answer, "data")
        paging = object_of(answer, "paging")
        cursor = read_if_text(object_of(paging, "cursors").get("after"), 2000)
        if not paging.get("next") or not cursor or cursor == after:
            return
        after = cursor
    log.warning("%s: over %s pages, the rest is left out", path, MAX_PAGES)


def read_templates(origin: "Origin") -> Iterator[RemoteTemplate]:
    """All templates of the account. Raises OriginError."""
    for found in _read_pages(origin, f"{origin.account_id}/message_templates", fields=FIELDS, limit=PAGE_SIZE):
        if template := read_template(found):
            yield template


def read_template(found: dict[str, Any]) -> RemoteTemplate | None:
    """One as we keep it; None for what is none. A status that we do not know is one that cannot be sent."""
    name, language = read_if_text(found.get("name"), 512), read_if_text(found.get("language"), 12)
    if not name or not language:
        log.warning("a template without a name or a language is left out")
        return None
    components = objects_of(found, "components")
    parts = {read_if_text(one.get("type"), 20).upper(): one for one in components}
    header = parts.get("HEADER", {})
    is_text = read_if_text(header.get("format"), 20).upper() in ("", "TEXT")
    return RemoteTemplate(
        remote_id=read_if_text(found.get("id"), 100),
        name=name,
        language=language,
        status=TEMPLATE_STATUS.get(read_if_text(found.get("status"), 40).upper(), "disabled"),
        category=CATEGORIES.get(read_if_text(found.get("category"), 40).upper(), "utility"),
        body=read_if_text(parts.get("BODY", {}).get("text"), 10_000),
        header=read_if_text(header.get("text"), 60) if is_text else "",
        footer=read_if_text(parts.get("FOOTER", {}).get("text"), 60),
        parameter_format="named"
        if read_if_text(found.get("parameter_format"), 20).upper() == "NAMED"
        else "positional",
        components=tuple(components),
        quality=read_if_text(object_of(found, "quality_score").get("score"), 20),
        reason=read_template_reason(found),
    )


# --- Probar conexión ---------------------------------------------------------------------------


def check_connection(origin: "Origin") -> list[Finding]:
    """Real calls, and what they found: the token, the number, the account, its templates, its webhooks."""
    if missing := _list_missing(origin):
        return missing
    findings = []
    for look in (_check_number, _check_account, _check_templates, _check_subscription):
        try:
            finding = look(origin)
        except OriginError as error:
            finding = _describe_failure(look.__name__, error)
            findings.append(replace(finding, about=look.__name__.removeprefix("_check_")))
            # whatever comes after would fail for the same reason
            if error.code in ("0", "190") or not error.code.isdecimal():
                break
        else:
            findings.append(replace(finding, about=look.__name__.removeprefix("_check_")))
    return findings


def _list_missing(origin: "Origin") -> list[Finding]:
    needed = (
        (origin.access_token, _("Falta el token de acceso.")),
        (origin.line_id, _("Falta el identificador del número (phone_number_id).")),
        (origin.account_id, _("Falta el identificador de la cuenta de WhatsApp Business.")),
        (origin.secret, _("Falta el secreto de la aplicación.")),
    )
    advice = _("Copialo de Meta y cargalo en la línea.")
    return [Finding(words, False, advice, about="missing", is_todo=True) for value, words in needed if not value]


def _describe_failure(what: str, error: OriginError) -> Finding:
    words = {
        "_check_number": _("No se pudo leer el número: %(reason)s"),
        "_check_account": _("No se pudo leer la cuenta: %(reason)s"),
        "_check_templates": _("No se pudieron leer las plantillas: %(reason)s"),
        "_check_subscription": _("No se pudo ver si la cuenta nos avisa lo que llega: %(reason)s"),
    }[what] % {"reason": str(error)}
    if error.code in ("0", "190"):
        advice = _("Creá en Meta un token permanente de un usuario del sistema y cargalo en la línea.")
    elif error.code == "100" and what == "_check_number":
        advice = _("Revisá el phone_number_id y que el token llegue a ese número.")
    elif error.code == "100":
        advice = _("Revisá el identificador de la cuenta y que el token llegue a ella.")
    elif error.failure == Failure.ACCOUNT:
        advice = _("El token necesita los permisos whatsapp_business_messaging y whatsapp_business_management.")
    else:
        advice = _("Probá de nuevo en unos minutos; si sigue, revisá la dirección de la red.")
    return Finding(words, False, advice, is_passing=error.failure is Failure.RETRY)


def _check_number(origin: "Origin") -> Finding:
    fields = "id,display_phone_number,verified_name,quality_rating,status"
    found = graph.call_graph(origin, "GET", origin.line_id, params={"fields": fields})
    quality = {
        "GREEN": _("buena"), "YELLOW": _("media"), "RED": _("mala"),
    }.get(read_if_text(found.get("quality_rating"), 20).upper(), _("sin datos"))  # fmt: skip
    said = {
        "number": read_if_text(found.get("display_phone_number"), 40) or origin.line_id,
        "name": read_if_text(found.get("verified_name"), 100) or _("sin nombre"),
        "quality": quality,
    }
    status = read_if_text(found.get("status"), 40).upper()
    words = _("El número es %(number)s (%(name)s), calidad %(quality)s.") % said
    if status not in ("", "CONNECTED"):
        return Finding(
            f"{words} {_('En Meta no está conectado')}: {status}.",
            False,
            _("Registrá el número en Meta y probá de nuevo."),
        )
    return Finding(words, True)


def _check_account(origin: "Origin") -> Finding:
    numbers = _read_pages(origin, f"{origin.account_id}/phone_numbers", fields="id", limit=PAGE_SIZE)
    if any(read_if_text(one.get("id"), MAX_ID_CHARS) == origin.line_id for one in numbers):
        return Finding(_("El número es de esa cuenta de WhatsApp Business."), True)
    return Finding(
        _("El número no es de esa cuenta de WhatsApp Business."),
        False,
        _("Copiá los dos identificadores de la misma pantalla de Meta: el del número y el de la cuenta."),
    )


def _check_templates(origin: "Origin") -> Finding:
    graph.call_graph(origin, "GET", f"{origin.account_id}/message_templates", params={"fields": "id", "limit": 1})
    return Finding(_("Se pueden leer las plantillas de la cuenta."), True)


def _check_subscription(origin: "Origin") -> Finding:
    if objects_of(graph.call_graph(origin, "GET", f"{origin.account_id}/subscribed_apps"), "data"):
        return Finding(_("La cuenta avisa lo que llega a una aplicación."), True)
    return Finding(
        _("La cuenta no avisa a ninguna aplicación lo que llega."),
        False,
        _("En Meta, suscribí la aplicación a la cuenta y al campo messages."),
        is_todo=True,
    )
