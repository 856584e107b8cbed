"""A person of whom everything is kept that can be, and every column of the database in which something can be found."""

import uuid
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from chats import access, moves
from chats.attachments import budgets, uploads
from chats.messages import blocks, parked, reminders, replies, scheduled
from chats.models import Attachment, Broadcast, Chat, Message, Recipient
from contacts import card
from contacts.joining import join_cards, separate_card
from contacts.models import AttributeDefinition, Contact, ContactNote, Tag
from inbox import drafts
from inbox.contact_csv import running as csv_running
from inbox.models import ContactCsv, DataCopy
from origins.facts import Edit, Reaction
from tests import people
from wittybots.models import Answered, Endpoint, Event, Token

PHONE, NAME, NEW_NAME = "5493415550142", "Zoraida Quinteros", "Zoraida Q. de Baigorria"
# one in each thing that anybody writes
WORD = "zorzal"
NEEDLES = (PHONE, "Zoraida", "Quinteros", "Baigorria", WORD)
# tables of a contact, chat or message in which nobody writes anything of the person
WORDLESS = {"inbox_erasure", "chats_messagefailure", "chats_messagecharge"}

_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND NOT (SELECT relispartition FROM pg_class WHERE oid = to_regclass(quote_ident(c.table_name)))
  AND (c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'tsvector')
       OR c.data_type = 'USER-DEFINED')
ORDER BY 1, 2
"""
# whatever refers to a contact, a chat or a message
_OF_PEOPLE = """
SELECT DISTINCT f.conrelid::regclass::text FROM pg_constraint f
WHERE f.contype = 'f' AND f.confrelid IN
    ('contacts_contact'::regclass, 'chats_chat'::regclass, 'chats_message'::regclass)
"""


def columns():
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return cursor.fetchall()


def find_needles(needles=NEEDLES):
    """{(table, column): a needle that stands there}, in every column of every table that can hold words."""
    found = {}
    with connection.cursor() as cursor:
        for table, column, kind in columns():
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            for needle in needles:
                found_sql = f'SELECT EXISTS (SELECT 1 FROM "{table}" WHERE {text} ILIKE %s)'  # noqa: S608
                cursor.execute(found_sql, [f"%{needle}%"])
                if cursor.fetchone()[0]:
                    found[table, column] = needle
    return found


def tables_of_people():
    """Those that refer to a contact, a chat or a message, and can hold words."""
    wordy = {table for table, _column, _kind in columns()}
    with connection.cursor() as cursor:
        cursor.execute(_OF_PEOPLE)
        return {table for (table,) in cursor.fetchall()} & wordy


def make_everything(agent, other):
    """The chat of a person of whom there is something in each table; `agent`, a supervisor, has it in the end."""
    origin = people.http_origin()
    _write_as_customer(origin)
    chat = Chat.objects.get(contact__shown_address=PHONE)
    moves.take(chat.pk, agent)
    _write_as_agents(chat, agent, other)
    _fill_card(chat.contact, agent)
    _be_told(chat, agent)
    moves.send(chat.pk, access_tray(agent), agent, note=f"motivo {WORD}")
    moves.take(chat.pk, agent)
    return people.fresh(chat)


def access_tray(agent):
    made = people.tray("Quejas")
    access.give_access(made, [agent])
    return made


def _write_as_customer(origin):
    client = Client()
    items = [
        {"id": f"wamid-{PHONE}-{n}", "from": PHONE, "name": NAME, "type": "text", "text": f"{text} {WORD}"}
        for n, text in enumerate(("Hola", "Soy Zoraida"))
    ]
    for item in items:
        answer = people.post_signed(client, origin, {"messages": [item]})
        assert answer.status_code == 200, answer.content
    place = {"id": f"wamid-{PHONE}-9", "from": PHONE, "type": "location", "latitude": 1.5, "longitude": 2.5}
    people.post_signed(client, origin, {"messages": [place | {"address": f"calle {WORD}"}]})
    budgets.spend(budgets.budgets_of(origin, PHONE, "10.0.0.1"), 10)
    parked.park_fact(origin, Edit(PHONE, "nobody-knows-it", f"corregido {WORD}", None))
    parked.park_fact(origin, Reaction(PHONE, f"ref-{PHONE}", WORD[:3]))


def _write_as_agents(chat, agent, other):
    heard = Message.objects.filter(chat=chat, direction="in").order_by("pk").first()
    kept = uploads.keep_upload(SimpleUploadedFile(f"{WORD}.txt", f"contenido {WORD}".encode()))
    replies.send_reply(chat.pk, agent, f"Respuesta {WORD}", files=[kept], quotes=heard.pk)
    note = replies.write_note(chat.pk, agent, f"Nota {WORD} @{other.username}")
    Message.objects.filter(pk=heard.pk).update(
        reaction=WORD, own_reaction=WORD, reason=f"falló {WORD}", payload={"cards": [{"title": WORD}]}
    )
    assert note
    later = timezone.now() + timedelta(hours=2)
    scheduled.schedule_message(chat.pk, agent, f"Después {WORD}", later)
    reminders.set_reminder(chat.pk, agent, later, f"Llamar {WORD}")
    drafts.keep_draft(agent, chat.pk, f"Borrador {WORD}", is_note=False, version=0)
    Attachment.objects.filter(chat=chat).update(thumb=kept.file.storage.save("mini.webp", kept.file.open()))
    uploads.keep_upload(SimpleUploadedFile(f"suelto-{WORD}.txt", b"x"), origin=chat.origin, visitor=PHONE)
    Chat.objects.filter(pk=chat.pk).update(
        bot_summary=f"Resumen {WORD}", attributes={"pedido": WORD}, bot_memory={"dijo": WORD}, bot_path=[WORD],
        tags=[WORD],
    )  # fmt: skip


def _fill_card(contact, agent):
    definition = AttributeDefinition.objects.create(key="barrio", label="Barrio")
    card.set_attribute(contact.pk, agent, definition, f"barrio {WORD}")
    card.add_note(contact.pk, agent, f"nota de la ficha {WORD}")
    card.change_note(contact.pk, agent, ContactNote.objects.get(contact=contact).pk, f"otra nota {WORD}")
    card.give_tag(contact.pk, agent, Tag.objects.create(word="Mayorista"))
    blocks.block_contact(contact.pk, agent, f"insultó {WORD}")
    blocks.unblock_contact(contact.pk, agent)
    friend = people.waiting(people.http_origin(), name="Otra persona").contact
    join_cards(contact, friend, agent)
    card.rename_contact(contact.pk, agent, NEW_NAME)
    separate_card(friend, agent)
    csv_running.carry_out(csv_running.begin_export(agent).pk)
    line = f"contacto;nombre\n{PHONE};{NAME}\n"
    csv_running.carry_out(csv_running.begin_import(agent, line.encode()).pk)
    _be_on_a_list(contact, agent)
    DataCopy.objects.create(agent=agent, contact=contact, state="failed", reason=f"no: {WORD}")
    assert ContactCsv.objects.filter(state="done").count() == 2
    assert Contact.objects.get(pk=contact.pk).name == NEW_NAME


def _be_on_a_list(contact, agent):
    broadcast = Broadcast.objects.create(
        name="Novedades", origin=contact.origin, template_name="novedades", author=agent, state="draft"
    )
    Recipient.objects.create(broadcast=broadcast, contact=contact, columns={"cupon": WORD}, reason=WORD)


def _be_told(chat, agent):
    endpoint = Endpoint.objects.create(name="CRM", url="https://crm.example.org/")
    said = Message.objects.filter(chat=chat).order_by("pk").first()
    Event.objects.create(
        endpoint=endpoint, kind="message_created", chat_id=chat.pk, message_id=said.pk, reason=f"no: {WORD}"
    )
    token = Token.objects.create(name="CRM", digest=uuid.uuid4().hex, created_by=agent)
    Answered.objects.create(
        token=token, key="k", fingerprint="f", status=200, body={"conversation": {"id": chat.pk}, "text": WORD}
    )
