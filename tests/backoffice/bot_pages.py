"""The admin's pages of bots and endpoints, as tests read and save them."""

from tests import people
from tests.backoffice.pages import page
from wittybots.models import EVENTS, Bot, Endpoint

OUTSIDE = "https://1.1.1.1/bot"
STATES = [event for event in EVENTS if event.startswith("conversation_")]


def bot_page(name, *bots):
    return page("wittybots_bot", name, *(bot.pk for bot in bots))


def errors(response):
    assert response.status_code == 200, response.status_code
    form = response.context["adminform"].form
    found = [*form.errors.values()]
    for inline in response.context.get("inline_admin_formsets", []):
        found += [one for row in inline.formset.errors for one in row.values()]
        found.append(inline.formset.non_form_errors())
    return " ".join(str(error) for one in found for error in one)


def made(kind="webhook", **fields):
    return Bot.objects.create(kind=kind, name=fields.pop("name", f"Bot {kind}"), **fields)


def save(client, bot, **fields):
    form = {"name": bot.name, "farewell": "Te paso.", "most_per_minute": 30, "is_active": "on"}
    endpoint = Endpoint.objects.filter(bot=bot).first()
    if endpoint:
        form |= {"url": endpoint.url, "remote_id": endpoint.remote_id, "events": endpoint.events}
    elif bot.kind == "webhook":
        form |= {"events": list(EVENTS)}
    return client.post(bot_page("change", bot), form | fields, follow=True)


def text_of(response):
    return response.content.decode()


def integration(**fields):
    own = {"name": "CRM", "url": OUTSIDE, "secret": people.SIGNING, "events": STATES}
    return Endpoint.objects.create(**own | fields)
