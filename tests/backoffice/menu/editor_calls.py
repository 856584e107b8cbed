"""What the menu editor's page asks of the server, and what stands after it."""

import json

from django.contrib.admin.models import LogEntry
from django.urls import reverse

from wittybots.menu import tree

BACKEND = "django.contrib.auth.backends.ModelBackend"


def address(bot, what=""):
    return reverse(f"admin:wittybots_bot_menu{what and '_' + what}", args=[bot.pk])


def post(client, bot, what, body, **how):
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(address(bot, what), raw, content_type=how.pop("content_type", "application/json"), **how)


def option(id, label, tray=None, **more):
    return tree.option(id, label, tray, **more)


def menu(*options, **more):
    return tree.new(options) | more


def page(client, bot, **asked):
    response = client.get(address(bot), asked)
    assert response.status_code == 200, response.status_code
    return response.context["data"]


def save(client, bot, menu, basis=None, what="save"):
    basis = page(client, bot)["basis"] if basis is None else basis
    return post(client, bot, what, {"tree": menu, "basis": basis})


def publish(client, bot, menu, basis=None):
    return save(client, bot, menu, basis, "publish")


def history():
    return [str(entry.get_change_message()) for entry in LogEntry.objects.order_by("id")]


def states(bot):
    return list(bot.versions.order_by("number").values_list("number", "state"))
