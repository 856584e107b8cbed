"""The app at Meta that a line belongs to: whether its id and secret fit, and which address it tells what.

Asked with the app's own token, `<app id>|<app secret>`. An app tells everything of one kind (WhatsApp, pages,
Instagram) to one address: several lines of ours share it, and whoever else had it hears nothing more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.parsing import object_of, objects_of, read_if_text
from origins import graph
from origins.facts import Finding
from origins.meta import instagram, messenger

if TYPE_CHECKING:
    from origins.models import Origin

OBJECTS = {"whatsapp": "whatsapp_business_account", "messenger": "page", "instagram": "instagram"}
# what we are to be told, by kind of line
FIELDS = {
    "whatsapp": (
        "messages", "message_template_status_update", "template_category_update", "message_template_quality_update",
        "message_template_components_update", "account_update", "account_alerts", "phone_number_quality_update",
        "smb_message_echoes", "user_preferences",
    ),
    "messenger": (*messenger.FIELDS, "messaging_referrals", "messaging_optins", "messaging_policy_enforcement"),
    "instagram": (*instagram.FIELDS, "messaging_referral", "messaging_optins", "messaging_policy_enforcement"),
}  # fmt: skip
# what a page must tell the app so that its Instagram account's messages come
PAGE_OF_INSTAGRAM = ("messages", "messaging_postbacks", "message_reactions")
# Meta says these of an id and a secret that are not of one app
WRONG_APP = ("101", "190", "401")
NOT_VERIFIED = "2200"


@dataclass(frozen=True)
class Subscription:
    """What an app tells of one kind: to which address, and which fields."""

    callback: str
    fields: tuple[str, ...]
    is_active: bool


class TakenElsewhere(OriginError):
    """The app tells another address by now, which nobody has said is to hear nothing more."""

    def __init__(self, address: str) -> None:
        super().__init__(
            _("Meta avisa hoy a otra dirección: %(address)s. Si lo cambiás, ahí deja de llegar.") % {"address": address}
        )
        self.address = address


def can_subscribe(origin: "Origin") -> bool:
    """Whether we have what the API asks for. With Instagram's own login the secret is of another kind of app."""
    has_app = bool(origin.app_id and origin.secret and origin.access_token)
    return has_app and (origin.kind != "instagram" or bool(origin.account_id))


def _call_app(origin: "Origin", method: str, path: str, **what: Any) -> dict[str, Any]:
    try:
        return graph.call_graph(origin, method, path, token=f"{origin.app_id}|{origin.secret}", **what)
    except OriginError as error:
        if error.code in WRONG_APP and error.failure is not Failure.RETRY:
            words = _("El App ID y el App secret no son de la misma app.")
            raise OriginError(words, failure=Failure.ACCOUNT, code=error.code) from None
        raise


def read_subscription(origin: "Origin") -> Subscription | None:
    """What the app tells of this kind; None: nothing. Raises OriginError."""
    answer = _call_app(origin, "GET", f"{quote(origin.app_id, safe='')}/subscriptions")
    for found in objects_of(answer.get("data")):
        if found.get("object") == OBJECTS[origin.kind]:
            names = (read_if_text(one.get("name"), 100) for one in objects_of(found.get("fields")))
            callback = read_if_text(found.get("callback_url"), 1000)
            return Subscription(callback, tuple(name for name in names if name), found.get("active") is not False)
    return None


def subscribe(origin: "Origin", address: str, ours: tuple[str, ...], *, replaces: bool = False) -> None:
    """Have Meta tell this address what comes in, and the account or page tell the app.

    `ours`: addresses of lines of ours, which do as well. Raises OriginError; TakenElsewhere unless it `replaces`.
    """
    standing = read_subscription(origin)
    if standing and standing.callback not in ("", address, *ours) and not replaces:
        raise TakenElsewhere(standing.callback)
    fields = dict.fromkeys([*FIELDS[origin.kind], *(standing.fields if standing else ())])
    said = {"object": OBJECTS[origin.kind], "callback_url": address, "verify_token": origin.verify_token}
    try:
        _call_app(
            origin, "POST", f"{quote(origin.app_id, safe='')}/subscriptions", json={**said, "fields": ",".join(fields)}
        )
    except OriginError as error:
        if error.code != NOT_VERIFIED:
            raise
        words = _("Meta llamó a %(address)s y no recibió la respuesta que espera. Revisá la dirección pública.")
        raise OriginError(words % {"address": address}, code=error.code) from None
    subscribe_account(origin)


def subscribe_account(origin: "Origin") -> None:
    """Have the WhatsApp account, or the page, tell the app. Raises OriginError."""
    number = quote(origin.line_id if origin.kind == "messenger" else origin.account_id, safe="")
    fields = {"messenger": FIELDS["messenger"], "instagram": PAGE_OF_INSTAGRAM}.get(origin.kind)
    what: dict[str, Any] = {"json": {"subscribed_fields": ",".join(fields)}} if fields else {}
    graph.call_graph(origin, "POST", f"{number}/subscribed_apps", **what)


# --- Probar conexión ---------------------------------------------------------------------------


def check_app(origin: "Origin", address: str, ours: tuple[str, ...]) -> list[Finding]:
    """Whether id and secret are one app's, what the token is good for, and whether the app tells our address."""
    try:
        standing = read_subscription(origin)
    except OriginError as error:
        return [Finding(str(error), False, _advise_on(error), about="app", is_passing=error.failure is Failure.RETRY)]
    found = [Finding(_("El App secret es de esta app."), True, about="app")]
    if origin.kind == "whatsapp" and origin.access_token:
        found.append(_check_token(origin))
    return [*found, _check_address(origin, standing, address, ours)]


def _advise_on(error: OriginError) -> str:
    if error.failure is Failure.ACCOUNT:
        return _("Copiá los dos de App settings › Basic, de la misma app.")
    return _("Se vuelve a probar solo.")


def _check_token(origin: "Origin") -> Finding:
    try:
        answer = _call_app(origin, "GET", "debug_token", params={"input_token": origin.access_token})
    except OriginError as error:
        return Finding(str(error), False, _advise_on(error), about="token", is_passing=error.failure is Failure.RETRY)
    said = object_of(answer.get("data"))
    again = _("Generá uno nuevo con el usuario del sistema, que no venza (Never), y con esta app.")
    if said.get("is_valid") is not True:
        return Finding(_("El token no sirve."), False, again, about="token")
    if read_if_text(said.get("app_id"), 40) not in ("", origin.app_id):
        return Finding(_("El token es de otra app."), False, again, about="token")
    told = said.get("scopes")
    scopes = told if isinstance(told, list) else []
    needed = ("whatsapp_business_messaging", "whatsapp_business_management")
    if missing := [name for name in needed if name not in scopes]:
        return Finding(_("Al token le falta: %(names)s.") % {"names": ", ".join(missing)}, False, again, about="token")
    ends = said.get("expires_at")
    if isinstance(ends, int) and ends > 0:
        words = _("El token sirve hasta el %(day)s.") % {"day": datetime.fromtimestamp(ends, UTC).strftime("%d/%m/%Y")}
        return Finding(words, True, again, about="token")
    return Finding(_("El token sirve y no vence."), True, about="token")


def _check_address(origin: "Origin", standing: Subscription | None, address: str, ours: tuple[str, ...]) -> Finding:
    if standing is None or not standing.callback or not standing.is_active:
        advice = _("Apretá Suscribir, en el paso del webhook.")
        return Finding(_("La app todavía no avisa a ninguna dirección."), False, advice, about="webhook", is_todo=True)
    if standing.callback not in (address, *ours):
        words = _("La app avisa a otra dirección: %(address)s.") % {"address": standing.callback[:200]}
        return Finding(words, False, _("Apretá Suscribir para que avise acá."), about="webhook")
    if missing := [name for name in FIELDS[origin.kind] if name not in standing.fields]:
        words = _("La app no avisa de: %(names)s.") % {"names": ", ".join(missing)}
        return Finding(words, False, _("Apretá Suscribir: agrega lo que falta."), about="webhook")
    return Finding(_("Meta verificó la dirección y avisa ahí."), True, about="webhook")
