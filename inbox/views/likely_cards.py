"""¿Es la misma persona?: the cards that may be of the same person as a contact, loaded by URL into its card."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chats.errors import Rejected, Rejection
from common.parsing import parse_id
from contacts import joining
from contacts.likely import find_likely
from contacts.models import Contact
from inbox.actions import action
from inbox.pages import begin_agent_page
from inbox.rejections import redirect_with_notice
from live.pages import asks_for_part, render_page
from trays.requests import AgentRequest


@require_GET
def show_likely(request: AgentRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    if asks_for_part(request):
        return _show_part(request, contact)
    context = begin_agent_page(request) | {"nav": "contactos", "contact": contact, "likely": find_likely(contact)}
    return render_page(request, "inbox/contact_likely.html", context)


@action(lambda _request, pk: reverse("likely", args=[pk]))
def tell_apart(request: AgentRequest, pk: int) -> HttpResponse:
    """POST `other`: that card is of somebody else, and not suggested any more."""
    known = Contact.objects.visible_to(request.user)
    contact = get_object_or_404(known, pk=pk)
    wanted = parse_id(request.POST.get("other", ""))
    other = known.exclude(pk=pk).filter(pk=wanted).first() if wanted else None
    if other is None:
        raise Rejected(Rejection.INVALID, _("Elegí la otra tarjeta"))
    joining.tell_apart(contact, [other], request.user)
    if request.htmx:
        return _show_part(request, contact)
    words = _("Anotado: %(name)s es otra persona") % {"name": other}
    return redirect_with_notice(request, reverse("likely", args=[pk]), words)


def _show_part(request: AgentRequest, contact: Contact) -> HttpResponse:
    return render(request, "inbox/_likely_cards.html", {"contact": contact, "likely": find_likely(contact)})
