"""One of each thing that the admin has pages for, in every shape that its form takes."""

from datetime import date

from chats.models import Template
from contacts.models import AttributeDefinition, Tag
from tests import people
from tests.backoffice.bot_pages import OUTSIDE, integration, made
from tests.backoffice.line_pages import line
from tests.backoffice.pages import page
from trays.models import Holiday, Tray
from wittybots.models import Endpoint, Reception


def bot_with_endpoint(kind, **fields):
    bot = made(kind)
    Endpoint.objects.create(
        bot=bot, name=bot.name, url=OUTSIDE, events=["message_created", "conversation_created"], **fields
    )
    return bot


def receives(origin):
    Reception.objects.create(origin=origin)
    return origin


# of every kind of thing that has a form, the shapes that its form has
THINGS = {
    "agent": lambda: people.hire("rita", first_name="Rita", last_name="Paz"),
    "tray": lambda: people.tray("Depósito", people.hire("rita")),
    "general tray": lambda: Tray.objects.general(),
    "holiday": lambda: Holiday.objects.create(day=date(2026, 12, 25), name="Navidad"),
    "template": lambda: Template.objects.create(name="aviso", language="es", body="Hola {{nombre}}"),
    "tag": lambda: Tag.objects.create(word="Mayorista"),
    "attribute": lambda: AttributeDefinition.objects.create(key="rut", label="RUT"),
    "menu bot": lambda: made("menu"),
    "webhook bot": lambda: bot_with_endpoint("webhook"),
    "rasa bot": lambda: bot_with_endpoint("rasa", access_token="abc"),
    "typebot bot": lambda: bot_with_endpoint("typebot", remote_id="uno"),
    "botpress bot": lambda: bot_with_endpoint("botpress", remote_id="uno"),
    "chatwoot bot": lambda: bot_with_endpoint("chatwoot"),
    "endpoint": lambda: integration(),
    "web line": lambda: receives(people.web_origin()),
    "http line": lambda: receives(people.http_origin()),
    "whatsapp line": lambda: receives(line("whatsapp")),
    "telegram line": lambda: receives(line("telegram")),
    "messenger line": lambda: receives(line("messenger")),
    "instagram line": lambda: receives(line("instagram")),
}  # fmt: skip
# of these nothing is ever written by a form
LOOKED_AT = {"token", "event", "body"}


def address_of(thing):
    return page(f"{thing._meta.app_label}_{thing._meta.model_name}", "change", thing.pk)
