"""The demo's lines: the web chat, the plain HTTP one, and one of each network, which talk to the sandbox."""

from typing import Any

from django.conf import settings

from chats.models import Message, Template
from origins.models import Origin
from sandbox.templates import templates_of_new_account
from wittybots import tokens
from wittybots.models import Bot, Endpoint, Reception, Token

SECRET = "demo-secret"  # noqa: S105 - known to all on purpose (contract.md)
VERIFY = "demo-verify"
BOT_URL = "http://127.0.0.1:8199/"
BOT_TOKEN = "demo-bot-token"  # noqa: S105 - known to all on purpose
# of the account that the sandbox plays
REMOTE = (("retomar_conversacion", "es"), ("turno_confirmado", "es_AR"), ("promo_primavera", "es_AR"))


def sandbox_url() -> str:
    return f"http://127.0.0.1:{settings.SANDBOX_PORT}"


def make_lines(bot: Bot) -> dict[str, Origin]:
    """All of them by key, received by this bot."""
    meta = {"secret": SECRET, "verify_token": VERIFY, "api_url": sandbox_url()}
    rows: list[dict[str, Any]] = [
        {"kind": "web", "key": "demo-web", "name": "Tienda web", "title": "Almacén Norte"},
        {"kind": "http", "key": "demo-http", "name": "Línea Norte", "secret": SECRET},
        {"kind": "http", "key": "demo-bot-http", "name": "Línea con bot propio", "secret": SECRET},
        {"kind": "whatsapp", "key": "demo-whatsapp", "name": "WhatsApp Norte", "line_id": "1000001",
         "account_id": "2000001", "access_token": "demo-token-whatsapp", **meta},
        {"kind": "telegram", "key": "demo-telegram", "name": "Bot Norte", "line_id": "3000001",
         "access_token": "3000001:demo-token-telegram", "secret": SECRET, "api_url": sandbox_url()},
        {"kind": "messenger", "key": "demo-messenger", "name": "Página Norte", "line_id": "4000001",
         "access_token": "demo-token-messenger", "human_agent": True, **meta},
        {"kind": "instagram", "key": "demo-instagram", "name": "@almacen.norte", "line_id": "5000001",
         "account_id": "4000001", "access_token": "demo-token-instagram", "human_agent": True, **meta},
    ]  # fmt: skip
    made = {row["key"]: Origin.objects.create(**row) for row in rows}
    for key, origin in made.items():
        Reception.objects.create(origin=origin, bot=_make_external_bot() if key == "demo-bot-http" else bot)
    return made


def _make_external_bot() -> Bot:
    """The bot of a team that has its own: whoever tries the demo runs it (docs/bots/quickstart.md)."""
    bot = Bot.objects.create(name="Bot propio", kind=Bot.Kind.WEBHOOK)
    Endpoint.objects.create(bot=bot, name="Bot propio", url=BOT_URL, secret=SECRET)
    tokens.issue_token("Bot propio", bot, list(Token.Scope.values), raw=BOT_TOKEN)
    return bot


def remote_templates(line: Origin) -> dict[str, Template]:
    """What a first synchronisation with the sandbox's account finds, as far as the stories need it."""
    account = {(one["name"], one["language"]): one for one in templates_of_new_account()}
    return {key[0]: _copy_template(line, account[key]) for key in REMOTE}


def _copy_template(line: Origin, one: dict[str, Any]) -> Template:
    parts = {part["type"]: part for part in one["components"]}
    return Template.objects.create(
        origin=line, name=one["name"], language=one["language"], category=one["category"].lower(),
        status=one["status"].lower(), body=parts["BODY"]["text"], header=parts.get("HEADER", {}).get("text", ""),
        footer=parts.get("FOOTER", {}).get("text", ""), parameter_format=one["parameter_format"].lower(),
        components=one["components"], remote_id=one["id"], quality=one["quality_score"]["score"].lower(),
    )  # fmt: skip


def as_if_heard(lines: dict[str, Origin]) -> None:
    """When each last spoke to us, as its webhook would have noted."""
    for origin in lines.values():
        said = Message.objects.filter(origin=origin)
        heard = said.filter(direction="in").order_by("-sent_at").values_list("sent_at", flat=True).first()
        told = said.filter(status__in=("delivered", "read")).order_by("-created_at")
        receipt = told.values_list("created_at", flat=True).first()
        Origin.objects.filter(pk=origin.pk).update(heard_at=heard, receipt_at=receipt)
