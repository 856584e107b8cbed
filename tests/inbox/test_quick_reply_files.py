"""Files that go along with quick replies, and all of them as CSV: whole or not at all, each error with its line."""

import csv
import io
import json
from itertools import chain, product

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from chats import access
from chats.attachments import conversion, removal
from chats.attachments.uploads import MAX_UPLOAD_BYTES
from chats.models import Attachment
from common import csv_rules
from inbox.models import QuickReply, QuickReplyFile
from inbox.quick_replies import csv_files, files, writing
from origins.file_rules import FilePlan
from tests import people
from tests.inbox.pages import HTMX, picture, signed_in

NEW, CSV = "/respuestas/nueva/", "/respuestas/csv/"
HEAD = "de;titulo;atajo;texto\n"


def form(*uploads, **fields):
    given = {"titulo": "Tarifas", "atajo": "tarifas", "texto": "Van adjuntas", "quien": "mia", **fields}
    return {**given, "archivos": list(uploads)} if uploads else given


def upload(name="tarifas.pdf", data=b"%PDF-1.4 tarifas"):
    return SimpleUploadedFile(name, data)


def sends(agent, text, **headers):
    data = text if isinstance(text, bytes) else text.encode()
    return signed_in(agent).post(CSV, {"archivo": SimpleUploadedFile("respuestas.csv", data)}, **headers)


def all_there_is():
    return list(QuickReply.objects.order_by("shortcut", "pk").values_list("shortcut", "title", "text", "version"))


# --- files -------------------------------------------------------------------------------------


def test_a_file_goes_along_to_whom_the_reply_is_shown(ana, bruno, caio, sofia, ventas):
    access.give_access(ventas, [sofia])
    assert signed_in(sofia).post(NEW, form(upload("../../t\u202e.pdf"), quien=ventas.pk)).status_code == 303
    file = QuickReplyFile.objects.get()
    assert (file.mime, file.size) == ("application/pdf", 16)
    assert "/" not in file.name
    url = reverse("quick_reply_file", args=[file.uuid])
    at_hand = signed_in(ana).get(reverse("quick_replies_at_hand")).json()["replies"]
    assert at_hand[0]["files"] == [
        {"uuid": str(file.uuid), "name": file.name, "mime": "application/pdf", "size": 16, "url": url}
    ]
    answer = signed_in(ana).get(url)
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 tarifas"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    for stranger in (caio, people.hire("otro"), people.hire("jefe", role="supervisor")):
        assert signed_in(stranger).get(url).status_code == 404
    access.take_access(ventas, [ana])
    assert signed_in(ana).get(url).status_code == 404


@pytest.mark.parametrize(
    ("uploads", "words"),
    [
        ([("vacio.txt", b"")], "vacio.txt está vacío"),
        ([("grande.bin", b"x" * (MAX_UPLOAD_BYTES + 1))], "grande.bin pesa más de 10 MB"),
        ([(f"{n}.txt", b"x") for n in range(4)], "Van hasta 3 archivos"),
    ],
)
def test_a_file_that_does_not_go_is_said_and_nothing_is_kept(uploads, words, ana):
    for headers in ({}, HTMX):
        answer = signed_in(ana).post(NEW, form(*(upload(*one) for one in uploads)), headers=headers)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not QuickReply.objects.exists()
    assert not QuickReplyFile.objects.exists()


def test_files_have_room_for_so_much(ana, bruno, monkeypatch):
    monkeypatch.setattr(files, "MAX_SCOPE_BYTES", 20)
    assert signed_in(ana).post(NEW, form(upload())).status_code == 303
    assert signed_in(ana).post(NEW, form(upload(), atajo="otra")).status_code == 422
    assert signed_in(bruno).post(NEW, form(upload())).status_code == 303


def test_files_that_move_with_their_reply_need_room_where_they_come_to(sofia, monkeypatch):
    client = signed_in(sofia)
    assert client.post(NEW, form(upload(data=b"x" * 12), quien="todos")).status_code == 303
    assert client.post(NEW, form(upload(data=b"x" * 12), atajo="otra")).status_code == 303
    url = reverse("quick_reply", args=[QuickReply.objects.get(owner=sofia).pk])
    file = QuickReplyFile.objects.get(reply__owner=sofia)
    monkeypatch.setattr(files, "MAX_SCOPE_BYTES", 20)
    moved = {"atajo": "otra", "quien": "todos", "version": 1}
    for uploads in ([], [upload(data=b"x")]):
        answer = client.post(url, form(*uploads, **moved))
        assert answer.status_code == 422
        assert "Los archivos de estas respuestas pasan de" in answer.content.decode()
    # what stays where it is needs no more room, and what goes needs none
    monkeypatch.setattr(files, "MAX_SCOPE_BYTES", 10)
    assert client.post(url, form(atajo="otra", version=1)).status_code == 303
    assert client.post(url, form(**{**moved, "version": 2}, quitar=[file.pk])).status_code == 303


def test_files_are_changed_with_their_reply_and_go_with_it(ana, bruno, django_capture_on_commit_callbacks):
    client = signed_in(ana)
    client.post(NEW, form(upload(), upload("foto.png", picture())))
    reply = QuickReply.objects.get()
    gone, stays = reply.files.order_by("pk")
    signed_in(bruno).post(NEW, form(upload()))
    other = QuickReplyFile.objects.get(reply__owner=bruno)
    url = reverse("quick_reply", args=[reply.pk])
    with django_capture_on_commit_callbacks(execute=True):
        # of another's reply nothing goes
        answer = client.post(url, form(upload("nuevo.txt", b"n"), version=1, quitar=[gone.pk, other.pk, "x"]))
    assert answer.status_code == 303
    assert [one.name for one in reply.files.order_by("pk")] == ["foto.png", "nuevo.txt"]
    assert not default_storage.exists(gone.file.name)
    assert default_storage.exists(stays.file.name)
    assert default_storage.exists(other.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("quick_reply_delete", args=[reply.pk]))
    assert QuickReplyFile.objects.get() == other
    assert not default_storage.exists(stays.file.name)


# --- sending -----------------------------------------------------------------------------------


def send(agent, chat, *named, **fields):
    data = {"text": "Van", "quick_files": named, **fields}
    return signed_in(agent).post(reverse("reply", args=[chat.pk]), data, headers=HTMX)


@pytest.fixture
def lent(sofia, ana, http_origin):
    """A picture of a reply of all, and a chat that ana holds."""
    signed_in(sofia).post(NEW, form(upload("foto.png", picture()), quien="todos"))
    return QuickReplyFile.objects.get(), people.held(http_origin, ana, sender="marta")


def test_a_message_shows_the_very_bytes_of_the_reply(lent, ana):
    file, chat = lent
    assert send(ana, chat, file.uuid).status_code == 200
    sent = Attachment.objects.get()
    assert (sent.file.name, sent.is_borrowed) == (file.file.name, True)
    assert (sent.name, sent.mime, sent.size) == (file.name, "image/png", file.size)
    assert (sent.width, sent.height) == (file.width, file.height) != (None, None)
    assert (sent.message.chat, sent.message.text, sent.message.kind) == (chat, "Van", "image")
    answer = signed_in(ana).get(reverse("file", args=[sent.uuid]))
    assert b"".join(answer.streaming_content) == picture()


def test_one_that_was_kept_before_its_facts_were_is_looked_at_once(lent, ana):
    file, chat = lent
    QuickReplyFile.objects.update(traits=None, width=None, height=None)
    assert send(ana, chat, file.uuid).status_code == 200
    assert Attachment.objects.get().width == file.width
    assert QuickReplyFile.objects.get().width == file.width


def test_who_may_not_use_a_reply_does_not_send_its_file(ana, bruno, sofia, ventas, http_origin):
    chat = people.held(http_origin, ana, sender="marta")
    signed_in(bruno).post(NEW, form(upload()))
    theirs = QuickReplyFile.objects.get()
    for named in (theirs.uuid, "00000000-0000-4000-8000-000000000000"):
        answer = send(ana, chat, named)
        assert answer.status_code == 422
        assert "ya no va con la respuesta" in json.loads(answer["HX-Trigger"])["toast"]["title"]
    assert send(ana, chat, "no-es-uno").status_code == 400
    assert send(ana, chat, *[theirs.uuid] * 21).status_code == 422
    assert not Attachment.objects.exists()
    assert not chat.messages.filter(author="agent").exists()
    # what does not go is said, and what goes goes
    signed_in(ana).post(NEW, form(upload("mio.pdf")))
    mine = QuickReplyFile.objects.get(reply__owner=ana)
    assert send(ana, chat, theirs.uuid, mine.uuid).status_code == 200
    assert [one.name for one in Attachment.objects.all()] == ["mio.pdf"]


def test_what_is_refused_leaves_the_bytes_where_they_are(lent, ana, bruno):
    file, chat = lent
    assert send(ana, chat, file.uuid, text="x" * 20_000).status_code == 422
    assert not Attachment.objects.exists()
    assert default_storage.exists(file.file.name)


def test_the_bytes_go_with_the_last_who_has_them(lent, ana, sofia, django_capture_on_commit_callbacks):
    file, chat = lent
    send(ana, chat, file.uuid)
    send(ana, chat, file.uuid)
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(sofia).post(reverse("quick_reply_delete", args=[file.reply_id]))
    assert not QuickReply.objects.exists()
    assert default_storage.exists(file.file.name)
    assert send(ana, chat, file.uuid).status_code == 422
    first, second = Attachment.objects.order_by("pk")
    # retention and erasure go by the same door
    removal.remove_files(Attachment.objects.filter(pk=first.pk))
    assert files.drop_unused() == 0
    assert default_storage.exists(file.file.name)
    removal.remove_files(Attachment.objects.filter(pk=second.pk))
    assert default_storage.exists(file.file.name)
    assert [files.drop_unused(), files.drop_unused()] == [1, 0]
    assert not default_storage.exists(file.file.name)
    assert not QuickReplyFile.objects.exists()


def test_messages_that_go_leave_the_reply_its_file(lent, ana):
    file, chat = lent
    send(ana, chat, file.uuid)
    small = default_storage.save("klein.webp", SimpleUploadedFile("klein.webp", b"w"))
    Attachment.objects.update(thumb=small)
    removal.remove_files(Attachment.objects.all())
    assert files.drop_unused() == 0
    assert default_storage.exists(file.file.name)
    # what was made for the message alone goes with it
    assert not default_storage.exists(small)


def test_what_a_line_takes_as_another_type_is_the_messages_own(lent, ana):
    file, chat = lent
    send(ana, chat, file.uuid)
    sent = Attachment.objects.get()
    conversion._convert_attachment(sent, FilePlan("image", "image/jpeg", becomes="image/jpeg"))
    sent.refresh_from_db()
    assert sent.file.name != file.file.name
    assert not sent.is_borrowed
    assert default_storage.exists(file.file.name)


def test_a_storage_that_fails_leaves_nothing_half_written(ana, monkeypatch):
    def fail(*_args, **_more):
        raise OSError("full")

    monkeypatch.setattr(FileSystemStorage, "_save", fail)
    answer = signed_in(ana).post(NEW, form(upload()))
    assert answer.status_code == 503
    assert not QuickReply.objects.exists()


# --- CSV ---------------------------------------------------------------------------------------


def test_what_goes_out_comes_in_as_it_was(ana, bruno, ventas):
    writes = [
        "=1+1",
        'Dice "hola"; y\nsigue',
        "Hola {nombre}",
        "'cita",
        "@a",
        "-1",
        "'=1+1",
        "''=1",
        "Hola,=A1",
        "a\n- b, '-1",
    ]
    for number, text in enumerate(writes):
        draft = writing.read_draft({"titulo": f"Número {number}", "texto": text}, csv_files.scopes.own_scope(ana))
        writing.add_reply(ana, draft)
    out = signed_in(ana).get("/respuestas/csv/todas.csv")
    assert out["Content-Disposition"] == 'attachment; filename="respuestas.csv"'
    head = '\ufeff"de";"titulo";"atajo";"texto"\r\n"mía";"Número 0";"numero-0";"\'=1+1"\r\n'
    assert out.content.startswith(head.encode())
    again = sends(ana, out.content)
    assert again.status_code == 303
    assert [text for _shortcut, _title, text, version in all_there_is() if version == 1] == writes
    assert sends(bruno, out.content).status_code == 303
    assert sorted(QuickReply.objects.filter(owner=bruno).values_list("text", flat=True)) == sorted(writes)


def test_no_spreadsheet_reads_a_formula_whatever_separates_its_cells():
    short = chain.from_iterable(product(""",;\t\n '"=a""", repeat=length) for length in range(1, 6))
    texts = ["Hola,=HYPERLINK(A1)", *map("".join, short)]
    for title in ("Una", "Una,", 'Una,"', "=Una"):
        out = csv_files.write_csv(QuickReply(title=title, shortcut="una", text=text) for text in texts)
        for delimiter in ";,\t":
            cells = chain.from_iterable(csv.reader(io.StringIO(out[1:], newline=""), delimiter=delimiter))
            assert [cell for cell in cells if cell.lstrip(' "').startswith("=")] == []
        read = [row for _line, row in csv_rules.read_rows(out.encode(), csv_files.NEEDED)]
        assert [row["texto"] for row in read] == texts
        assert {row["titulo"] for row in read} == {title}


def test_only_what_one_sees_goes_out(ana, caio, ventas, soporte):
    QuickReply.objects.create(tray=soporte, title="De Soporte", shortcut="s", text="secreta")
    QuickReply.objects.create(tray=ventas, title="De Ventas", shortcut="v", text="nuestra")
    out = signed_in(ana).get("/respuestas/csv/todas.csv").content.decode()
    assert "nuestra" in out
    assert "secreta" not in out


def test_a_file_adds_and_changes_and_twice_is_once(sofia, ventas):
    access.give_access(ventas, [sofia])
    QuickReply.objects.create(title="Viejo", shortcut="horario", text="de 9 a 18")
    text = HEAD + "todos;Horario;horario;de 9 a 19\nVENTAS;Envío;;tarda 3 días\n;Mía;;hola\n\n"
    answer = signed_in(sofia).post(CSV, {"archivo": SimpleUploadedFile("a.csv", text.encode())}, follow=True)
    assert "Nuevas: 2; cambiadas: 1; iguales: 0" in answer.content.decode()
    there = all_there_is()
    assert there == [
        ("envio", "Envío", "tarda 3 días", 1), ("horario", "Horario", "de 9 a 19", 2), ("mia", "Mía", "hola", 1),
    ]  # fmt: skip
    assert QuickReply.objects.get(shortcut="envio").tray == ventas
    assert sends(sofia, text).status_code == 303
    assert all_there_is() == there


def test_a_line_goes_to_whom_it_names_or_is_refused(sofia):
    trays = {name: people.tray(name, sofia) for name in ("Ventas 1", "Ventas-1", "Todos", "📦", "Envíos")}
    for number, one in enumerate([*trays.values(), None]):
        QuickReply.objects.create(tray=one, title="Una", shortcut="una", text=f"como estaba {number}")
    out = signed_in(sofia).get("/respuestas/csv/todas.csv").content
    assert sends(sofia, out.replace(b"como estaba", b"cambiada")).status_code == 303
    assert {one.tray and one.tray.name: one.text for one in QuickReply.objects.select_related("tray")} == {
        name: f"cambiada {number}" for number, name in enumerate([*trays, None])
    }
    before = all_there_is()
    for name, words in {
        "VENTAS 1": "Línea 3: “VENTAS 1” puede ser más de una",
        "TODOS": "Línea 3: “TODOS” puede ser más de una",
        "🎈": "Línea 3: no podés escribir en “🎈”",
    }.items():
        answer = sends(sofia, HEAD + f"ENVIOS;Buena;;hola\n{name};Otra;;hola\n")
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert all_there_is() == before


def test_all_and_ones_own_keep_their_words_where_a_tray_is_called_so(sofia):
    trays = {name: people.tray(name, sofia) for name in ("todos", "mía")}
    lines = "todos;De todos;;a\nmía;Mía;;b\ntodos (bandeja);De una;;c\nmía (bandeja);De otra;;d\n"
    assert sends(sofia, HEAD + lines).status_code == 303
    whose = {one.text: (one.owner, one.tray) for one in QuickReply.objects.all()}
    expected = {"a": (None, None), "b": (sofia, None), "c": (None, trays["todos"]), "d": (None, trays["mía"])}
    assert whose == expected


def test_what_names_a_tray_one_sees_does_not_become_ones_own(ana):
    people.tray("Mía", ana)
    for name in ("Mía", "MIA"):
        assert sends(ana, HEAD + f"{name};Una;;hola\n").status_code == 422
    assert sends(ana, HEAD + "mía;Una;;hola\n").status_code == 303
    assert QuickReply.objects.get().owner == ana


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_files_of_any_spreadsheet_are_read(encoding, delimiter, ana):
    text = "Título;Texto\r\nEnvío;mañana\r\n".replace(";", delimiter)
    assert sends(ana, text.encode(encoding)).status_code == 303
    assert all_there_is() == [("envio", "Envío", "mañana", 1)]


WRONG = {
    "Línea 3: Falta el texto": HEAD + "mia;Buena;;hola\nmia;Mala;;\n",
    "Línea 2: no podés escribir en “todos”": HEAD + "todos;Una;;hola\n",
    "Línea 2: no podés escribir en “Soporte”": HEAD + "Soporte;Una;;hola\n",
    "Línea 4: repite el atajo /una de la línea 2": HEAD + 'mia;Una;;"hola\nsigue"\nmia;Otra;una;hola\n',
    "Línea 2: Tiene 2001 caracteres": HEAD + f"mia;Una;;{'x' * 2001}\n",
    "A la primera línea le falta: titulo, texto": "a;b\n1;2\n",
    "A la primera línea le falta": "\x00\x01\x02",
    "No es un archivo CSV": HEAD + f"mia;Una;;{'x' * 200_000}\n",
    "mía: Entran 200 respuestas": HEAD + "".join(f"mia;Número {n};;x\n" for n in range(201)),
    "Tiene más de 1000 filas": HEAD + "".join(f"mia;Número {n};;x\n" for n in range(1001)),
    "y 10 más": HEAD + "mia;;;\n" * 60,
}


@pytest.mark.parametrize(("words", "text"), WRONG.items())
def test_what_is_wrong_is_said_with_its_line_and_nothing_is_written(words, text, ana, soporte):
    QuickReply.objects.create(owner=ana, title="Una", shortcut="buena", text="como estaba")
    before = all_there_is()
    for headers in ({}, HTMX):
        answer = sends(ana, text, headers=headers)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert all_there_is() == before


def test_no_file_an_empty_one_and_one_too_large_are_refused(ana):
    client = signed_in(ana)
    assert client.post(CSV).status_code == 422
    assert sends(ana, b"").status_code == 422
    assert sends(ana, b"x" * (csv_files.MAX_BYTES + 1)).status_code == 413
    assert client.post(CSV, {"archivo": "no es un archivo"}).status_code == 422
    assert client.get(CSV).status_code == 200
