"""*Probar conexión* of Messenger and Instagram: whose the token is, and whether Meta sends us what comes in."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.parsing import object_of, objects_of, read_if_text
from origins import graph
from origins.facts import Finding

if TYPE_CHECKING:
    from origins.models import Origin


def check_account(
    origin: "Origin", path: str, fields: str, base: str, wanted: Sequence[str], ids: Sequence[str], number: str
) -> list[Finding]:
    """What the token's account says of itself: its `number` in one of the fields `ids`, subscribed to all `wanted`."""
    findings = []
    if not origin.secret:
        findings.append(
            Finding(
                _("Falta la clave secreta de la aplicación."),
                False,
                _("Copiala de la configuración básica de la aplicación en Meta."),
                about="missing",
                is_todo=True,
            )
        )
    about = "number"
    try:
        answer = graph.call_graph(origin, "GET", path, default=base, params={"fields": fields})
        findings.append(replace(_check_identity(answer, ids, number), about=about))
        about = "subscription"
        answer = graph.call_graph(origin, "GET", f"{path}/subscribed_apps", default=base)
    except OriginError as error:
        is_passing = error.failure is Failure.RETRY
        return [*findings, Finding(str(error), False, _advise_on(error), about, is_passing)]
    return [*findings, *(replace(one, about=about) for one in _check_subscriptions(answer, wanted))]


def _advise_on(error: OriginError) -> str:
    if error.failure is Failure.ACCOUNT:
        return _("Generá en Meta un token que no venza, con los permisos de mensajes, y cargalo en la línea.")
    if error.failure in (Failure.RETRY, Failure.LINE, Failure.CHAT):
        return _("Probá de nuevo en un rato. Si sigue, revisá la dirección de la red y la salida a internet.")
    return _("Revisá el id de la línea y la dirección de la red.")


def _check_identity(answer: dict[str, Any], ids: Sequence[str], number: str) -> Finding:
    found = [text for name in ids if (text := read_if_text(answer.get(name), 100))]
    name = read_if_text(answer.get("username") or answer.get("name"), 100) or "-"
    if not found:
        return Finding(
            _("La dirección de la red no contesta como Meta."), False, _("Dejá vacía la dirección de la red.")
        )
    if number and number not in found:
        return Finding(
            _("El token es de otra cuenta: %(name)s (%(number)s).") % {"name": name, "number": found[0]},
            False,
            _("Cargá el token de esta línea, o corregí el id de la línea."),
        )
    return Finding(_("El token es de la cuenta %(name)s.") % {"name": name}, True)


def _check_subscriptions(answer: dict[str, Any], wanted: Sequence[str]) -> Iterator[Finding]:
    apps = objects_of(answer.get("data"))
    advice = _("Suscribí la aplicación a la cuenta, con los campos de mensajes, en la configuración de webhooks.")
    if not apps:
        yield Finding(_("Ninguna aplicación recibe los mensajes de esta cuenta."), False, advice, is_todo=True)
        return
    has = {read_if_text(each, 100) for app in apps for each in _list_or_empty(object_of(app).get("subscribed_fields"))}
    missing = [name for name in wanted if name not in has]
    if missing:
        yield Finding(_("Meta no avisa de: %(names)s.") % {"names": ", ".join(missing)}, False, advice)
    else:
        yield Finding(_("Meta envía los mensajes a la aplicación."), True)


def _list_or_empty(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
