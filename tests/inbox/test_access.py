"""Every address of the house, tried by those who may not come in."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from chats import access, moves
from chats.attachments import uploads
from chats.messages import replies
from chats.models import Message, Template
from tests import people
from tests.inbox.pages import HTMX, REASON, SECRET, signed_in
from trays.models import Tray

# these ask for a signature or a token of their own, or show nothing
OPEN = {
    "home", "login", "enter", "enter_by_link", "login_code", "forgotten", "login_sso", "login_sso_back", "login_two_steps", "setup", "healthz", "readyz", "metrics", "webhook", "outgoing_file", "reached",
    "manifest", "service_worker", "offline",
    "widget", "widget_script", "widget_demo", "widget_visitor", "widget_messages", "widget_upload", "widget_file",
}  # fmt: skip


def named_patterns():
    for pattern in get_resolver().reverse_dict:
        if isinstance(pattern, str):
            yield pattern


def address(name):
    """A URL of this name, with arguments that may or may not exist."""
    for args in ([], [1], [1, 1], ["clave"], ["clave", uuid.uuid4()], [uuid.uuid4()], [1, uuid.uuid4()]):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    raise AssertionError(name)


def test_nobody_gets_in_but_by_the_doors_that_are_listed(db, ana):
    closed = [name for name in named_patterns() if name not in OPEN]
    assert len(closed) > 20
    for name in closed:
        for method in ("get", "post"):
            answer = getattr(Client(), method)(address(name))
            assert answer.status_code in (302, 405), (name, method, answer.status_code)
            if answer.status_code == 302:
                assert answer.url.startswith(reverse("login")), name


def test_every_open_door_exists():
    assert set(named_patterns()) >= OPEN


@pytest.fixture
def private(http_origin, ventas, soporte, ana, bruno, caio, dora, sofia):
    """A chat that Bruno holds, with a secret, a note, a file and a reason in it."""
    chat = people.waiting(http_origin, ventas, name="Marta Gómez", sender="cust", text=SECRET)
    moves.take(chat.pk, ana)
    moves.send(chat.pk, ventas, ana, note=REASON)
    moves.take(chat.pk, bruno)
    replies.write_note(chat.pk, bruno, f"nota: {SECRET} @ana @caio @dora")
    kept = uploads.keep_upload(SimpleUploadedFile("a.txt", SECRET.encode()))
    chat.file = kept
    replies.send_reply(chat.pk, bruno, "acá va", files=[kept])
    return chat


def pages_of(chat):
    return [
        reverse("chat", args=[chat.pk]),
        reverse("pane", args=[chat.pk]),
        reverse("preview", args=[Tray.objects.get(name="Ventas").pk, chat.pk]),
        reverse("tray", args=[Tray.objects.get(name="Ventas").pk]),
        reverse("older", args=[chat.pk]),
        reverse("thread_day", args=[chat.pk]),
        reverse("chat_files", args=[chat.pk]) + "?clase=documentos",
        reverse("picture", args=[chat.pk, chat.file.uuid]),
        reverse("template_form", args=[chat.pk]),
        reverse("place", args=[chat.pk]),
        reverse("why", args=[chat.pk]),
        *(reverse(name, args=[chat.pk]) for name in ("snooze", "wake", "remind", "mentionable")),
        reverse("mentions"),
        reverse("card", args=[chat.pk]),
        *(reverse(name, args=[one.pk]) for one in chat.messages.all() for name in ("react", "edit", "withdraw")),
        reverse("chat", args=[chat.pk]) + f"?responder={chat.messages.first().pk}",
        reverse("contact", args=[chat.contact_id]),
        reverse("likely", args=[chat.contact_id]),
        reverse("contact_chat", args=[chat.contact_id]),
        reverse("contact_facts", args=[chat.contact_id]),
        reverse("block", args=[chat.contact_id]),
        reverse("join", args=[chat.contact_id]) + "?q=Marta",
        reverse("contacts"),
        reverse("contacts") + "?q=4111",
        reverse("palette"),
        reverse("palette_contacts") + "?q=4111",
        reverse("next_unanswered"),
        reverse("saved_views"),
        reverse("contacts") + "?estado=BLOQUEADO",
        reverse("file", args=[chat.file.uuid]),
        reverse("file", args=[chat.file.uuid]) + "?descargar",
    ]


@pytest.mark.parametrize("who", ["caio", "dora", "ana"])
@pytest.mark.parametrize("headers", [{}, HTMX, {**HTMX, "Witty-Refresh": "1"}])
def test_who_may_not_see_a_chat_finds_nothing_of_it(who, headers, private, request):
    client = signed_in(request.getfixturevalue(who))
    for url in pages_of(private):
        answer = client.get(url, headers=headers)
        assert answer.status_code in (200, 302, 404), url
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        for private_words in (SECRET, "4111 ", REASON, "acá va"):
            assert private_words not in body.decode(), url


def test_who_may_see_it_finds_it(private, bruno, sofia):
    for agent in (bruno, sofia):
        client = signed_in(agent)
        assert SECRET in client.get(reverse("chat", args=[private.pk])).content.decode()
        assert SECRET in client.get(reverse("contact_chat", args=[private.contact_id])).content.decode()
        assert REASON in client.get(reverse("contact", args=[private.contact_id])).content.decode()
        downloaded = client.get(reverse("file", args=[private.file.uuid]))
        assert b"".join(downloaded.streaming_content).decode() == SECRET
        assert downloaded["X-Content-Type-Options"] == "nosniff"
        assert downloaded["Content-Disposition"].startswith("attachment")


def test_who_lost_the_tray_and_who_was_deactivated_find_nothing(http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas, text=SECRET)
    client = signed_in(ana)
    url = reverse("preview", args=[ventas.pk, chat.pk])
    assert SECRET in client.get(url).content.decode()
    access.take_access(ventas, [ana])
    assert client.get(url).status_code == 404
    assert client.get(reverse("tray", args=[ventas.pk])).status_code == 404
    access.give_access(ventas, [ana])
    assert client.get(url).status_code == 200
    access.deactivate_agent(ana)
    assert client.get(url).url.startswith(reverse("login"))


def test_an_administrator_sees_no_chat_by_being_one(private):
    chief = people.hire("jefe", is_superuser=True, role="agent")
    client = signed_in(chief)
    assert client.get(reverse("chat", args=[private.pk])).status_code == 404
    page = client.get(reverse("contact_chat", args=[private.contact_id])).content.decode()
    assert SECRET not in page
    assert "lo tiene Bruno Paz" in page
    admin = client.get("/admin/").content.decode()
    assert not re.search(
        r"/admin/(chats/(chat|message|attachment)|contacts/(contact|address|statechange|cardchange))", admin
    )


ACTIONS = ["take", "give_back", "send", "close", "reply", "note", "template", "place", "card", "schedule"]
# these show their form to who may see the chat
FORMS = ["place", "card", "schedule"]
WISHES = {"text": "hola", "latitude": "-34.6", "longitude": "-58.4", "name": "Jorge", "phone": "+54 9 11 5555-0171"}


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_answer_get_with_the_page_unknown_404_and_foreign_403(action, private, caio, soporte):
    client = signed_in(caio)
    template = Template.objects.create(name="Aviso", body="Hola")
    form = {**WISHES, "tray": soporte.pk, "template": template.pk}
    shown = client.get(reverse(action, args=[private.pk]))
    # to who may not see the chat: its contact's card, which says where it is
    card = reverse("contact", args=[private.contact_id])
    assert shown.status_code == 404 if action in FORMS else (shown.status_code, shown.url) == (302, card)
    assert client.post(reverse(action, args=[987654]), form).status_code == 404
    before = (people.fresh(private).change_id, Message.objects.count())
    for headers in ({}, HTMX):
        answer = client.post(reverse(action, args=[private.pk]), form, headers=headers)
        # taking does not fit the place (409); the rest fits it, but the chat is another's
        assert answer.status_code == (409 if action == "take" else 403), answer.content[:300]
        assert SECRET not in answer.content.decode()
    assert (people.fresh(private).change_id, Message.objects.count()) == before


@pytest.mark.parametrize("action", ["give_back", "send", "close", "reply", "note", *FORMS])
def test_actions_that_come_after_the_move_are_told_where_it_is(action, http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas)
    answer = signed_in(ana).post(reverse(action, args=[chat.pk]), {**WISHES, "tray": ventas.pk})
    assert answer.status_code == 409
    assert "BANDEJA Ventas" in answer.content.decode()


# on one message; the last three show their form to who may see the chat
ON_MESSAGES = ["retry", "media", "react", "edit", "withdraw"]


@pytest.mark.parametrize("action", ON_MESSAGES)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_message_that_one_may_not_see_is_not_there(action, headers, private, caio, sofia):
    client, form = signed_in(caio), {"emoji": "👍", "text": "otra cosa"}
    for message in [*private.messages.all(), None]:
        url = reverse(action, args=[message.pk if message else 987654])
        for answer in (client.get(url, headers=headers), client.post(url, form, headers=headers)):
            assert answer.status_code in (404, 405), (message, answer.status_code)
            assert SECRET not in answer.content.decode()
    assert not Message.objects.exclude(own_reaction="", edited_at=None, withdrawn_at=None).exists()


@pytest.mark.parametrize("action", ["retry", "react", "edit", "withdraw"])
def test_who_sees_a_message_but_does_not_hold_the_chat_is_refused(action, private, sofia, ventas, bruno):
    said = private.messages.filter(direction="out").first()
    heard = private.messages.filter(direction="in").first()
    url = reverse(action, args=[heard.pk if action == "react" else said.pk])
    form = {"emoji": "👍", "text": "otra cosa"}
    assert signed_in(sofia).post(url, form).status_code == 403
    moves.give_back(private.pk, bruno)
    answer = signed_in(bruno).post(url, form)
    assert answer.status_code == 409
    assert "BANDEJA Ventas" in answer.content.decode()
    assert not Message.objects.exclude(own_reaction="", edited_at=None, withdrawn_at=None).exists()


@pytest.mark.parametrize("tray", ["", "x", "-1", "99999999999999999999", "١٢", "0", "987654"])
def test_a_tray_that_is_none_is_refused_in_words(tray, http_origin, ventas, ana):
    chat = people.held(http_origin, ana, ventas)
    assert signed_in(ana).post(reverse("send", args=[chat.pk]), {"tray": tray}).status_code == 422
    assert people.fresh(chat).state == "AGENTE"


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 16_385])
def test_an_answer_that_is_none_is_refused_in_words(text, http_origin, ventas, ana):
    chat = people.held(http_origin, ana, ventas)
    assert signed_in(ana).post(reverse("reply", args=[chat.pk]), {"text": text}).status_code == 422
    assert signed_in(ana).post(reverse("note", args=[chat.pk]), {"text": text}).status_code == 422
    assert not chat.messages.filter(author="agent").exists()


def test_files_are_checked_by_content_and_size(http_origin, ventas, ana):
    from io import BytesIO

    from PIL import Image

    chat = people.held(http_origin, ana, ventas)
    client = signed_in(ana)
    url = reverse("reply", args=[chat.pk])

    def sends(name, data):
        answer = client.post(url, {"text": "", "files": SimpleUploadedFile(name, data)})
        return answer.status_code, chat.messages.order_by("-id").first()

    picture = BytesIO()
    Image.new("RGB", (20, 10), "red").save(picture, "PNG")
    code, message = sends("../../etc/pass\u202egnp.exe", picture.getvalue())
    file = message.attachments.get()
    assert (code, file.mime, file.width, file.height) == (303, "image/png", 20, 10)
    assert "/" not in file.name
    assert "\u202e" not in file.name
    for name, data in (
        ("a.png", b"<script>alert(1)</script>"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("a.html", b"<!doctype html><b>x</b>"),
        ("a.png", picture.getvalue()[:40]),
    ):
        code, message = sends(name, data)
        file = message.attachments.get()
        assert (code, file.is_picture) == (303, False), name
        shown = client.get(reverse("file", args=[file.uuid]))
        assert shown["Content-Type"] in ("application/octet-stream", "text/plain"), name
        assert shown["Content-Disposition"].startswith("attachment")
    assert sends("vacio.txt", b"")[0] == 422
    assert sends("grande.bin", b"x" * (uploads.MAX_UPLOAD_BYTES + 1))[0] == 413
    long = sends("n" * 300 + ".pdf", b"%PDF-1.4 x")[1].attachments.get()
    assert len(long.name) <= 120
    assert long.name.endswith(".pdf")
