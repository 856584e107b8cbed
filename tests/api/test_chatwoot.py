"""A bot made for Chatwoot moves over by its address and its token: it is told, answers and hands over in their words."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from chats import moves
from chats.bots import release
from chats.models import Message
from gateway.endpoints import calls
from tests import http_server, people
from wittybots import tokens


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def server(listening):
    return listening(http_server.BotServer())


@pytest.fixture
def bot(db, server):
    return people.external_bot(
        "chatwoot", server.url, events=["message_created", "conversation_opened", "conversation_closed"]
    )


@pytest.fixture
def raw(bot):
    return tokens.issue_token("mudado", bot)[1]


@pytest.fixture
def chat(bot):
    return people.fresh(people.says(people.received_by(bot), "cust-1", "Hola", name="Marta").message.chat)


def post(raw, path, body, **headers):
    """As Chatwoot's clients do it."""
    given = {"api-access-token": raw, **headers} if raw else headers
    return Client().post(f"/api/v1/accounts/1{path}", json.dumps(body), content_type="application/json", headers=given)


def say(raw, chat, content, **more):
    return post(raw, f"/conversations/{chat.pk}/messages", {"content": content, "message_type": "outgoing", **more})


def toggle(raw, chat, **body):
    return post(raw, f"/conversations/{chat.pk}/toggle_status", body)


def said(chat):
    return [
        (message.kind, message.text, [one["title"] for one in message.payload.get("choices", [])])
        for message in Message.objects.filter(chat=chat.pk, author="bot", direction="out").order_by("id")
    ]


def test_a_round_of_a_bot_that_moved_over(bot, chat, raw, server, ventas):
    """The whole of an agent bot as their documentation shows it: it reads the webhook and calls back."""

    calls.call_endpoint(bot.endpoint.pk, chat.pk)
    told = server.bodies[0]
    assert (told["event"], told["message_type"], told["conversation"]["status"]) == (
        "message_created",
        "incoming",
        "pending",
    )
    path = f"/conversations/{told['conversation']['id']}"
    answer = post(raw, f"{path}/messages", {"content": f"eco {told['content']}", "message_type": "outgoing"})
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["content"], shown["message_type"], shown["conversation_id"]) == ("eco Hola", 1, chat.pk)
    assert shown["id"]
    handed = post(raw, f"{path}/toggle_status", {"status": "open"})
    assert handed.json()["payload"] == {"success": True, "current_status": "open", "conversation_id": chat.pk}
    assert people.fresh(chat).state == "BANDEJA"
    assert said(chat) == [("text", "eco Hola", [])]
    calls.call_endpoint(bot.endpoint.pk, chat.pk)
    assert (server.bodies[1]["event"], server.bodies[1]["status"]) == ("conversation_opened", "open")
    assert people.all_consistent()


def test_the_choices_cards_and_links_of_chatwoot(chat, raw):
    items = [{"title": "Ventas", "value": "v"}, {"title": "Soporte", "value": "s"}]
    say(raw, chat, "¿Qué?", content_type="input_select", content_attributes={"items": items})
    card = {
        "title": "Caja", "description": "azul",
        "actions": [{"type": "postback", "text": "Quiero", "payload": "buy"}, {"type": "link", "text": "Ver", "uri": "https://x.example"}],
    }  # fmt: skip
    say(raw, chat, "", content_type="cards", content_attributes={"items": [card]})
    article = {"title": "Ayuda", "description": "cómo", "link": "https://x.example/a"}
    say(raw, chat, "Mirá", content_type="article", content_attributes={"items": [article]})
    say(raw, chat, "¿Tu correo?", content_type="input_email")
    assert said(chat) == [
        ("text", "¿Qué?", ["Ventas", "Soporte"]),
        ("text", "Caja\nazul\nVer https://x.example", ["Quiero"]),
        ("text", "Mirá\n\nAyuda\ncómo\nhttps://x.example/a", []),
        ("text", "¿Tu correo?", []),
    ]


def test_private_notes_become_the_summary_of_the_hand_over(chat, raw):
    assert say(raw, chat, "Quiere 3 cajas", private=True).json()["private"]
    say(raw, chat, "Es cliente", private=True)
    assert said(chat) == []
    toggle(raw, chat, status="open")
    assert people.fresh(chat).bot_summary == "Quiere 3 cajas\nEs cliente"


def test_a_team_is_a_tray(chat, raw, ventas):
    teams = Client().get("/api/v1/accounts/7/teams", headers={"api-access-token": raw}).json()
    assert {team["name"] for team in teams} >= {"Ventas", "General"}
    team = next(team["id"] for team in teams if team["name"] == "Ventas")
    assert post(raw, f"/conversations/{chat.pk}/assignments", {"team_id": team}).json()["name"] == "Ventas"
    toggle(raw, chat)
    assert people.fresh(chat).tray == ventas


def test_an_unknown_team_is_refused_and_names_those_there_are(chat, raw, ventas):
    refused = post(raw, f"/conversations/{chat.pk}/assignments", {"team_id": 987654})
    assert refused.status_code == 422
    assert "Ventas" in refused.json()["trays"]


def test_labels_and_attributes_are_kept(chat, raw):
    assert post(raw, f"/conversations/{chat.pk}/labels", {"labels": ["vip"]}).json() == {"payload": ["vip"]}
    kept = post(raw, f"/conversations/{chat.pk}/custom_attributes", {"custom_attributes": {"pedido": "77"}})
    assert kept.json() == {"custom_attributes": {"pedido": "77"}}
    chat = people.fresh(chat)
    assert (chat.tags, chat.attributes) == (["vip"], {"pedido": "77"})


@pytest.mark.parametrize("status", ["resolved", "snoozed", "pending"])
def test_a_bot_closes_nothing(status, chat, raw):
    answer = toggle(raw, chat, status=status)
    assert answer.json()["payload"]["current_status"] == "pending"
    assert people.fresh(chat).state == "BOT"


def test_handing_over_twice_changes_nothing_more(chat, raw):
    toggle(raw, chat, status="open")
    change = people.fresh(chat).change_id
    again = toggle(raw, chat, status="open")
    assert again.json()["payload"]["current_status"] == "open"
    assert people.fresh(chat).change_id == change


def test_after_a_take_the_agent_is_not_talked_over(bot, chat, raw, ana):
    release.release_chat(chat.pk, bot, "x")
    moves.take(chat.pk, ana)
    before = said(chat)
    for answer in (
        say(raw, chat, "tarde"),
        say(raw, chat, "tarde", private=True),
        toggle(raw, chat, status="pending"),
        post(raw, f"/conversations/{chat.pk}/labels", {"labels": ["x"]}),
        post(raw, f"/conversations/{chat.pk}/assignments", {"team_id": None}),
    ):
        assert answer.status_code == 409
        assert answer.json()["conversation"]["status"] == "open"
    assert said(chat) == before


def test_another_bots_chat_is_none(chat, db):
    other = tokens.issue_token("otro", people.external_bot("chatwoot"))[1]
    for answer in (say(other, chat, "x"), toggle(other, chat, status="open"), say(other, chat, "x", private=True)):
        assert answer.status_code == 404
    assert people.fresh(chat).state == "BOT"


@pytest.mark.parametrize("wrong", ["", "wa_otro", "x" * 500])
def test_without_a_good_token_nobody_comes_in(wrong, chat):
    assert say(wrong, chat, "x").status_code == 401
    assert said(chat) == []


def test_the_token_comes_in_chatwoots_header_and_in_no_other(chat, raw):
    path = f"/conversations/{chat.pk}/messages"
    assert post("", path, {"content": "hola"}, Authorization=f"Bearer {raw}").status_code == 401
    assert post("", path, {"content": "hola"}, **{"api-access-token": raw}).status_code == 200


def test_an_integration_holds_no_conversations(chat):
    assert say(tokens.issue_token("CRM")[1], chat, "x").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {}, {"content": ""}, {"content": None}, {"content": " "}, {"content": 5}, {"content": "x", "message_type": "incoming"},
        {"content": "x", "content_attributes": []}, {"content": "", "content_type": "cards", "content_attributes": {"items": [5]}},
        {"content": "x" * 70_000}, [], None, "x", {"template_params": {"name": "no hay"}}, {"content": "", "private": True},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(body, chat, raw):
    answer = post(raw, f"/conversations/{chat.pk}/messages", body)
    assert answer.status_code == 422
    assert said(chat) == []


def test_a_template_goes_out_when_the_window_is_closed(chat, raw):
    from chats.models import Chat, Template

    Template.objects.create(name="aviso", language="es", body="Hola {{nombre}}")
    Chat.objects.update(last_customer_at=timezone.now() - timezone.timedelta(hours=30))
    params = {"name": "aviso", "language": "es", "processed_params": {"body": {"nombre": "Marta"}}}
    assert say(raw, chat, "", template_params=params).status_code == 200
    assert said(chat)[0][:2] == ("template", "Hola Marta")


def test_typing_is_shown(chat, raw):
    for status in ("on", "off"):
        answer = post(raw, f"/conversations/{chat.pk}/toggle_typing_status", {"typing_status": status})
        assert answer.status_code == 200


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "a\x00b\udfffc"])
@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize("private", [False, True])
def test_odd_characters_are_taken_out_and_answered_as_they_are_kept(private, key, odd, chat, raw):
    # halves of characters are refused but in what is only echoed
    nul = odd if odd == "\x00" else ""
    body = {
        "content": f"Hola{nul}", "private": private, "content_type": f"text{nul}",
        "content_attributes": {f"n{nul}": [odd, {"x": odd}], "much": 1},
    }  # fmt: skip
    headers = {"Idempotency-Key": key} if key else {}
    path = f"/conversations/{chat.pk}/messages"
    first, again = post(raw, path, body, **headers), post(raw, path, body, **headers)
    assert (first.status_code, again.status_code) == (200, 200), first.content
    shown, kept = first.json(), odd.replace("\x00", "").replace("\ud800", "?").replace("\udfff", "?")
    assert (shown["content"], shown["content_type"]) == ("Hola", "text")
    assert shown["content_attributes"] == {"n": [kept, {"x": kept}], "much": 1}
    if key:
        assert (again.json(), again["Idempotent-Replayed"]) == (shown, "true")
    if private:
        toggle(raw, chat, status="open")
        assert people.fresh(chat).bot_summary == "Hola\nHola"[: 4 if key else None]
    else:
        assert said(chat)[0] == ("text", "Hola", [])


@pytest.mark.parametrize("odd", ["1e999", "-1e999", "[1e999]"])
def test_a_number_without_end_is_answered_as_none(odd, chat, raw):
    text = f'{{"content": "x", "content_attributes": {{"a": {odd}}}}}'
    headers = {"api-access-token": raw, "Idempotency-Key": "k"}
    path = f"/api/v1/accounts/1/conversations/{chat.pk}/messages"
    answer = Client().post(path, text, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    assert "Infinity" not in answer.content.decode()


@pytest.mark.parametrize(("depth", "status"), [(90, 200), (99, 400), (800, 400), (100_000, 400)])
def test_what_goes_too_deep_is_refused(depth, status, chat, raw):
    text = f'{{"content": "x", "content_attributes": {{"a": {"[" * depth}{"]" * depth}}}}}'
    path = f"/api/v1/accounts/1/conversations/{chat.pk}/messages"
    answer = Client().post(path, text, content_type="application/json", headers={"api-access-token": raw})
    assert answer.status_code == status
