"""The screens as plain pages and as HTMX asks for them: what they show, and at what cost."""

import pytest
from django.db import transaction
from django.urls import reverse

from chats import expiry, messages, moves
from chats.models import Chat, Template, Workspace
from tests import people
from tests.inbox.pages import HTMX, signed_in
from trays.models import Tray

# screen: the queries of it, the two of the sign-in among them
QUERIES = {"tray": 10, "preview": 16, "preview alone": 8, "chat": 21, "pane": 15, "contacts": 17, "contact": 18,
           "contact_chat": 18, "search": 23, "search, opened": 33, "older": 14, "around": 17,
           "chat_files": 12, "picture": 14}  # fmt: skip
OF_FILES = {"chat_files", "picture"}


def with_picture(chat, mime="image/png"):
    """A file more of the customer's."""
    said = people.says(chat.origin, chat.contact.addresses.get().value, "", kind="document").message
    size = {"width": 2, "height": 1} if mime == "image/png" else {}
    return said.attachments.create(chat=chat, name="a.png", mime=mime, size=1, file="a.png", **size).uuid


@pytest.mark.parametrize("screens", [QUERIES.keys() - OF_FILES, OF_FILES], ids=["plain", "of files"])
def test_a_screen_asks_as_often_for_thirty_as_for_one(screens, http_origin, ventas, ana, django_assert_num_queries):
    client = signed_in(ana)
    chat = people.waiting(http_origin, ventas, name="Uno")
    mine = people.held(http_origin, ana, ventas, name="Propio")
    tray, preview = reverse("tray", args=[ventas.pk]), reverse("preview", args=[ventas.pk, chat.pk])
    urls = {
        "tray": tray,
        "preview": preview,
        "preview alone": preview,
        "chat": reverse("chat", args=[mine.pk]),
        "pane": reverse("pane", args=[mine.pk]),
        "contacts": reverse("contacts"),
        "contact": reverse("contact", args=[mine.contact_id]),
        "contact_chat": reverse("contact_chat", args=[mine.contact_id]),
        "search": reverse("search") + "?q=hola",
        "older": reverse("older", args=[mine.pk]),
        "around": reverse("older", args=[mine.pk]) + "?noleido=1",
        "chat_files": reverse("chat_files", args=[mine.pk]) + "?clase=documentos",
        "picture": reverse("picture", args=[mine.pk, with_picture(mine)]) if "picture" in screens else "",
        "search, opened": reverse("search") + f"?q=hola&m={mine.messages.filter(direction='in').earliest('id').pk}",
    }

    def ask_all():
        for screen in sorted(screens):
            headers = {**HTMX, "HX-Current-URL": f"http://testserver{tray}"} if screen == "preview alone" else {}
            # what one screen stores is not there for the next
            point = transaction.savepoint()
            with django_assert_num_queries(QUERIES[screen], info=screen):
                assert client.get(urls[screen], headers=headers).status_code == 200
            transaction.savepoint_rollback(point)

    for screen in ("chat", *sorted(screens)):
        client.get(urls[screen])
    ask_all()
    for number in range(29):
        people.waiting(http_origin, ventas, name=f"Otro {number}")
        people.held(http_origin, ana, ventas, name=f"Otro propio {number}")
        people.says(http_origin, mine.contact.addresses.get().value, f"mensaje {number}")
        if screens == OF_FILES:
            with_picture(mine, "text/plain")
            with_picture(mine)
        people.says(http_origin, chat.contact.addresses.get().value, f"mensaje {number}")
    ask_all()


def test_the_longest_waiting_stands_first(http_origin, ventas, ana):
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    people.waiting(http_origin, ventas, name="Hace poco", at=now - timedelta(minutes=2))
    people.waiting(http_origin, ventas, name="Hace mucho", at=now - timedelta(minutes=50))
    page = signed_in(ana).get(reverse("tray", args=[ventas.pk])).content.decode()
    assert page.index("Hace mucho") < page.index("Hace poco")
    assert "50 min" in page


def test_a_long_tray_is_paged_by_key(http_origin, ventas, ana):
    from datetime import timedelta

    from django.utils import timezone

    start = timezone.now() - timedelta(hours=3)
    for number in range(55):
        people.waiting(http_origin, ventas, name=f"Cliente {number:02}", at=start + timedelta(minutes=number))
    client = signed_in(ana)
    first = client.get(reverse("tray", args=[ventas.pk]))
    assert len(first.context["rows"].chats) == 50
    # new rows would stand out of order before a further page: this list takes none by push
    assert f'id="rows-{ventas.pk}"' not in first.content.decode()
    second = client.get(reverse("tray", args=[ventas.pk]), {"after": first.context["rows"].after})
    assert [str(c.contact) for c in second.context["rows"].chats] == [f"Cliente {n}" for n in range(50, 55)]
    assert client.get(reverse("tray", args=[ventas.pk]), {"after": "garbage"}).status_code == 200


def test_without_scripts_the_forms_do_the_whole_way(http_origin, ventas, soporte, ana):
    client = signed_in(ana)
    chat = people.waiting(http_origin, ventas)
    page = client.get(reverse("preview", args=[ventas.pk, chat.pk])).content.decode()
    assert f'action="{reverse("take", args=[chat.pk])}"' in page

    taken = client.post(reverse("take", args=[chat.pk]))
    assert (taken.status_code, taken.url) == (303, reverse("chat", args=[chat.pk]))
    said = client.post(reverse("reply", args=[chat.pk]), {"text": "Hola, soy Ana"})
    assert (said.status_code, said.url) == (303, reverse("chat", args=[chat.pk]))
    assert "Hola, soy Ana" in client.get(said.url).content.decode()
    client.post(reverse("note", args=[chat.pk]), {"text": "una nota"})
    assert chat.messages.filter(direction="note", text="una nota").exists()

    sent = client.post(reverse("send", args=[chat.pk]), {"tray": soporte.pk, "note": "es de ellos"})
    assert sent.status_code == 303
    # Ana has no access to Soporte: she is shown where the chat is, and nothing of it
    assert sent.url == reverse("contact", args=[chat.contact_id])
    card = client.get(reverse("contact_chat", args=[chat.contact_id])).content.decode()
    assert "Soporte" in card
    assert "Hola, soy Ana" not in card


def test_htmx_gets_the_main_part_of_where_the_chat_is(http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas)
    answer = signed_in(ana).post(reverse("take", args=[chat.pk]), headers=HTMX)
    assert answer.status_code == 200
    assert answer["HX-Push-Url"] == reverse("chat", args=[chat.pk])
    text = answer.content.decode()
    assert '<main class="wa-main"' in text
    assert "<html" not in text


def test_going_back_in_the_history_gets_a_whole_page(http_origin, ventas, ana):
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    page = signed_in(ana).get(reverse("tray", args=[ventas.pk]), headers=headers)
    assert "<html" in page.content.decode()


def test_who_loses_the_race_reads_who_has_it(http_origin, ventas, ana, bruno):
    chat = people.held(http_origin, bruno, ventas)
    plain = signed_in(ana).post(reverse("take", args=[chat.pk]))
    assert plain.status_code == 409
    assert "Ya lo tomó Bruno Paz" in plain.content.decode()
    quick = signed_in(ana).post(reverse("take", args=[chat.pk]), headers=HTMX)
    assert quick.status_code == 409
    assert "Bruno Paz" in quick["HX-Trigger"].encode().decode("unicode_escape")
    assert people.fresh(chat).agent == bruno


def test_nobody_waits(ana):
    plain = signed_in(ana).post(reverse("take_next"))
    assert (plain.status_code, plain.url) == (303, reverse("inbox"))
    quick = signed_in(ana).post(reverse("take_next"), headers=HTMX)
    assert quick.status_code == 204
    assert "Nadie espera" in quick["HX-Trigger"]


def test_the_layout_and_the_open_panes_survive(http_origin, ventas, ana):
    client = signed_in(ana)
    chats = [people.held(http_origin, ana, ventas) for _ in range(3)]
    client.get(reverse("chats"), {"paneles": "4"})
    for chat in chats:
        client.get(reverse("chat", args=[chat.pk]))
    space = Workspace.objects.get(agent=ana)
    assert space.panes == 4
    assert {pk for pk in space.slots if pk} == {chat.pk for chat in chats}
    page = client.get(reverse("chats")).content.decode()
    assert all(f'id="pane-{chat.pk}"' in page for chat in chats)


def test_a_pane_that_was_moved_on_says_by_whom_and_shows_no_message(http_origin, ventas, soporte, ana, sofia):
    chat = people.held(http_origin, ana, ventas, text="el secreto")
    client = signed_in(ana)
    client.get(reverse("chat", args=[chat.pk]))
    moves.send(chat.pk, soporte, sofia)
    pane = client.get(reverse("pane", args=[chat.pk])).content.decode()
    assert "Sofía lo envió a Soporte" in pane
    assert "el secreto" not in pane


def test_a_template_reopens_from_the_card(http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas, name="Óscar Maidana")
    expiry.expire(now=chat.session_expires_at)
    template = Template.objects.create(name="Aviso", body="Hola {{nombre}}, llegó {{producto}}")
    client = signed_in(ana)
    form = client.get(reverse("template_form", args=[chat.pk])).content.decode()
    assert 'value="Óscar"' in form
    wrong = client.post(reverse("template", args=[chat.pk]), {"template": template.pk, "v_nombre": "Óscar"})
    assert wrong.status_code == 422
    assert "producto" in wrong.content.decode()
    right = {"template": template.pk, "v_nombre": "Óscar", "v_producto": "la pieza"}
    assert client.post(reverse("template", args=[chat.pk]), right).status_code == 303
    chat = people.fresh(chat)
    assert (chat.state, chat.agent) == ("AGENTE", ana)
    assert chat.messages.get(kind="template").text == "Hola Óscar, llegó la pieza"


def test_contacts_are_found_by_name_number_and_place(http_origin, ventas, ana, caio):
    people.waiting(http_origin, ventas, name="Marta Gómez", sender="+598 99 111")
    people.held(http_origin, caio, name="Julio Paz")
    client = signed_in(ana)

    def names(**filters):
        return {str(c) for c in client.get(reverse("contacts"), filters).context["contacts"]}

    assert names() == {"Marta Gómez", "Julio Paz"}
    assert names(q="gÓmez") == {"Marta Gómez"}
    assert names(q="99 111") == {"Marta Gómez"}
    assert names(estado="AGENTE") == {"Julio Paz"}
    assert names(bandeja=str(ventas.pk)) == {"Marta Gómez"}
    assert names(agente=str(caio.pk)) == {"Julio Paz"}
    assert names(estado="nada", bandeja="x") == {"Marta Gómez", "Julio Paz"}
    # everyone is in the list; what Ana may not see is marked
    hidden = {str(c) for c in client.get(reverse("contacts")).context["contacts"] if c.is_hidden}
    assert hidden == {"Julio Paz"}


def test_markup_from_outside_is_shown_as_text(http_origin, ventas, ana):
    evil = "<img src=x onerror=alert(1)>{{ 7|add:7 }}"
    chat = people.waiting(http_origin, ventas, name=evil, text=evil)
    client = signed_in(ana)
    for url in (
        reverse("tray", args=[ventas.pk]),
        reverse("preview", args=[ventas.pk, chat.pk]),
        reverse("contacts"),
        reverse("contact", args=[chat.contact_id]),
        reverse("contact_chat", args=[chat.contact_id]),
    ):
        page = client.get(url).content.decode()
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_a_sent_form_is_one_message_however_often_it_comes(http_origin, ventas, ana):
    chat = people.held(http_origin, ana, ventas)
    client = signed_in(ana)
    form = {"text": "una vez", "client_id": "7f5c2b9e-0d4e-4a41-9a6c-111111111111"}
    for _ in range(3):
        assert client.post(reverse("reply", args=[chat.pk]), form).status_code == 303
    assert chat.messages.filter(text="una vez").count() == 1
    assert client.post(reverse("reply", args=[chat.pk]), {**form, "client_id": "x"}).status_code == 400


def test_a_supervisor_moves_a_chat_out_of_anothers_personal_tray(http_origin, ventas, soporte, ana, sofia):
    personal = Tray.objects.get(owner=ana)
    chat = people.waiting(http_origin, personal)
    assert signed_in(sofia).post(reverse("send", args=[chat.pk]), {"tray": soporte.pk}).status_code == 303
    assert people.fresh(chat).tray == soporte
    assert Chat.objects.count() == 1
    assert messages
