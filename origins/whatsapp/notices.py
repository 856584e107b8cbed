"""Reading WhatsApp's delivery receipts and its news of templates, of the account and of its numbers."""

import re
from typing import Any

from django.utils.translation import gettext as _

from common.errors import Failure, OriginError
from common.parsing import read_if_text, read_time
from origins.facts import AccountNews, Charge, Fact, Ignored, Receipt, TemplateNews
from origins.graph_errors import make_error
from origins.whatsapp.identifiers import MAX_ID_CHARS, object_of, objects_of, read_id, read_phone

Value = dict[str, Any]
STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
# values of chats.Template.Status; a status that is missing here changes nothing
TEMPLATE_STATUS = {
    "APPROVED": "approved", "REINSTATED": "approved", "UNARCHIVED": "approved", "FLAGGED": "approved",
    "PENDING": "pending", "IN_APPEAL": "pending", "REJECTED": "rejected", "PAUSED": "paused",
    "DISABLED": "disabled", "LIMIT_EXCEEDED": "disabled", "LOCKED": "disabled", "ARCHIVED": "disabled",
    "DELETED": "deleted", "PENDING_DELETION": "deleted",
}  # fmt: skip
CATEGORIES = {"UTILITY": "utility", "MARKETING": "marketing", "AUTHENTICATION": "authentication"}
# the network's words of what it charges
_WORD = r"[a-z][a-z_-]{0,29}"
# of several errors of a message, those that concern more than the message come first
_WORST = (Failure.ACCOUNT, Failure.WINDOW, Failure.TEMPLATE)
# these restrictions stop no message
_HARMLESS = {"RESTRICTED_ADD_PHONE_NUMBER_ACTION"}


def read_receipt(item: Value) -> Fact:
    """What one of `statuses` says."""
    ref, said = read_id(item.get("id")), read_if_text(item.get("status"), 40)
    if not ref or not said:
        raise OriginError("id and status were expected")
    if item.get("recipient_type") == "group":
        return Ignored("a receipt in a group")
    if said not in STATUSES:
        return Ignored(f"a receipt of another kind: {said}")
    reason, failure, code = "", None, ""
    if said == "failed":
        worst = _find_worst_error(item)
        reason, failure, code = str(worst), worst.failure, worst.code
    sender = read_phone(item.get("recipient_id")) or read_id(item.get("recipient_user_id"))
    return Receipt(
        ref, STATUSES[said], reason, sender, read_if_text(item.get("biz_opaque_callback_data"), MAX_ID_CHARS),
        read_time(item.get("timestamp")), failure, code, _read_charge(item.get("pricing")),
    )  # fmt: skip


def _read_charge(pricing: Any) -> Charge | None:
    """None where it is not told. `billable` is about to go: what its type does not call free is paid for."""
    pricing = pricing if isinstance(pricing, dict) else {}
    category, kind = (read_if_text(pricing.get(name), 30).lower() for name in ("category", "type"))
    if not re.fullmatch(_WORD, category):
        return None
    told = pricing.get("billable")
    is_billable = told if isinstance(told, bool) else not kind.startswith("free")
    return Charge(category, kind if re.fullmatch(_WORD, kind) else "", is_billable)


def _find_worst_error(item: Value) -> OriginError:
    """Of several errors the one that says most; the first where they are alike."""
    found = [make_error(error, 0) for error in objects_of(item, "errors")]
    if not found:
        return OriginError(_("WhatsApp no entregó el mensaje y no dijo por qué. Probá de nuevo."))
    return next((error for failure in _WORST for error in found if error.failure == failure), found[0])


def read_errors_alone(value: Value) -> Fact:
    """A change of nothing but errors: of the line, not of a message."""
    if not objects_of(value, "errors"):
        return Ignored("neither messages nor statuses")
    worst = _find_worst_error(value)
    if worst.failure == Failure.ACCOUNT:
        return AccountNews(str(worst), is_trouble=True)
    return Ignored(f"errors without a message: {worst.code or 'no code'}")


def read_account_news(field: str, value: Value, account: str, time: Any) -> Fact:
    """What any other field says."""
    if field.startswith("message_template_") or field == "template_category_update":
        return _read_template_news(field, value, account)
    if field == "account_update":
        return _read_account_update(value)
    read = _NEWS.get(field)
    return read(value) if read else Ignored(f"field {field or 'without a name'}")


def _read_template_news(field: str, value: Value, account: str) -> Fact:
    remote, name = read_id(value.get("message_template_id")), read_if_text(value.get("message_template_name"), 512)
    if not remote and not name:
        raise OriginError("the template is not named")
    status = category = quality = reason = ""
    disabled_from = None
    if field == "message_template_status_update":
        status = TEMPLATE_STATUS.get(_read_word(value, "event"), "")
        reason = read_template_reason(value)
        disabled_from = read_time(object_of(value, "disable_info").get("disable_date"))
    elif field == "message_template_quality_update":
        quality = _read_word(value, "new_quality_score")[:20]
    elif field == "template_category_update":
        # for an announced change this field still holds the present category
        category = CATEGORIES.get(_read_word(value, "new_category"), "")
    language = read_if_text(value.get("message_template_language"), 12)
    return TemplateNews(account, remote, name, language, status, category, reason, quality, disabled_from)


def read_template_reason(value: Value) -> str:
    """Why it was refused, in words where we have them."""
    details, other = object_of(value, "rejection_info"), object_of(value, "other_info")
    code = _read_word(value, "reason") or _read_word(value, "rejected_reason")
    words = {
        "ABUSIVE_CONTENT": _("Contenido abusivo"),
        "INCORRECT_CATEGORY": _("La categoría no corresponde al contenido"),
        "INVALID_FORMAT": _("El formato no es válido"),
        "PROMOTIONAL": _("El contenido es promocional"),
        "SCAM": _("Meta la considera engañosa"),
        "TAG_CONTENT_MISMATCH": _("La categoría no corresponde al contenido"),
        "NONE": "",
    }.get(code, code)
    more = read_if_text(details.get("reason") or other.get("description"), 300)
    return ": ".join(one for one in (words, more) if one)[:300]


def _read_word(value: Value, name: str) -> str:
    return read_if_text(value.get(name), 60).upper()


def _read_account_update(value: Value) -> Fact:
    event = _read_word(value, "event")
    if event == "DISABLED_UPDATE" and _read_word(object_of(value, "ban_info"), "waba_ban_state") == "REINSTATE":
        event = "ACCOUNT_REINSTATED"
    if event == "ACCOUNT_RESTRICTION" and _read_restrictions(value) and _read_restrictions(value) <= _HARMLESS:
        return AccountNews(_("Meta no deja agregar números a la cuenta de WhatsApp. Los envíos siguen."))
    troubles = {
        "ACCOUNT_VIOLATION": _("La cuenta de WhatsApp no cumple una política de Meta. Revisala en Meta."),
        "ACCOUNT_RESTRICTION": _("Meta restringió la cuenta de WhatsApp. Revisala en Meta."),
        "DISABLED_UPDATE": _("Meta desactivó la cuenta de WhatsApp. Pedí una revisión en Meta."),
        "ACCOUNT_DELETED": _("La cuenta de WhatsApp se borró. Conectá otra."),
        "PARTNER_REMOVED": _("La cuenta de WhatsApp ya no está conectada con la aplicación. Conectala de nuevo."),
        "PARTNER_APP_UNINSTALLED": _("La cuenta de WhatsApp quitó la aplicación. Conectala de nuevo."),
        "ACCOUNT_OFFBOARDED": _("El número cambió de teléfono y se desconectó. Conectalo de nuevo."),
    }
    over = {
        "ACCOUNT_RECONNECTED": _("La cuenta de WhatsApp se reconectó."),
        "ACCOUNT_REINSTATED": _("Meta reactivó la cuenta de WhatsApp."),
    }
    if event in troubles:
        return AccountNews(troubles[event], is_trouble=True)
    if event in over:
        return AccountNews(over[event], clears=True)
    return AccountNews(_("Aviso de Meta sobre la cuenta de WhatsApp: %(event)s") % {"event": event or "?"})


def _read_restrictions(value: Value) -> set[str]:
    return {_read_word(one, "restriction_type") for one in objects_of(value, "restriction_info")}


def _read_review(value: Value) -> Fact:
    decision = _read_word(value, "decision")
    if decision == "REJECTED":
        return AccountNews(_("Meta rechazó la cuenta de WhatsApp. Revisala en Meta."), is_trouble=True)
    return AccountNews(_("Revisión de la cuenta de WhatsApp en Meta: %(decision)s") % {"decision": decision or "?"})


def _read_alert(value: Value) -> Fact:
    kind = _read_word(object_of(value, "alert_info") or value, "alert_type") or "?"
    return AccountNews(_("Aviso de Meta sobre la cuenta de WhatsApp: %(event)s") % {"event": kind})


def _read_quality_update(value: Value) -> Fact:
    words = {
        "FLAGGED": _("bajó la calidad de %(number)s; si sigue así, Meta limita sus envíos"),
        "UNFLAGGED": _("se recuperó la calidad de %(number)s"),
        "DOWNGRADE": _("bajó el límite de envíos de %(number)s a %(limit)s"),
        "UPGRADE": _("subió el límite de envíos de %(number)s a %(limit)s"),
    }.get(_read_word(value, "event"), _("cambió el límite de envíos de %(number)s: %(limit)s"))
    limit = _read_word(value, "current_limit") or _read_word(value, "max_daily_conversations_per_business") or "?"
    return AccountNews(_("WhatsApp: ") + words % {"number": _read_number_name(value), "limit": limit})


def _read_number_name(value: Value) -> str:
    return read_if_text(value.get("display_phone_number"), 40) or _("la línea")


def _read_name_update(value: Value) -> Fact:
    said = {"number": _read_number_name(value), "decision": _read_word(value, "decision") or "?"}
    return AccountNews(_("El nombre de %(number)s en WhatsApp: %(decision)s") % said)


def _read_capability_update(value: Value) -> Fact:
    limit = _read_word(value, "max_daily_conversations_per_business") or _read_word(
        value, "max_daily_conversation_per_phone"
    )
    return AccountNews(
        _("Cambió lo que la cuenta de WhatsApp puede enviar por día: %(limit)s") % {"limit": limit or "?"}
    )


def _read_security(value: Value) -> Fact:
    said = {"number": _read_number_name(value), "event": _read_word(value, "event") or "?"}
    return AccountNews(_("Cambio de seguridad en %(number)s de WhatsApp: %(event)s") % said)


_NEWS = {
    "account_alerts": _read_alert,
    "account_review_update": _read_review,
    "phone_number_quality_update": _read_quality_update,
    "phone_number_name_update": _read_name_update,
    "business_capability_update": _read_capability_update,
    "security": _read_security,
}
