"""*Enviar plantilla*: the dialog with its choice, its variables and a true preview, and the sending."""

import contextlib
from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from chats import moves, window
from chats.attachments import file_types, uploads
from chats.errors import Rejected, Rejection
from chats.messages import replies, rows
from chats.messages import templates as message_templates
from chats.messages.templates import HEADER_TYPES, max_value_chars, say_header_rule
from chats.models import Attachment, Chat, Template
from common.names import show_name
from contacts.models import State
from inbox.actions import chat_action
from inbox.addresses import place_url
from inbox.kept_words import take_words
from inbox.pages import begin_agent_page
from inbox.views.chat_actions import open_chat
from inbox.views.message_actions import read_form_id
from live.pages import asks_for_part, render_page
from trays.requests import AgentRequest

MAX_TEMPLATES = 200
# what a header takes, by its format


@require_GET
def show_template_dialog(request: AgentRequest, pk: int) -> HttpResponse:
    """The dialog: choice, variables, preview."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    return _show_dialog(request, chat, take_words(request, reverse("template", args=[pk])) or request.GET)


def _form_page(request: AgentRequest, pk: int) -> str:
    """The dialog as a page; where the chat is, for who may not see it any more."""
    chat = get_object_or_404(Chat.objects.with_people(), pk=pk)
    if Chat.objects.visible_to(request.user).filter(pk=pk).exists():
        return reverse("template_form", args=[pk])
    return place_url(chat, request.user)


@chat_action(page=_form_page)
def send_template(request: AgentRequest, pk: int) -> HttpResponse:
    """Send a template: `template` is its id, its variables are `v_<name>` or `<name>`, `header` its file."""
    chat = Chat.objects.with_people().get(pk=pk)
    # asked before a file is written to disk for a chat that another holds
    if chat.state == State.AGENTE:
        replies.check_holder(chat, request.user)
    else:
        moves.authorise("reopen", chat, request.user)
    chosen = next((one for one in _usable_templates(chat) if str(one.pk) == request.POST.get("template", "")), None)
    if chosen is None:
        return _show_dialog(
            request, chat, request.POST, error=_("Esa plantilla ya no se puede usar. Elegí otra"), status=422
        )
    values = {name: _posted_value(request.POST, name) for name in message_templates.variables_of(chosen)}
    errors = _check_values(values, max_value_chars(chosen))
    header = _keep_header(request, chosen, errors)
    if errors:
        return _show_dialog(request, chat, request.POST, errors=errors, status=422)
    try:
        message = message_templates.send_template(
            pk, request.user, chosen, values, client_id=read_form_id(request), header_file=header
        )
    except Rejected as refusal:
        if refusal.code != Rejection.INVALID:
            raise
        return _show_dialog(request, chat, request.POST, error=refusal.message, status=422)
    return open_chat(request, message.chat, _("Plantilla enviada"))


def _usable_templates(chat: Chat) -> list[Template]:
    return list(Template.objects.usable_on(chat.origin).order_by("name", "language", "id")[:MAX_TEMPLATES])


def _posted_value(given: Mapping[str, Any], name: str) -> str:
    value = given.get(f"v_{name}", given.get(name, ""))
    return " ".join(rows.clean_text(str(value)).split())


def _check_values(values: dict[str, str], most: int) -> dict[str, str]:
    """What is wrong with each variable, in words."""
    errors = {}
    for name, value in values.items():
        if not value:
            errors[name] = _("Falta completar este dato")
        elif len(value) > most:
            errors[name] = _("Tiene %(n)s caracteres; entran %(most)s") % {"n": len(value), "most": most}
    return errors


def _keep_header(request: AgentRequest, chosen: Template, errors: dict[str, str]) -> Attachment | None:
    """The file of its header, kept; what is wrong with it goes to `errors`."""
    if chosen.header_format not in HEADER_TYPES:
        return None
    upload = request.FILES.get("header")
    if upload is None:
        errors["header"] = _("Adjuntá el archivo del encabezado")
        return None
    with contextlib.suppress(OSError):
        if 0 < (upload.size or 0) <= uploads.MAX_UPLOAD_BYTES:
            mime = file_types.detect_type(upload.read()).mime
            upload.seek(0)
            if mime not in HEADER_TYPES[chosen.header_format].split(","):
                errors["header"] = say_header_rule(chosen.header_format)
    if errors:
        return None
    try:
        return uploads.keep_upload(upload)
    except Rejected as refusal:
        errors["header"] = refusal.message
        return None


# --- the form ----------------------------------------------------------------------------------


def _show_dialog(
    request: AgentRequest,
    chat: Chat,
    given: Mapping[str, Any],
    *,
    errors: dict[str, str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    reason = _out_of_reach(chat)
    templates = [] if reason else _usable_templates(chat)
    wanted = given.get("template", "")
    chosen = next((one for one in templates if str(one.pk) == wanted), templates[0] if templates else None)
    context: dict[str, Any] = {"chat": chat, "templates": templates, "chosen": chosen, "error": error}
    if chosen:
        context |= _fill_template(chat, chosen, given, errors or {})
    else:
        context["reason"] = reason or _why_none(chat)
    if asks_for_part(request):
        return render(request, "inbox/_template_form.html", context, status=status)
    response = render_page(
        request, "inbox/template_form.html", begin_agent_page(request) | context | {"nav": "contactos"}
    )
    response.status_code = status
    return response


def _fill_template(chat: Chat, chosen: Template, given: Mapping[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    """The fields of a template with what was written in them, and its preview."""
    fields, most = [], max_value_chars(chosen)
    for name in message_templates.variables_of(chosen):
        value = str(given.get(f"v_{name}", given.get(name, "")))[: 4 * most]
        if not value and f"v_{name}" not in given and name in ("nombre", "name", "1"):
            value = show_name(chat.contact.name).split(" ")[0][:most]
        fields.append(
            {"name": name, "label": _variable_label(chosen, name), "value": value, "error": errors.get(name, "")}
        )
    values = {field["name"]: field["value"] for field in fields}
    # an empty one is shown by what the form calls it
    labels = {field["name"]: field["label"].lower() for field in fields}
    return {
        "labels": labels,
        "fields": fields,
        "longest": most,
        "header_pieces": _cut_at_variables(chosen.header, values, "header_"),
        "pieces": _cut_at_variables(chosen.body, values),
        "buttons": [
            {
                "text": str(button.get("text", "")),
                "type": str(button.get("type", "")).upper(),
                "carries": _cut_at_variables(_button_text(button), values, as_name=f"button_{number}"),
            }
            for number, button in enumerate(chosen.buttons)
        ],
        "header_media": chosen.header_format if chosen.header_format in HEADER_TYPES else "",
        "accept": HEADER_TYPES.get(chosen.header_format, ""),
        "header_error": errors.get("header", ""),
    }


def _button_text(button: Mapping[str, Any]) -> str:
    """What a button carries, as a text with its variable."""
    return "{{1}}" if button.get("type") == "COPY_CODE" else str(button.get("url") or "")


def _cut_at_variables(text: str, values: dict[str, str], prefix: str = "", as_name: str = "") -> list[dict[str, str]]:
    """A text cut at its variables, for the preview: {text} and {name, value} in order."""
    pieces, end = [], 0
    for match in message_templates.VARIABLE.finditer(text):
        name = as_name or f"{prefix}{match[1]}"
        pieces.append({"text": text[end : match.start()]})
        pieces.append({"name": name, "value": values.get(name, "").strip()})
        end = match.end()
    return [*pieces, {"text": text[end:]}]


def _variable_label(chosen: Template, name: str) -> str:
    """A variable as the form calls it."""
    if name.startswith("header_"):
        inner = name.removeprefix("header_")
        return _("Encabezado: %(name)s") % {"name": _plain_name(inner)}
    number = name.removeprefix("button_")
    if name.startswith("button_") and number.isdecimal() and int(number) < len(chosen.buttons):
        button = chosen.buttons[int(number)]
        words = (
            _("Botón “%(text)s”: código")
            if button.get("type") == "COPY_CODE"
            else _("Botón “%(text)s”: final del enlace")
        )
        return words % {"text": button.get("text", "")}
    plain = _plain_name(name)
    return plain[:1].upper() + plain[1:]


def _plain_name(name: str) -> str:
    return _("dato %(n)s") % {"n": name} if name.isdecimal() else name.replace("_", " ")


def _out_of_reach(chat: Chat) -> str:
    """A network without templates takes ours as a text, and so only while a person may write."""
    if chat.origin.can.remote_templates or not window.is_late(chat, timezone.now()):
        return ""
    heard = chat.last_customer_at
    if chat.origin.human_agent and heard and timezone.now() < heard + window.HUMAN_WINDOW:
        return ""
    words = _("%(network)s no tiene plantillas: pasadas las 24 h no deja escribir. Esperá a que el cliente escriba.")
    return words % {"network": chat.origin.get_kind_display()}


def _why_none(chat: Chat) -> str:
    """Why there is nothing to choose from, and what to do."""
    origin = chat.origin
    if not origin.can.remote_templates:
        return _("Un supervisor las crea en Admin, en Plantillas.")
    if origin.templates_at is None:
        return _(
            "Todavía no se trajeron de la cuenta. Un supervisor las sincroniza en Admin, en la línea %(name)s."
        ) % {"name": origin.name}
    there = Template.objects.filter(origin=origin).exclude(remote_id="")
    by_status = dict(there.exclude(status="approved").values_list("status").annotate(n=Count("pk")))
    unusable = [f"{n} {Template.Status(status).label.lower()}" for status, n in sorted(by_status.items())]
    if unusable:
        number = sum(by_status.values())
        return ngettext(
            "La cuenta tiene una y no se puede usar: %(which)s.",
            "La cuenta tiene %(n)s y ninguna se puede usar: %(which)s.",
            number,
        ) % {"n": number, "which": ", ".join(unusable)}
    return _("La cuenta no tiene ninguna. Se crean en el administrador de WhatsApp y después se sincronizan en Admin.")
