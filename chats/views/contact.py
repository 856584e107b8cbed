"""The chat in a contact's card, loaded by URL: read only, and only for who may see it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from chats import messaging, thread
from chats.models import Chat, Template
from chats.views.trays import opened
from contacts.models import Contact
from trays.pages import begin, show


@require_GET
def contact_chat(request: HttpRequest, pk: int) -> HttpResponse:
    """The card's middle part. Without the right: where the chat is and since when, and nothing else."""
    contact = get_object_or_404(Contact.objects.with_states(), pk=pk)
    chat = Chat.objects.visible_to(request.user).with_people().filter(contact=contact).first()
    context = {"contact": contact, "chat": None, "change": contact.current}
    if chat:
        context |= opened(chat)
    if request.htmx:
        return render(request, "chats/_card_chat.html", context)
    return show(request, "chats/contact_chat.html", begin(request) | context | {"nav": "contactos"})


@require_GET
def contact_facts(request: HttpRequest, pk: int) -> HttpResponse:
    """What the chat knows of its contact: session and what the bot found out."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), contact=pk)
    return render(request, "chats/_facts_card.html", {"chat": chat})


@require_GET
def older(request: HttpRequest, pk: int) -> HttpResponse:
    """An older page of a thread."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    context = {"chat": chat, "thread": thread.read(chat, request.GET.get("antes", ""))}
    return render(request, "chats/_older.html", context)


@require_GET
def template_form(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog *Enviar plantilla*: choice, variables, preview."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), pk=pk)
    usable = Template.objects.filter(is_active=True, origin__in=[chat.origin_id]) | Template.objects.filter(
        is_active=True, origin=None
    )
    templates = list(usable.order_by("name")[:100])
    wanted = request.GET.get("template", "")
    chosen = next((one for one in templates if str(one.pk) == wanted), templates[0] if templates else None)
    values = []
    if chosen:
        for name in messaging.variables_of(chosen):
            given = request.GET.get(f"v_{name}", "")[: messaging.LONGEST_VALUE]
            if not given and name in ("nombre", "name", "1"):
                given = chat.contact.name.split(" ")[0][: messaging.LONGEST_VALUE]
            values.append({"name": name, "label": name.replace("_", " ").capitalize(), "value": given})
    context = {
        "chat": chat, "templates": templates, "chosen": chosen, "values": values,
        "pieces": _pieces(chosen, {v["name"]: v["value"] for v in values}) if chosen else [],
        "longest": messaging.LONGEST_VALUE,
    }  # fmt: skip
    if request.htmx:
        return render(request, "chats/_template_form.html", context)
    return show(request, "chats/template_form.html", begin(request) | context | {"nav": "contactos"})


def _pieces(template: Template, values: dict[str, str]) -> list[dict[str, str]]:
    """The body cut at its variables, for the preview: {text} and {name, value} in order."""
    pieces, end = [], 0
    for match in messaging.VARIABLE.finditer(template.body):
        pieces.append({"text": template.body[end : match.start()]})
        pieces.append({"name": match[1], "value": values.get(match[1], "")})
        end = match.end()
    return [*pieces, {"text": template.body[end:]}]
