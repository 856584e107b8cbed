"""The chat in a contact's card, loaded by URL: read only, and only for who may see it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from chats.models import Chat
from contacts.models import Contact
from inbox.looking import note_looks
from inbox.pages import begin_agent_page
from inbox.views.trays import open_thread
from inbox.views.workspaces import window_context
from live.pages import asks_for_part, render_page
from trays.requests import AgentRequest


@require_GET
def show_contact_chat(request: AgentRequest, pk: int) -> HttpResponse:
    """The card's middle part. Without the right: where the chat is and since when, and nothing else."""
    context = {} if asks_for_part(request) else begin_agent_page(request) | {"nav": "contactos"}
    contact = get_object_or_404(Contact.objects.known().with_states(), pk=pk)
    chat = Chat.objects.visible_to(request.user).with_people().filter(contact=contact).first()
    context |= {"contact": contact, "chat": None, "change": contact.current}
    if chat:
        note_looks(request, [chat])
        context |= open_thread(chat) | window_context(chat)
    if asks_for_part(request):
        return render(request, "inbox/_contact_chat.html", context)
    return render_page(request, "inbox/contact_chat.html", context)


@require_GET
def show_contact_facts(request: AgentRequest, pk: int) -> HttpResponse:
    """What the chat knows of its contact: session and what the bot found out."""
    chat = get_object_or_404(Chat.objects.visible_to(request.user).with_people(), contact=pk)
    return render(request, "inbox/_contact_facts.html", {"chat": chat})
