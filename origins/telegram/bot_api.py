"""Calls to Telegram's Bot API. The token stands in the address: no log, no error and no words may show one."""

import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from django.utils.translation import gettext as _

from common import guarded_http
from common.errors import Failure, OriginError
from common.parsing import read_if_text

if TYPE_CHECKING:
    from origins.models import Origin

BASE = "https://api.telegram.org"
# seconds; the longest wait asked for by Telegram that is believed
MAX_WAIT_SECONDS = 3600.0
_TOKEN = re.compile(r"/bot[^/\s\"']+")


def hide_tokens(text: str) -> str:
    """The text without any bot's token."""
    return _TOKEN.sub("/bot***", text)


class _Hide(logging.Filter):
    """httpx writes the whole address of each call at INFO."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(hide_tokens(str(arg)) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


logging.getLogger("httpx").addFilter(_Hide())


def base_url(origin: "Origin") -> str:
    return (origin.api_url or BASE).rstrip("/")


def _build_address(origin: "Origin", before: str, after: str) -> str:
    """The address of a method or of a file. Raises OriginError without a token."""
    if not origin.access_token.strip():
        raise OriginError(
            _("Falta el token del bot. Pegá en la línea el que dio BotFather."), failure=Failure.ACCOUNT, code="token"
        )
    return f"{base_url(origin)}{before}/bot{quote(origin.access_token.strip(), safe=':')}/{after}"


def _without_cause(error: OriginError) -> OriginError:
    """The same surprise with nothing behind it: what httpx raises holds the whole request."""
    return OriginError(hide_tokens(str(error)), failure=error.failure, after=error.after, code=error.code)


def call_method(origin: "Origin", method: str, *, unsure: bool = False, **what: Any) -> Any:
    """The `result` of a method. `what` as httpx takes it (json, data, files). Raises OriginError."""
    response, trouble = None, None
    address = _build_address(origin, "", method)
    try:
        response = guarded_http.send_request("POST", address, unsure=unsure, **what)
    except OriginError as error:
        trouble = _without_cause(error)
    if response is None:
        # raised outside of the except block, or httpx's error, which holds the token, would become its context
        raise trouble or OriginError(_("El servidor no responde"), permanent=False)
    answer = guarded_http.read_object(response)
    if response.is_success and answer.get("ok") is True:
        return answer.get("result")
    if response.is_success and not answer:
        raise OriginError(
            _("Telegram contestó algo que no se entiende"),
            failure=Failure.UNSURE if unsure else Failure.RETRY,
            code=str(response.status_code),
        )
    raise make_error(response.status_code, answer)


def download_file(origin: "Origin", path: str, most: int) -> bytes:
    """The bytes of a file that getFile named. Raises OriginError."""
    data, trouble = None, None
    address = _build_address(origin, "/file", quote(path.lstrip("/"), safe="/"))
    try:
        data = guarded_http.download_bytes(address, most)[0]
    except OriginError as error:
        trouble = _without_cause(error)
    if data is None:
        raise trouble or OriginError(_("El servidor no responde"), permanent=False)
    return data


def _read_wait(answer: dict[str, Any]) -> float:
    asked = answer.get("parameters")
    seconds = asked.get("retry_after") if isinstance(asked, dict) else None
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds <= 0:
        return 1.0
    return min(float(seconds), MAX_WAIT_SECONDS)


def make_error(status: int, answer: dict[str, Any]) -> OriginError:
    """What an answer that is no success means. Telegram has no codes beside HTTP's: its English says which."""
    number = answer.get("error_code")
    status = number if isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600 else status
    said = hide_tokens(read_if_text(answer.get("description"), 200))
    code = f"{status} {said}".strip()
    if status in (420, 429):
        return OriginError(
            _("Telegram pide esperar antes de seguir enviando"),
            failure=Failure.CHAT,
            after=_read_wait(answer),
            code=code,
        )
    # what else is not found, or not allowed, says so in more words and is about the one message
    if status in (401, 404) and said.lower() in ("", "unauthorized", "not found"):
        return OriginError(
            _("Telegram no reconoce el token del bot. Pegá en la línea el que da BotFather."),
            failure=Failure.ACCOUNT,
            code=code,
        )
    if status >= 500:
        return OriginError(_("Telegram no está disponible"), failure=Failure.RETRY, code=code)
    return OriginError(_explain_refusal(status, said), code=code)


def _explain_refusal(status: int, said: str) -> str:
    found = next((words for part, words in _list_explanations().items() if part in said.lower()), "")
    if found:
        return found
    if status == 403:
        return _("Telegram no permite escribirle a esta persona")
    if status == 413:
        return _("El archivo es más grande de lo que toma Telegram. Mandá uno más chico.")
    return _("Telegram lo rechazó: %(said)s") % {"said": said or f"HTTP {status}"}


def _list_explanations() -> dict[str, str]:
    """By a part of Telegram's description, in lower case."""
    longer = _("El texto es más largo de lo que toma Telegram. Mandalo en partes.")
    heavy = _("El archivo es más grande de lo que toma Telegram. Mandá uno más chico.")
    spoilt = _("Telegram no pudo leer el archivo. Probá con otro, o mandalo como documento.")
    account = _("La cuenta Business ya no está conectada al bot, o no lo deja responder. Revisalo con su dueño.")
    return {
        "blocked by the user": _("La persona bloqueó al bot. No se le puede escribir hasta que lo desbloquee."),
        "user is deactivated": _("La cuenta de esta persona ya no existe en Telegram"),
        "can't initiate conversation": _("La persona todavía no inició el bot. Tiene que escribir primero."),
        "chat not found": _("Telegram no encuentra el chat con esta persona. Tiene que volver a escribir."),
        "message is too long": longer,
        "message_too_long": longer,
        "caption is too long": longer,
        "message text is empty": _("El mensaje no tiene texto"),
        "voice_messages_forbidden": _("La persona no acepta mensajes de voz. Mandalo escrito o como documento."),
        "business_connection": account,
        "business connection": account,
        "business_peer": _(
            "Telegram solo deja escribir por una cuenta Business a quien le escribió en las últimas 24 h."
        ),
        "file is too big": heavy,
        "entity too large": heavy,
        "wrong file": spoilt,
        "file must be non-empty": spoilt,
        "photo_": spoilt,
        "image_process_failed": spoilt,
        "failed to get": spoilt,
        "reaction_invalid": _("Telegram no toma ese emoji como reacción. Elegí otro."),
        "reaction_empty": _("Telegram no toma ese emoji como reacción. Elegí otro."),
        "message to react not found": _("El mensaje ya no está en Telegram"),
        "message to edit not found": _("El mensaje ya no está en Telegram"),
        "message can't be edited": _("Telegram ya no deja corregir este mensaje"),
        "message can't be deleted": _("Telegram ya no deja retirar este mensaje: pasaron más de 48 horas"),
    }
