"""Every kind of file, by every network: the product sends what they take, and refuses in words what they do not."""

from io import BytesIO

import pillow_heif
import pytest
from PIL import Image

from chats.attachments import uploads
from chats.errors import Rejected
from chats.messages import replies
from chats.models import Message
from origins.facts import File, Outgoing
from origins.models import Origin
from origins.networks import network_of
from tests import people
from tests.chats.attachments.documents import EXCEL, archive, office, old_office, open_document
from tests.chats.attachments.recordings import film, recording
from tests.chats.attachments.samples import picture
from tests.pumping import deliver_chat
from tests.sandbox.sandbox_lines import BOT, SECRET, TOKEN, add

LINES = {
    "whatsapp": ("1000001", "wa_id"), "telegram": ("3000001", "telegram"), "messenger": ("4000001", "psid"),
    "instagram": ("5000001", "igsid"),
}  # fmt: skip


def _heic():
    pillow_heif.register_heif_opener()
    made = BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "HEIF")
    return made.getvalue()


def _moving():
    made = BytesIO()
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return made.getvalue()


PRICES = "código;precio\nañil;2.990\n"
# name, content, whether it is spoken: the kind that reaches the customer by network, none where it is refused
FILES = {
    "foto.jpg": (picture(form="JPEG"), "image", "image", "image", "image"),
    "foto.png": (picture(), "image", "image", "image", "image"),
    "foto.webp": (picture(form="WEBP"), "image", "image", "image", "image"),
    "foto.heic": (_heic(), "image", "image", "image", "image"),
    "quieta.gif": (picture(form="GIF"), "image", None, "image", "image"),
    "gato.gif": (_moving(), "video", None, "image", "image"),
    "lista.csv": (PRICES.encode("utf-16"), "document", "document", "document", ""),
    "nota.txt": ("señal".encode("latin-1"), "document", "document", "document", ""),
    "lista.xlsx": (office(f"{EXCEL}.main+xml", "xl"), "document", "document", "document", ""),
    "carta.doc": (old_office("WordDocument"), "document", "document", "document", ""),
    "carta.odt": (open_document("text"), "", "document", "document", ""),
    "todo.zip": (archive(a="x"), "", "document", "document", ""),
    "voz.webm": (recording(), "audio", "voice", "audio", "audio"),
    "voz.ogg": (recording(box="ogg"), "audio", "voice", "audio", "audio"),
    "voz.m4a": (recording("aac", "mp4"), "audio", "voice", "audio", "audio"),
    "tono.wav": (recording("pcm_s16le", "wav", seconds=1), "audio", "document", "audio", "audio"),
    "video.mov": (film(box="mov"), "video", "video", "video", "video"),
}


@pytest.fixture
def lines(sandbox, listener, ana, settings):
    """A customer who has written by each network, held by ana; and how the sandbox shows each."""
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    found = {}
    for kind, (line_id, address) in LINES.items():
        if kind != "whatsapp":
            add(sandbox, listener, kind, line_id, account_id="witty_bot" if kind == "telegram" else "")
        customer = sandbox.add_customer(kind)
        sandbox.write(customer["id"], "Hola")
        token = BOT if kind == "telegram" else TOKEN
        origin = Origin.objects.create(
            kind=kind, name=kind, key=kind, secret=SECRET, access_token=token, line_id=line_id, api_url=sandbox.url,
            account_id="2000001" if kind == "whatsapp" else "",
        )  # fmt: skip
        value = customer["ids"]["chat_id" if kind == "telegram" else address]
        found[kind] = people.held(origin, ana, sender=str(value), address_kind=address), customer["id"]
    return found


def test_a_picture_arrives_with_its_choices_where_the_network_has_buttons_there(lines, sandbox):
    data = picture()
    choices = tuple({"title": title, "payload": title.lower()} for title in ("Sí", "No"))
    for kind in ("whatsapp", "telegram"):
        chat, customer = lines[kind]
        to = tuple(chat.contact.addresses.values_list("kind", "value"))
        file = File("a.png", "image/png", len(data), lambda: BytesIO(data))
        network_of(kind).send(chat.origin, Outgoing("u-1", to, "image", "¿La querés?", choices=choices, file=file))
        arrived = sandbox.show_customer(customer)["thread"][-1]
        assert (arrived["text"], [one["title"] for one in arrived["choices"]]) == ("¿La querés?", ["Sí", "No"])
        assert arrived["media"]


@pytest.mark.parametrize("name", FILES)
def test_an_agents_file_reaches_the_customer_or_is_refused_before_it_is_sent(lines, sandbox, ana, name):
    data, *kinds = FILES[name]
    for (kind, (chat, customer)), expected in zip(lines.items(), kinds, strict=True):
        kept = uploads.keep_bytes(data, name)
        if expected == "":
            with pytest.raises(Rejected, match="no toma"):
                replies.send_reply(chat.pk, ana, "", files=[kept])
            assert not Message.objects.filter(chat=chat, direction="out").exists()
            continue
        message = replies.send_reply(chat.pk, ana, "", files=[kept], voice=name.startswith("voz"))
        deliver_chat(chat.pk)
        message.refresh_from_db()
        assert (kind, message.reason, message.status) == (kind, "", "sent")
        arrived = sandbox.show_customer(customer)["thread"][-1]
        assert arrived["side"] == "line"
        if expected:
            assert (kind, arrived["kind"]) == (kind, expected)
