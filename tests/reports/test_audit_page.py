"""Registro: who came in and who failed, who looked at what was not theirs, and who reads of it what."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chats import access, moves
from chats.attachments import uploads
from chats.messages import replies
from contacts.place import Place, Viewer, is_attended_by, may_see
from reports import audit_log
from tests import people
from tests.inbox.pages import HTMX, signed_in
from trays import audit
from trays.audit import What
from trays.models import AuditEntry

pytestmark = pytest.mark.django_db
ADDRESS = "/supervision/registro/"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


def noted(*fields, **filters):
    return list(AuditEntry.objects.filter(**filters).order_by("pk").values_list(*fields, flat=len(fields) == 1))


def rows_of(client, query=""):
    """The cells of each row that the page shows."""
    page = client.get(ADDRESS + query).content.decode()
    body = re.search(r"<tbody>(.*)</tbody>", page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body.group(1), re.DOTALL) if body else []
    cells = (re.findall(r"<td\b[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows)
    return [[" ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_who_signs_in_and_who_fails_is_noted_with_where_from(ana, sofia):
    browser = Client(headers={"User-Agent": CHROME}, REMOTE_ADDR="203.0.113.9")
    browser.post("/login/", {"username": "ana", "password": "otra"})
    browser.post("/login/", {"username": "mi-clave-secreta-99", "password": "x"})
    for _try in range(7):
        browser.post("/login/", {"username": "ana", "password": "otra"})
    Client(headers={"User-Agent": CHROME}).post("/login/", {"username": "ana", "password": people.PASSWORD})
    assert noted("what", "agent", "about", "address")[0] == (What.FAILED, None, ana.pk, "203.0.113.9")
    # held, and tries on: that is said once an hour
    assert noted("what").count(What.HELD) == 1
    assert noted("what", "agent", "detail", "address")[-1] == (What.SIGNED_IN, ana.pk, "Chrome, Windows", "127.0.0.1")
    # what is nobody's name may be a password
    assert not AuditEntry.objects.filter(detail__contains="mi-clave").exists()
    shown = rows_of(signed_in(sofia), "?clase=entry")
    assert shown[0][1:4] == ["AF Ana Ferreyra", "Entró", "Chrome, Windows"]
    assert ["Alguien sin cuenta", "Frenado al entrar", "usuario ana", "203.0.113.9"] in [row[1:] for row in shown]


def test_a_look_at_a_chat_that_another_holds_is_noted_once_and_ones_own_never(http_origin, ventas, ana, sofia):
    chat = people.held(http_origin, ana, ventas)
    kept = uploads.keep_upload(SimpleUploadedFile("factura.txt", b"hola"))
    replies.send_reply(chat.pk, ana, "acá va", files=[kept])
    pages = [
        reverse("chat", args=[chat.pk]), reverse("contact_chat", args=[chat.contact_id]),
        reverse("older", args=[chat.pk]), reverse("contact", args=[chat.contact_id]),
        reverse("chat_files", args=[chat.pk]), reverse("file", args=[kept.uuid]),
    ]  # fmt: skip
    for who in (ana, sofia):
        client = signed_in(who)
        for url in pages * 2:
            answer = client.get(url, follow=True)
            assert answer.status_code == 200, url
    found = noted("what", "agent", "about", "contact")
    looks = (What.CHAT, What.CARD, What.FILE)
    assert found == [(what, sofia.pk, ana.pk, chat.contact_id) for what in looks]
    assert rows_of(signed_in(sofia), "?clase=look")[-1][2:4] == [
        "Abrió un chat ajeno",
        "Marta Gómez, lo tenía Ana Ferreyra",
    ]


def test_a_thread_that_is_opened_from_the_search_is_looked_at_too(http_origin, ventas, ana, sofia):
    chat = people.held(http_origin, ana, ventas)
    for who in (ana, sofia):
        page = signed_in(who).get(reverse("search"), {"m": chat.messages.exclude(kind="move").first().pk})
        assert page.context["chat"] == chat
    assert noted("what", "agent", "about", "contact") == [(What.CHAT, sofia.pk, ana.pk, chat.contact_id)]


def test_the_trays_that_one_attends_are_ones_own_and_closed_and_expired_chats_are_not(http_origin, ventas, ana, sofia):
    waits = people.waiting(http_origin, ventas)
    closed = people.held(http_origin, ana, ventas, sender="otra")
    moves.close(closed.pk, ana)
    client = signed_in(ana)
    for chat in (waits, people.fresh(closed)):
        url = reverse("preview", args=[chat.tray_id, chat.pk])
        assert client.get(url).status_code == 200
        list_of = f"http://testserver{reverse('tray', args=[chat.tray_id])}"
        assert client.get(url, headers={**HTMX, "HX-Current-URL": list_of}).status_code == 200
    assert noted("agent", "contact") == [(ana.pk, closed.contact_id)]


def test_who_may_open_it(client, ana, caio, sofia):
    marcela = people.hire("marcela", is_superuser=True, role="agent")
    for who, status in ((ana, 403), (sofia, 200), (marcela, 200)):
        for url in (ADDRESS, f"{ADDRESS}csv/"):
            assert signed_in(who).get(url).status_code == status, (who, url)
    # the tabs that are not for her are not there
    assert reverse("reports") not in signed_in(marcela).get(ADDRESS).content.decode()


def test_a_supervisor_reads_no_name_of_a_chat_that_she_may_not_see(http_origin, ventas, ana, sofia):
    """And a search by that name finds nothing of it, nor does the file say it."""
    seen = people.held(http_origin, ana, ventas, name="Rosa Visible")
    hidden = people.waiting(http_origin, ventas, name="Oculta Pérez", sender="2")
    for chat in (seen, hidden):
        assert may_see(Viewer.of(sofia), Place.of(chat)) == (chat == seen)
        audit.note(What.CHAT, ana, contact=chat.contact_id)
    client = signed_in(sofia)
    assert [row[3] for row in rows_of(client)] == [f"contacto n.º {hidden.contact_id}", "Rosa Visible"]
    assert len(rows_of(client, "?q=Rosa")) == 1
    assert rows_of(client, "?q=Oculta") == []
    assert "Oculta" not in b"".join(client.get(f"{ADDRESS}csv/")).decode()
    access.give_access(ventas, [sofia])
    assert [row[3] for row in rows_of(client, "?q=Oculta")] == ["Oculta Pérez"]


def test_it_is_filtered_by_person_role_kind_and_date(ana, bruno, sofia):
    audit.note(What.ACCESS_GIVEN, sofia, about=ana, thing="Ventas")
    audit.note(What.PASSWORD, ana)
    AuditEntry.objects.create(at=timezone.now() - timedelta(days=9), kind="entry", what=What.SIGNED_IN, agent=bruno)
    client = signed_in(sofia)
    whats = {
        "": ["Cambió su contraseña", "Dio acceso a Ventas"],
        "?q=ferreyra+ana": ["Cambió su contraseña", "Dio acceso a Ventas"],
        "?q=ana&como=hizo": ["Cambió su contraseña"],
        "?q=ana&como=le-hicieron": ["Dio acceso a Ventas"],
        "?clase=change": ["Dio acceso a Ventas"],
        "?periodo=30&clase=entry": ["Cambió su contraseña", "Entró"],
        "?q=nadie": [],
        "?clase=disparate&como=x": ["Cambió su contraseña", "Dio acceso a Ventas"],
    }
    assert {query: [row[2] for row in rows_of(client, query)] for query in whats} == whats
    assert client.get(f"{ADDRESS}?desde=ayer&hasta=").status_code == 400


def test_it_is_paged_by_key_with_as_many_statements_for_many_rows_as_for_one(sofia, ana, monkeypatch, http_origin):
    chats = [people.held(http_origin, ana, sender=str(number)) for number in range(6)]
    client = signed_in(sofia)
    client.get(ADDRESS)
    counts = []
    for one in chats:
        audit.note(What.CHAT, sofia, contact=one.contact_id, about=ana)
        with CaptureQueriesContext(connection) as asked:
            client.get(ADDRESS)
        counts.append(len(asked))
    assert counts[0] == counts[-1]
    monkeypatch.setattr(audit_log, "PAGE_SIZE", 4)
    first = client.get(ADDRESS).context["page"]
    second = client.get(ADDRESS, {"antes": first.older}).context["page"]
    assert [len(first.lines), len(second.lines), bool(second.older)] == [4, 2, False]
    assert not {line.contact for line in first.lines} & {line.contact for line in second.lines}


def test_the_file_says_what_the_page_says_with_formulas_made_harmless_and_is_noted_itself(sofia, ana):
    audit.note(What.ADDED, ana, thing='=HYPERLINK("http://malo")', field="etiqueta")
    audit.note(What.CHANGED, ana, thing="Ventas", field="orden", old="1", new="+2")
    answer = signed_in(sofia).get(f"{ADDRESS}csv/?clase=change")
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig")), delimiter=";"))
    assert [row[2:5] for row in rows[1:]] == [
        ["Ventas: orden", "1", "'+2"],
        ['Creó etiqueta =HYPERLINK("http://malo")', "", ""],
    ]
    assert "no-store" in answer["Cache-Control"]
    assert noted("thing", "agent", what=What.EXPORTED) == [("Registro", sofia.pk)]


@pytest.mark.parametrize(
    ("place", "is_own"),
    [
        (Place("AGENTE", agent_id=1), True),
        (Place("AGENTE", agent_id=2), False),
        (Place("BANDEJA", 5, "general"), True),
        (Place("BANDEJA", 5, "custom"), True),
        (Place("BANDEJA", 5, "closed"), False),
        (Place("BANDEJA", 5, "personal", 1), True),
        (Place("BANDEJA", 5, "personal", 2), False),
        (Place("BOT"), False),
        (Place("EXPIRADO"), False),
    ],
)
def test_what_an_agent_attends(place, is_own):
    assert is_attended_by(1, place) is is_own
