"""Echoes: what was typed outside is shown as sent from there, and ours are not doubled."""

import hashlib

import pytest
from django.utils import timezone

from chats.attachments import bot_files
from chats.messages import corrections
from chats.models import Chat, Message, ParkedFact
from common.sealing import seal_text
from contacts.models import Contact
from gateway.inbound import media
from gateway.outbound import claims
from origins.models import Origin
from tests import people
from tests.chats.attachments.samples import picture
from tests.gateway.inbound.network_posts import MARTA, marta, out, takes
from tests.http_server import BotServer

PNG = picture()


def test_what_was_typed_in_the_phone_app_is_shown_as_sent_from_there(client, whatsapp, ana):
    chat = marta(whatsapp)
    assert chat.unread == 1
    for _ in range(2):
        takes(client, whatsapp, people.wa_echo(MARTA, "Te llamo", id="wamid.E"))
    message = Message.objects.get(external_id="wamid.E")
    assert (message.direction, message.author, message.status, message.agent) == ("out", "agent", "sent", None)
    assert message.payload["from_phone"] is True
    chat = people.fresh(chat)
    assert (chat.unread, chat.preview, chat.state) == (0, "Te llamo", "BANDEJA")
    takes(client, whatsapp, people.wa_statuses(people.wa_status("wamid.E", "read")))
    message.refresh_from_db()
    assert message.status == "read"


def test_what_was_typed_to_somebody_new_makes_a_contact_who_is_nowhere(client, whatsapp):
    takes(client, whatsapp, people.wa_echo("5491155550999", "Hola, te escribo de la tienda"))
    chat = Chat.objects.get()
    assert (chat.state, chat.unread) == ("EXPIRADO", 0)
    takes(client, whatsapp, people.wa_text("5491155550999", "Hola"))
    assert Chat.objects.get().state == "BANDEJA"
    assert Contact.objects.get().name == "Marta Gómez"
    assert people.all_consistent()


def test_an_echo_of_ours_by_messenger_is_not_doubled(client, messenger, ana):
    chat = people.held(messenger, ana, sender="24001", address_kind="psid")
    for status in ("sending", "unconfirmed", "sent"):
        message = out(chat, ana, "Va", status=status, external_id="m_have" if status == "sent" else None)
        mid = message.external_id or f"m_{status}"
        takes(client, messenger, people.meta_echo("messenger", "24001", "Va", id=mid, ours=message.uuid))
        message.refresh_from_db()
        assert (message.status, message.external_id) == ("sent", mid)
    assert Message.objects.filter(direction="out").count() == 3


def test_what_was_typed_in_the_pages_own_box_is_not_taken_for_ours(client, messenger, ana):
    """Messenger says our id in every echo of ours: the same words without it are another's."""
    chat = people.held(messenger, ana, sender="24001", address_kind="psid")
    ours = out(chat, ana, "ok", status="sending")
    takes(client, messenger, people.meta_echo("messenger", "24001", "ok", id="m_typed"))
    ours.refresh_from_db()
    assert (ours.status, ours.external_id) == ("sending", None)
    assert Message.objects.get(external_id="m_typed").payload["from_phone"]


@pytest.mark.parametrize("status", ["sending", "unconfirmed"])
def test_an_echo_of_ours_by_instagram_is_known_by_its_words(client, instagram, ana, status):
    chat = people.held(instagram, ana, sender="90001", address_kind="igsid")
    message = out(chat, ana, "Va", status=status)
    takes(client, instagram, people.meta_echo("instagram", "90001", "Va", id="i_o"))
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("sent", "i_o")
    takes(client, instagram, people.meta_echo("instagram", "90001", "otra cosa", id="i_p"))
    assert Message.objects.get(external_id="i_p").payload["from_phone"]
    assert Message.objects.filter(direction="out").count() == 2


def test_an_echo_of_the_bots_menu_by_instagram_is_not_doubled(client, instagram):
    people.with_bot(instagram, greeting="¡Hola!")
    takes(client, instagram, people.meta_text("instagram", "90001", "Hola"))
    Message.objects.filter(direction="out").update(status="sending")
    from origins.choices import number_choices

    bot = Message.objects.get(direction="out")
    said = number_choices(bot.text, bot.payload["choices"])
    takes(client, instagram, people.meta_echo("instagram", "90001", said, id="i_o"))
    bot.refresh_from_db()
    assert (bot.status, bot.external_id) == ("sent", "i_o")


def echoed_picture(kind, url):
    if kind == "whatsapp":
        body = people.wa_echo(MARTA, "", id="e_pic")
        [echo] = body["entry"][0]["changes"][0]["value"]["message_echoes"]
        del echo["text"]
        echo |= {"type": "image", "image": {"id": "media-1", "mime_type": "image/png"}}
        return body
    picture = {"mid": "e_pic", "is_echo": True, "attachments": [{"type": "image", "payload": {"url": url}}]}
    return people.meta_event(kind, "", to="24001", message=picture)


@pytest.mark.parametrize("kind", ["whatsapp", "messenger", "instagram"])
def test_a_picture_that_was_sent_outside_is_fetched_from_its_network(kind, client, request, listening):
    line = request.getfixturevalue(kind)
    server = listening(BotServer())
    server.act = lambda asked: (
        (200, {"url": f"{server.url}/file", "file_size": len(PNG), "sha256": hashlib.sha256(PNG).hexdigest(),
               "mime_type": "image/png", "id": "media-1"})
        if asked.path.endswith("/media-1") else (200, PNG, {"Content-Type": "image/png"})
    )  # fmt: skip
    Origin.objects.filter(pk=line.pk).update(api_url=server.url, access_token=seal_text("tok"))
    takes(client, line, echoed_picture(kind, f"{server.url}/file"))
    message = Message.objects.get(external_id="e_pic")
    assert (message.direction, message.author, message.kind, message.status) == ("out", "agent", "image", "sent")
    media.fetch_media(message.pk)
    message.refresh_from_db()
    assert message.payload["media"].get("reason", "") == ""
    [kept] = message.attachments.all()
    assert (kept.mime, message.media_due_at, message.status) == ("image/png", None, "sent")
    if kind == "whatsapp":
        assert all(asked.headers["authorization"] == "Bearer tok" for asked in server.got)


def test_a_picture_that_was_sent_outside_holds_back_nothing_of_its_chat(client, whatsapp, ana):
    chat = marta(whatsapp)
    takes(client, whatsapp, echoed_picture("whatsapp", ""))
    picture = Message.objects.get(external_id="e_pic")
    assert picture.media_due_at is not None
    # told late that it failed, and tried again by its agent, it is no file of a bot
    Message.objects.filter(pk=picture.pk).update(status="queued")
    assert claims.find_due_chats(timezone.now()) == [chat.pk]
    assert not bot_files.is_missing(picture)


def test_a_reaction_on_its_way_is_not_taken_for_an_echoed_picture(client, instagram, ana):
    chat = people.held(instagram, ana, sender="90001", address_kind="igsid", external_id="i_1")
    first = Message.objects.get(external_id="i_1")
    reaction = corrections.react_to(chat.pk, ana, first.pk, "❤️")
    Message.objects.filter(pk=reaction.pk).update(status="sending")
    picture = {"mid": "i_e", "is_echo": True, "attachments": [{"type": "image", "payload": {"url": "https://x/y"}}]}
    takes(client, instagram, people.meta_event("instagram", "", to="90001", message=picture))
    assert Message.objects.get(external_id="i_e").kind == "image"
    assert not ParkedFact.objects.exists()
