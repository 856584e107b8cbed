"""Meta's error numbers: their words and what follows from each, of an answer and of a failed receipt alike.

Matched by number, not by text: the texts change, and one of them repeats a malformed token. Only 0 stands for several
things, and means the token where it says so. A number that is not known fails the one message, never the line.
"""

import re
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from common.errors import Failure, OriginError
from common.parsing import read_if_text

# seconds to wait after these errors where the network names none
AFTER = {131056: 6.0, 130429: 5.0, 4: 60.0, 17: 60.0, 32: 60.0, 613: 60.0, 80006: 60.0, 80007: 60.0}

_BUSY = _("Meta no pudo procesarlo en este momento. Se vuelve a intentar.")
_TOO_MANY = _("La línea llegó al límite de envíos de Meta. Espera y sigue sola.")
_TOKEN = _("Meta no acepta el token de acceso de la línea. Cargá uno nuevo en la línea.")
_RIGHTS = _("A la línea le falta un permiso en Meta. Revisá los permisos de la aplicación y del token.")
_BLOCKED = _("Meta restringió la cuenta. Revisá su estado en el administrador de Meta.")
_NOT_NOW = _("Pasaron más de 24 horas desde el último mensaje del cliente. Enviá una plantilla.")
_NOT_TEMPLATE = _("La plantilla ya no se puede usar en Meta. Elegí otra.")
_FILLED_WRONG = _("Los datos de la plantilla no son los que Meta espera. Revisá sus variables.")
_OUR_FAULT = _("Meta no aceptó la forma del mensaje. Avisá a quien administra el sistema.")
_NOBODY = _("El mensaje no se puede entregar a este contacto. Puede no tener WhatsApp o no estar disponible.")

_KNOWN: dict[int, tuple[Failure, Any]] = {
    # temporary: retried later
    1: (Failure.RETRY, _BUSY),
    2: (Failure.RETRY, _BUSY),
    1200: (Failure.RETRY, _BUSY),
    131000: (Failure.RETRY, _BUSY),
    131016: (Failure.RETRY, _BUSY),
    131057: (Failure.RETRY, _("La cuenta está en mantenimiento en Meta. Se vuelve a intentar.")),
    133004: (Failure.RETRY, _BUSY),
    # rate limits
    131056: (Failure.CHAT, _("Demasiados mensajes seguidos a este contacto. Espera y sigue solo.")),
    4: (Failure.LINE, _TOO_MANY),
    17: (Failure.LINE, _TOO_MANY),
    32: (Failure.LINE, _TOO_MANY),
    613: (Failure.LINE, _TOO_MANY),
    80006: (Failure.LINE, _TOO_MANY),
    80007: (Failure.LINE, _TOO_MANY),
    130429: (Failure.LINE, _TOO_MANY),
    # outside of the customer service window
    131047: (Failure.WINDOW, _NOT_NOW),
    1545041: (Failure.WINDOW, _NOT_NOW),
    # token, permissions, account, payment
    102: (Failure.ACCOUNT, _TOKEN),
    190: (Failure.ACCOUNT, _TOKEN),
    3: (Failure.ACCOUNT, _RIGHTS),
    10: (Failure.ACCOUNT, _RIGHTS),
    131005: (Failure.ACCOUNT, _RIGHTS),
    33: (Failure.ACCOUNT, _("El número de la línea no existe en esa cuenta de Meta. Revisá su identificador.")),
    133010: (Failure.ACCOUNT, _("El número de la línea no está registrado en WhatsApp. Registralo en Meta.")),
    131045: (Failure.ACCOUNT, _("El número de la línea no está registrado en WhatsApp. Registralo en Meta.")),
    131037: (Failure.ACCOUNT, _("Falta que Meta apruebe el nombre de la línea. Revisalo en el administrador de Meta.")),
    131042: (
        Failure.ACCOUNT,
        _("La cuenta de Meta tiene un problema de pago y no entrega mensajes. Revisá el medio de pago."),
    ),
    368: (Failure.ACCOUNT, _BLOCKED),
    130497: (Failure.ACCOUNT, _("Meta no permite que la cuenta escriba a ese país. Revisá sus restricciones.")),
    131031: (Failure.ACCOUNT, _BLOCKED),
    131048: (
        Failure.ACCOUNT,
        _("Meta frenó la línea porque muchos clientes la bloquearon o denunciaron. Revisá su calidad en Meta."),
    ),
    131064: (Failure.ACCOUNT, _BLOCKED),
    # templates
    132000: (Failure.TEMPLATE, _FILLED_WRONG),
    132001: (Failure.TEMPLATE, _("La plantilla no existe en ese idioma o no está aprobada. Elegí otra.")),
    132005: (
        Failure.FINAL,
        _("La plantilla queda demasiado larga con esos datos. Acortá las variables."),
    ),
    132007: (Failure.TEMPLATE, _("La plantilla no cumple las políticas de WhatsApp. Elegí otra.")),
    132008: (Failure.TEMPLATE, _FILLED_WRONG),
    132012: (Failure.TEMPLATE, _FILLED_WRONG),
    132015: (Failure.TEMPLATE, _("Meta puso la plantilla en pausa. Elegí otra.")),
    132016: (Failure.TEMPLATE, _("Meta desactivó la plantilla. Elegí otra.")),
    132018: (Failure.FINAL, _("Una variable tiene renglones o demasiados espacios. Corregila y enviá de nuevo.")),
    132068: (Failure.TEMPLATE, _NOT_TEMPLATE),
    132069: (Failure.TEMPLATE, _NOT_TEMPLATE),
    # final for this contact or this message
    551: (Failure.FINAL, _("La persona no está disponible en este momento. Probá más tarde.")),
    130472: (Failure.FINAL, _("Meta no entrega este mensaje de promoción a este contacto. Probá otra vía.")),
    130501: (Failure.FINAL, _("WhatsApp no lo permite en este chat. Avisá a quien administra el sistema.")),
    131021: (Failure.FINAL, _("El número del contacto es el de la propia línea. Revisá el contacto.")),
    131026: (Failure.FINAL, _NOBODY),
    131030: (
        Failure.FINAL,
        _("La línea es de prueba y este número no está entre los permitidos. Agregalo en Meta."),
    ),
    131049: (Failure.FINAL, _("Meta no entrega más promociones a este contacto por ahora. Probá después de 24 horas.")),
    131050: (Failure.OPTED_OUT, _("El contacto pidió no recibir promociones. Escribile solo cuando él escriba.")),
    131052: (Failure.FINAL, _("El archivo del cliente no se puede descargar. Pedile que lo envíe de nuevo.")),
    131053: (Failure.FINAL, _("WhatsApp no pudo usar el archivo. Enviá otro o en otro formato.")),
    131062: (Failure.FINAL, _("Para este mensaje hace falta el teléfono del contacto. Pedíselo.")),
    137000: (Failure.FINAL, _("El contacto cambió de teléfono o reinstaló WhatsApp. Verificá quién es.")),
    100: (Failure.FINAL, _OUR_FAULT),
    131008: (Failure.FINAL, _OUR_FAULT),
    131009: (Failure.FINAL, _OUR_FAULT),
    131051: (Failure.FINAL, _("WhatsApp no admite este tipo de mensaje. Envialo de otra forma.")),
}
# what 0 says where it means the token; and with it HTTP's 401
_OF_TOKEN = re.compile(r"oauth|authexception|access token|authenticat|session", re.I)
_UPLOAD = (Failure.FINAL, _("Meta no pudo usar el archivo. Enviá otro o en otro formato."))
# pairs of code and subcode that say more than the code alone
_NARROWER: dict[tuple[int, int], tuple[Failure, Any]] = {
    (10, 2018065): _KNOWN[1545041],
    (10, 2018278): _KNOWN[1545041],
    (10, 2534022): _KNOWN[1545041],
    (100, 33): (Failure.ACCOUNT, _("La línea no existe en Meta o su token no llega a ella. Revisá los dos.")),
    (100, 2018001): _KNOWN[551],
    (10, 2018108): _KNOWN[551],
    (200, 2018108): _KNOWN[551],
    (100, 2018047): _UPLOAD,
    (100, 2018008): _UPLOAD,
    (100, 2018109): _UPLOAD,
    (100, 2534014): _KNOWN[551],
}


def read_number(value: Any) -> int | None:
    """A code that came as a number or as its digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12 else None


def _find_meaning(code: int, subcode: int | None = None) -> tuple[Failure, Any] | None:
    if subcode == 1545041:
        return _KNOWN[1545041]
    if subcode is not None and (code, subcode) in _NARROWER:
        return _NARROWER[code, subcode]
    if code not in _KNOWN and 200 <= code <= 299:
        return Failure.ACCOUNT, _RIGHTS
    return _KNOWN.get(code)


def find_failure(code: Any, subcode: Any = None) -> tuple[Failure, str]:
    """What a number of Meta's means; an unknown one is final, with the number in the words."""
    known = read_number(code)
    found = _find_meaning(known, read_number(subcode)) if known is not None else None
    if found:
        return found[0], str(found[1])
    named = "?" if known is None else known
    return Failure.FINAL, _now("Meta rechazó el mensaje (código %(code)s). Avisá a quien administra el sistema.") % {
        "code": named
    }


def known_words(code: str) -> str:
    """What a number of Meta's means, '' where it is not known."""
    known = read_number(code)
    found = _KNOWN.get(known) if known is not None else None
    return str(found[1]) if found else ""


def make_error(error: Any, status: int, after: float = 0) -> OriginError:
    """The error of an answer (`status`: HTTP) or of a failed receipt (`status` 0), whatever it looks like.

    `after`: seconds that the network itself named.
    """
    error = error if isinstance(error, dict) else {}
    code, subcode = read_number(error.get("code")), read_number(error.get("error_subcode"))
    if code == 0 and (status == 401 or _OF_TOKEN.search(read_if_text(error.get("message"), 300))):
        return OriginError(str(_TOKEN), failure=Failure.ACCOUNT, after=after, code="0")
    if code is not None and (status < 400 or _find_meaning(code, subcode)):
        failure, words = find_failure(code, subcode)
        return OriginError(words, failure=failure, after=after or AFTER.get(code, 0), code=str(code))
    named = str(status) if code is None else str(code)
    if status == 429 or status >= 500 or status == 408:
        return OriginError(str(_BUSY), failure=Failure.RETRY, after=after, code=named)
    if code is not None:
        return OriginError(find_failure(code)[1], code=named)
    if status == 401:
        return OriginError(str(_TOKEN), failure=Failure.ACCOUNT, after=after, code=named)
    return OriginError(
        _now("Meta rechazó el mensaje (HTTP %(code)s). Avisá a quien administra el sistema.") % {"code": named},
        code=named,
    )
