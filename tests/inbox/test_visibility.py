"""Every address of the house against every place of a chat: the words of a chat reach exactly those who may see it."""

import itertools
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from chats import access, expiry, moves
from chats.attachments import uploads
from chats.messages import replies, scheduled
from chats.models import Broadcast, Message, Template
from contacts.joining import join_cards
from contacts.place import Place, Viewer, may_see
from inbox import drafts
from inbox.contact_csv import running
from reports import exporting, periods, reading, rollup
from reports.events import MEASURES
from tests import people
from tests.inbox.pages import HTMX, REASON, SECRET, signed_in
from trays.models import Agent, Tray

OPEN = ("home", "login", "setup", "healthz", "readyz", "metrics", "webhook", "outgoing_file", "reached", "logout",
        "manifest", "service_worker", "offline")  # fmt: skip


@pytest.fixture
def crowd(ana, bruno, caio, sofia, ventas, soporte):
    admin = people.hire("admin", role="agent", is_superuser=True)
    return {"ana": ana, "bruno": bruno, "caio": caio, "sofia": sofia, "admin": admin}


def private_chat(place, crowd, ventas):
    """A chat with a secret text, note, reason and file in it, in this place."""
    ana = crowd["ana"]
    origin = people.http_origin()
    people.with_bot(origin)
    chat = people.says(origin, "cust", SECRET, name="Marta").message.chat
    moves.hand_over(chat.pk, ventas)
    moves.take(chat.pk, ana)
    kept = uploads.keep_upload(SimpleUploadedFile("a.txt", SECRET.encode()))
    message = replies.send_reply(chat.pk, ana, SECRET, files=[kept])
    # on the card of another contact too
    join_cards(chat.contact, people.waiting(origin).contact, ana)
    replies.write_note(chat.pk, ana, SECRET)
    scheduled.schedule_message(chat.pk, ana, SECRET, timezone.now() + timedelta(hours=1))
    drafts.keep_draft(ana, chat.pk, SECRET, is_note=False, version=0)
    moves.send(chat.pk, ventas, ana, note=REASON)
    if place == "ventas":
        return people.fresh(chat), message
    moves.take(chat.pk, ana)
    if place in ("general", "cerradas", "personal"):
        tray = {"general": Tray.objects.general, "cerradas": Tray.objects.closed, "personal": lambda: ana.personal_tray}
        moves.send(chat.pk, tray[place](), ana)
    elif place == "expirado":
        expiry.expire(now=people.fresh(chat).session_expires_at)
    elif place == "bot":
        moves.close(chat.pk, ana)
        people.says(origin, "cust", SECRET)
    return people.fresh(chat), message


def addresses(chat, message):
    """Every address that could be of this chat, whatever kind of thing its number is of."""
    numbers = {chat.pk, chat.contact_id, message.pk, chat.scheduled.get().pk, message.attachments.get().uuid}
    trays = list(Tray.objects.values_list("pk", flat=True))
    for name in [one for one in get_resolver().reverse_dict if isinstance(one, str)]:
        if name in OPEN or name.startswith("widget"):
            continue
        for args in [(), *((number,) for number in (trays if name == "tray" else numbers))]:
            try:
                yield reverse(name, args=args)
            except NoReverseMatch:
                continue
    yield from (reverse("preview", args=[tray, chat.pk]) for tray in trays)
    yield reverse("contacts") + "?estado=BLOQUEADO"
    yield reverse("join", args=[chat.contact_id]) + "?q=4111"
    yield reverse("join", args=[chat.contact_id]) + "?q=Marta"
    yield reverse("contacts") + "?q=4111"
    yield reverse("contacts") + "?q=Marta"
    yield reverse("tray", args=[Tray.objects.general().pk]) + "?q=Marta"
    yield reverse("search") + "?q=tarjeta"
    yield reverse("search") + f"?q=tarjeta&m={message.pk}"
    yield reverse("search") + "?q=motivo"
    older = reverse("older", args=[chat.pk])
    yield older + "?antes=2100-01-01T00:00:00Z,999999"
    yield from (
        f"{older}?{part}" for part in (f"cerca={message.pk}", f"dia={message.created_at:%Y-%m-%d}", "noleido=1")
    )
    yield from (reverse("chat_files", args=[chat.pk]) + f"?clase={kind}" for kind in ("audios", "documentos"))
    yield reverse("picture", args=[chat.pk, message.attachments.get().uuid])


def made_files(crowd):
    """Each one's own file of contacts, and Sofía's of Informes: their addresses."""
    asked = {who: running.begin_export(agent) for who, agent in crowd.items()}
    for job in asked.values():
        running.carry_out(job.pk)
    period = periods.named_period(periods.WEEK, timezone.localdate())
    report = exporting.begin_export(crowd["sofia"], period, "agente", "csv")
    exporting.carry_out(report.pk)
    contacts = {who: reverse("contacts_csv_file", args=[job.pk]) for who, job in asked.items()}
    return contacts, reverse("reports-file", args=[report.pk])


def figures(chat, ana):
    """The chats behind each measure, and behind one in each grouping that counts this chat."""
    of = {"hora": "", "dia": str(timezone.localdate()), "bandeja": Tray.objects.get(name="Ventas").pk,
          "agente": ana.pk, "linea": chat.origin_id, "etiqueta": ""}  # fmt: skip
    assert set(of) == set(reading.GROUPS)
    asked = [("bandeja", "", measure) for measure in MEASURES]
    asked += [(group, of[group], measure) for group in of for measure in ("handed_over", "taken")]
    return [reverse("reports") + f"?periodo=7&por={group}&de={key}&que={measure}" for group, key, measure in asked]


def words_of(answer):
    words = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
    # what is marked as found is read in one
    return re.sub("</?mark[^>]*>", "", words)


@pytest.mark.parametrize("place", ["bot", "general", "ventas", "personal", "cerradas", "mine", "expirado"])
def test_the_words_of_a_chat_reach_exactly_who_may_see_it(place, crowd, ventas):
    chat, message = private_chat(place, crowd, ventas)
    rollup.sweep()
    contacts, report = made_files(crowd)
    behind, named = figures(chat, crowd["ana"]), f'href="{reverse("contact", args=[chat.contact_id])}"'
    urls = sorted({*addresses(chat, message), *behind, *contacts.values(), report})
    assert len(urls) > 60
    turns = itertools.cycle(({}, HTMX))
    for who, agent in crowd.items():
        may = may_see(Viewer.of(agent), Place.of(chat))
        client = signed_in(agent)
        # his own file has the contact with the chat; a supervisor's has everybody
        in_file = f'\n"{chat.contact_id}";' in words_of(client.get(contacts[who]))
        assert in_file == (may or agent.is_supervisor), who
        others = [url for url in contacts.values() if url != contacts[who]]
        assert {client.get(url).status_code for url in others} == {404}
        assert client.get(report).status_code == (200 if who == "sofia" else 403)
        if may:
            if agent.is_supervisor:
                opened = [url for url in behind if named in words_of(client.get(url))]
                assert {"handed_over", "taken"} <= {url.rpartition("=")[2] for url in opened}
            assert SECRET in words_of(client.get(reverse("contact_chat", args=[chat.contact_id]))), who
            assert SECRET in words_of(client.get(reverse("file", args=[message.attachments.get().uuid]))), who
            assert SECRET in words_of(client.get(reverse("search"), {"q": "tarjeta"})), who
            assert SECRET in words_of(client.get(reverse("search"), {"m": message.pk})), who
            assert SECRET in words_of(client.get(reverse("older", args=[chat.pk]), {"cerca": message.pk})), who
            assert "a.txt" in words_of(client.get(reverse("chat_files", args=[chat.pk]), {"clase": "documentos"})), who
            continue
        # his panes still name it, from when he had it
        client.get(reverse("chats"))
        agent.workspace.slots = [chat.pk, 0]
        agent.workspace.save()
        for url in urls:
            for headers in ({}, HTMX) if (who, place) == ("bruno", "mine") else (next(turns),):
                answer = client.get(url, headers=headers)
                assert answer.status_code < 500, url
                words = words_of(answer)
                assert "4111 " not in words, (who, url)
                assert SECRET not in words, (who, url)
                assert REASON not in words, (who, url)
                assert "a.txt" not in words, (who, url)
                assert url not in behind or named not in words, (who, url)


def test_no_action_on_a_message_that_one_may_not_see(crowd, ventas):
    chat, message = private_chat("mine", crowd, ventas)
    Message.objects.filter(pk=message.pk).update(status="failed")
    for who in ("bruno", "caio", "admin"):
        answer = signed_in(crowd[who]).post(reverse("retry", args=[message.pk]))
        assert answer.status_code == 404
    assert signed_in(crowd["sofia"]).post(reverse("retry", args=[message.pk])).status_code == 403
    assert Message.objects.get(pk=message.pk).status == "failed"
    assert signed_in(crowd["ana"]).post(reverse("retry", args=[message.pk])).status_code == 303
    assert chat


def test_the_deactivated_is_at_the_login_wherever_he_asks(crowd, ventas):
    chat, message = private_chat("general", crowd, ventas)
    clients = {}
    for who in ("ana", "sofia"):
        clients[who] = signed_in(crowd[who])
        access.deactivate_agent(crowd[who])
    for url in sorted(set(addresses(chat, message))):
        for client in clients.values():
            answer = client.get(url)
            # whoever has no link of one's own is told so, to whom no mail goes nothing is there: without a sign-in
            on_the_way_in = url.startswith((reverse("enter"), reverse("login")))
            assert answer.status_code in ((302, 404, 405, 410) if on_the_way_in else (302, 405)), url
            assert SECRET not in words_of(answer)
    assert not Agent.objects.get(username="ana").is_active


HUGE = "9" * 30


@pytest.mark.parametrize(
    "url",
    [
        *(f"/bandejas/{n}/" for n in ("0", HUGE, "9223372036854775808")),
        f"/bandejas/1/{HUGE}/", f"/chat/{HUGE}/", f"/chat/{HUGE}/pane/", f"/contactos/{HUGE}/",
        f"/contactos/{HUGE}/chat/",
        f"/contactos/{HUGE}/facts/", f"/chats/{HUGE}/messages/", f"/chats/{HUGE}/template/form/", "/bandejas/-1/",
        "/files/00000000-0000-0000-0000-000000000000/", "/files/x/", "/chat/slots/9/clear/",
    ],
)  # fmt: skip
def test_what_there_is_not_is_404(url, ana):
    assert signed_in(ana).get(url).status_code in (404, 405)


@pytest.mark.parametrize(
    "verb", ["take", "give-back", "send", "close", "reply", "note", "template", "schedule", "draft"]
)
@pytest.mark.parametrize("number", ["0", HUGE, "9223372036854775807"])
def test_no_such_chat_is_404_for_every_action(verb, number, ana):
    form = {"tray": Tray.objects.general().pk, "text": "x", "template": "1"}
    answer = signed_in(ana).post(f"/chats/{number}/{verb}/", form)
    assert answer.status_code == 404


GARBAGE = [
    "", " ", "\x00", "x" * 2000, "-1", HUGE, "2100-01-01T00:00:00Z,1", "2100-01-01,1", "0001-01-01T00:00:00+23:59,1",
    "9999-12-31T23:59:59-23:59,1", f"2026-11-22T00:00:00Z,{HUGE}", "٣", "%", "_", "\\", "';--", "<script>", "\ud83d",
    "é" * 300, "1,1", "NaN", "2026-11-22T00:00:00Z,٣",
]  # fmt: skip
PARAMETERS = {
    "/bandejas/": ("q", "orden", "after", "sin", "vencen", "linea", "etiqueta"),
    "/chat/": ("paneles", "activo"),
    "/contactos/": ("q", "estado", "origen", "bandeja", "agente", "etiqueta", "antes"),
    "/buscar/": ("q", "origen", "bandeja", "agente", "de", "fecha", "desde", "hasta", "archivo", "antes", "m"),
    "/buscar/?fecha=rango&q=hola": ("origen", "bandeja", "agente", "de", "desde", "hasta", "archivo", "antes", "m"),
    "/respuestas/": ("q", "de", "pagina"),
    "/respuestas/nueva/": ("de",),
    "/respuestas/lista/": ("q",),
}


OF_CHAT = {
    "contact": ("hasta", "ver", "cambios"),
    "older": ("antes",),
    "chat_files": ("clase", "antes"),
    "template_form": ("template",),
}
# what makes no sense in a period is told with the status 400
OF_SUPERVISORS = {
    "/supervision/": ("abierto", "de", "chat", "orden", "elegidos"),
    "/supervision/?elegidos=mover": ("de", "chat"),
    "/supervision/informes/": ("periodo", "desde", "hasta", "por"),
    "/supervision/informes/?periodo=7": ("que", "de", "desde-que"),
    "/supervision/informes/?periodo=7&que=taken": ("de",),
    "/supervision/informes/?periodo=7&que=taken&por=hora": ("desde-que",),
    "/supervision/informes/?periodo=7&que=taken&por=bandeja": ("de",),
    "/supervision/bots/": ("periodo", "bot"),
    "/supervision/bots/?periodo=7": ("bot",),
    "/supervision/lineas/": ("desde", "hasta", "linea"),
    "/supervision/lineas/?periodo=7": ("linea",),
    "/supervision/registro/": ("periodo", "desde", "hasta"),
    "/supervision/registro/?periodo=7": ("q", "clase", "como", "antes"),
    "/supervision/registro/csv/": ("periodo", "desde", "hasta"),
    "/supervision/registro/csv/?periodo=7": ("q", "clase", "como"),
    "/difusiones/": ("antes",),
    "/difusiones/nueva/": ("con", "etiqueta", "v_nombre", "para"),
}


def ask_garbage(client, page, parameters):
    """The statuses of a page whose address says each piece of garbage in these, and what it said."""
    client.raise_request_exception = False
    for value in GARBAGE:
        point = transaction.savepoint()
        said = urlencode(dict.fromkeys(parameters, value.encode("utf-8", "surrogatepass")))
        answer = client.get(f"{page}{'&' if '?' in page else '?'}{said}", follow=True)
        yield answer.status_code, value
        transaction.savepoint_rollback(point)


@pytest.mark.parametrize("page", [*PARAMETERS, *OF_CHAT])
def test_garbage_in_an_address_is_a_page_all_the_same(page, http_origin, ana):
    chat = people.held(http_origin, ana)
    parameters = PARAMETERS.get(page) or OF_CHAT[page]
    number = chat.contact_id if page == "contact" else chat.pk
    url = page if page.startswith("/") else reverse(page, args=[number])
    assert [found for found in ask_garbage(signed_in(ana), url, parameters) if found[0] != 200] == []


@pytest.mark.parametrize("page", OF_SUPERVISORS)
def test_garbage_in_an_address_of_a_supervisor_is_a_page_or_told(page, http_origin, ana, sofia):
    people.held(http_origin, ana)
    rollup.sweep()
    told = (200, 400) if page.startswith("/supervision/") and page != "/supervision/" else (200,)
    assert [found for found in ask_garbage(signed_in(sofia), page, OF_SUPERVISORS[page]) if found[0] not in told] == []


def test_garbage_in_the_address_of_a_broadcast_is_its_page(http_origin, sofia):
    template = Template.objects.create(name="novedades", body="Hola")
    made = Broadcast.objects.create(name="Primavera", origin=http_origin, template=template, author=sofia)
    url = reverse("broadcast", args=[made.pk])
    assert [found for found in ask_garbage(signed_in(sofia), url, ("ver", "desde")) if found[0] != 200] == []


@pytest.mark.parametrize("name", ["cerca", "dia"])
def test_a_place_in_a_thread_that_makes_no_sense_is_its_newest_page(name, http_origin, ana):
    chat = people.held(http_origin, ana, text="lo más nuevo")
    for value in GARBAGE:
        answer = signed_in(ana).get(reverse("older", args=[chat.pk]), {name: value.encode("utf-8", "surrogatepass")})
        assert "lo más nuevo" in answer.content.decode(), value


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("reply", {"text": "x", "client_id": "x"}),
        ("reply", {"text": "x", "client_id": "\x00"}),
        ("reply", {"text": "x", "last_seen": "x" * 50, "client_id": "{}"}),
        ("note", {"text": "x", "client_id": HUGE}),
        ("template", {"template": "\x00"}),
        ("template", {"template": HUGE}),
        ("template", {}),
        ("send", {"tray": "\x00"}),
        ("send", {"tray": "²"}),
    ],
)
def test_garbage_in_a_form_is_refused_in_words(verb, form, http_origin, ana):
    chat = people.held(http_origin, ana)
    for headers in ({}, HTMX):
        answer = signed_in(ana).post(f"/chats/{chat.pk}/{verb}/", form, headers=headers)
        assert answer.status_code in (400, 422)
    assert not chat.messages.filter(author="agent").exists()
    assert people.fresh(chat).agent == ana


@pytest.mark.parametrize(
    "form", [{"last_seen": ""}, {"last_seen": "x"}, {"last_seen": HUGE}, {"last_seen": "-5"}, {"text": "a\x00b"}]
)
def test_what_a_form_can_do_without_is_ignored(form, http_origin, ana):
    chat = people.held(http_origin, ana)
    assert signed_in(ana).post(f"/chats/{chat.pk}/reply/", {"text": "hola", **form}).status_code == 303
    assert chat.messages.filter(author="agent").count() == 1


def test_a_note_of_a_move_with_nul_is_kept_without_it(http_origin, ana, ventas):
    chat = people.held(http_origin, ana)
    answer = signed_in(ana).post(f"/chats/{chat.pk}/send/", {"tray": ventas.pk, "note": "a\x00b" + "x" * 500})
    assert answer.status_code == 303
    assert people.fresh(chat).change.note == ("ab" + "x" * 500)[:300]
