"""Telegram bots, by the Bot API 10.0 (docs/origins/telegram.md): inbound.py reads, outbound.py sends."""

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.parsing import read_if_text
from origins import public_address
from origins.facts import Finding, Known, RemoteTemplate
from origins.telegram import business
from origins.telegram.bot_api import call_method, download_file, hide_tokens
from origins.telegram.inbound import parse
from origins.telegram.message_kinds import MAX_FETCHED_BYTES
from origins.telegram.outbound import send

if TYPE_CHECKING:
    from origins.models import Origin

__all__ = [
    "UPDATES",
    "acknowledge",
    "check_connection",
    "fetch_media",
    "parse",
    "read_templates",
    "send",
    "set_webhook",
    "show_typing",
    "verify",
]  # fmt: skip

HEADER = "x-telegram-bot-api-secret-token"
# named one by one: by default Telegram sends no reactions
UPDATES = (
    "message", "edited_message", "callback_query", "my_chat_member", "message_reaction", "business_connection",
    "business_message", "edited_business_message", "deleted_business_messages",
)  # fmt: skip
# simultaneous webhook calls, of the 100 that Telegram allows
MAX_CONNECTIONS = 40
# more updates waiting at Telegram than this mean that our webhook does not answer
MAX_PENDING_UPDATES = 100
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def verify(origin: "Origin", headers: Mapping[str, str], raw: bytes) -> bool:
    """Whether the webhook's secret token came along. Telegram signs nothing."""
    given = headers.get(HEADER, "").encode("utf-8", "surrogatepass")
    secrets = [secret.encode() for secret in (origin.secret, origin.previous_secret) if secret]
    return bool(given) and any(hmac.compare_digest(secret, given) for secret in secrets)


def fetch_media(origin: "Origin", media: dict[str, Any], most: int) -> bytes:
    """The bytes of a file, `most` of them at most: getFile, then a link that holds for an hour. Raises OriginError."""
    most = min(most, MAX_FETCHED_BYTES)
    size = media.get("size")
    if isinstance(size, int) and size > most:
        raise _make_too_large(most)
    try:
        found = call_method(origin, "getFile", json={"file_id": str(media.get("id", ""))})
    except OriginError as error:
        raise _explain_missing_file(error, most) from None
    found = found if isinstance(found, dict) else {}
    path, size = read_if_text(found.get("file_path"), 500), found.get("file_size")
    if isinstance(size, int) and size > most:
        raise _make_too_large(most)
    if not path or ".." in path.split("/"):
        raise OriginError(_("Telegram ya no tiene el archivo. Pedile al cliente que lo mande de nuevo."))
    try:
        return download_file(origin, path, most)
    except OriginError as error:
        raise _explain_missing_file(error, most) from None


def show_typing(origin: "Origin", to: tuple[Known, ...], last: str) -> None:
    """The dots of somebody who writes, for five seconds. Raises OriginError."""
    chat = next((value for kind, value in to if kind == "telegram"), "")
    via = business.split_name(last)[0]
    thread = {"business_connection_id": via} if via else {}
    call_method(origin, "sendChatAction", json={"chat_id": chat, "action": "typing", **thread})


def _make_too_large(most: int) -> OriginError:
    return OriginError(
        _("El archivo pesa más de %(most)s MB y no se puede bajar. Pedile al cliente uno más chico.")
        % {"most": most // 1024 // 1024}
    )


def _explain_missing_file(error: OriginError, most: int) -> OriginError:
    """A refusal as it is to be said of a file."""
    if "file is too big" in error.code:
        return _make_too_large(most)
    # an error without a code is not a refusal by Telegram
    if error.failure is Failure.FINAL and error.code:
        return OriginError(
            _("Telegram ya no tiene el archivo. Pedile al cliente que lo mande de nuevo."), code=error.code
        )
    return error


def acknowledge(origin: "Origin", ref: str) -> None:
    """Take the waiting sign off a tapped button. Raises OriginError."""
    try:
        call_method(origin, "answerCallbackQuery", json={"callback_query_id": ref})
    except OriginError as error:
        # too late: Telegram has taken the waiting sign off by itself
        if "query is too old" not in error.code:
            raise


def read_templates(origin: "Origin") -> Iterator[RemoteTemplate]:
    """None: Telegram has no templates of its own."""
    return iter(())


def set_webhook(origin: "Origin", url: str) -> None:
    """Tell Telegram to send what comes in to this address, with our secret token. Raises OriginError."""
    if not _SECRET.fullmatch(origin.secret):
        raise OriginError(
            _("El secreto de un bot tiene de 1 a 256 letras sin tilde, números, guiones o guiones bajos. Cambialo.")
        )
    call_method(
        origin, "setWebhook",
        json={
            "url": url, "secret_token": origin.secret, "allowed_updates": list(UPDATES),
            "max_connections": MAX_CONNECTIONS,
        },
    )  # fmt: skip


# --- Probar conexión ---------------------------------------------------------------------------


def check_connection(origin: "Origin") -> list[Finding]:
    """Whether the token is a bot's, and whether Telegram sends us what comes in."""
    try:
        findings = [replace(_check_bot(origin, call_method(origin, "getMe")), about="number")]
    except OriginError as error:
        return [_tell_failure(error, "number")]
    try:
        hook = call_method(origin, "getWebhookInfo")
    except OriginError as error:
        return [*findings, _tell_failure(error, "webhook")]
    told = _check_webhook(origin, hook if isinstance(hook, dict) else {})
    return [*findings, *(replace(one, about="webhook") for one in told)]


def _tell_failure(error: OriginError, about: str) -> Finding:
    return Finding(str(error), False, _advise_on(error), about, is_passing=error.failure is Failure.RETRY)


def _advise_on(error: OriginError) -> str:
    if error.failure is Failure.ACCOUNT:
        return _("Copiá el token entero de BotFather (@BotFather, /token) en «token de acceso».")
    return _("Probá de nuevo en un rato. Si sigue, revisá la dirección de la red y la salida a internet.")


def _check_bot(origin: "Origin", me: Any) -> Finding:
    me = me if isinstance(me, dict) else {}
    number, name = read_if_text(me.get("id"), 40), read_if_text(me.get("username"), 100)
    if not number or me.get("is_bot") is not True:
        return Finding(
            _("La dirección de la red no contesta como Telegram."), False, _("Dejá vacía la dirección de la red.")
        )
    if origin.line_id and origin.line_id != number:
        return Finding(
            _("El token es de otro bot: @%(name)s (%(number)s).") % {"name": name, "number": number},
            False,
            _("Cargá el token del bot de esta línea, o corregí el id de la línea."),
        )
    return Finding(_("El token es del bot @%(name)s.") % {"name": name}, True)


def _check_webhook(origin: "Origin", hook: dict[str, Any]) -> Iterator[Finding]:
    url, ours = read_if_text(hook.get("url"), 500), f"{public_address.base_url()}/webhooks/{origin.key}/"
    connect = _("Guardá la línea de nuevo, o conectá el webhook a %(ours)s") % {"ours": ours}
    if not url:
        yield Finding(
            _("Telegram no sabe adónde enviar los mensajes: el webhook no está conectado."),
            False,
            connect,
            is_todo=True,
        )
        return
    if url != ours:
        yield Finding(
            _("Telegram envía los mensajes a otra dirección: %(url)s") % {"url": hide_tokens(url)}, False, connect
        )
        return
    yield Finding(_("Telegram envía los mensajes a esta línea."), True)
    asked = hook.get("allowed_updates")
    missing = [name for name in UPDATES if name not in asked] if isinstance(asked, list) else ["message_reaction"]
    if missing:
        yield Finding(_("Telegram no avisa de: %(names)s.") % {"names": ", ".join(missing)}, False, connect)
    pending = hook.get("pending_update_count")
    if said := hide_tokens(read_if_text(hook.get("last_error_message"), 200)):
        # an old error with no updates waiting is over
        yield Finding(
            _("El último error de Telegram al enviarnos un mensaje: %(said)s") % {"said": said},
            not pending,
            _("Revisá que la dirección pública responda por https con un certificado válido."),
        )
    if isinstance(pending, int) and pending > MAX_PENDING_UPDATES:
        yield Finding(
            _("Hay %(pending)s mensajes que Telegram todavía no pudo entregarnos.") % {"pending": pending},
            False,
            _("Llegan solos cuando el servidor responde. Revisá que esté andando."),
        )
