"""Mentions: a note that names an agent tells the agent, gives no access, and says so to its author."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from chats import access, expiry, moves, publish
from chats.messages import replies
from chats.models import Chat, Mention
from inbox.models import AgentSettings
from inbox.notices.kinds import Kind
from inbox.notices.news import describe_news, find_all
from inbox.row_filters import RowFilters
from tests import people
from tests.inbox.pages import HTMX, SECRET, line, pane_of, signed_in
from tests.plans import keep_only_index
from trays.models import Agent


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, name="Marta Gómez")


def named(chat, ana, text):
    note = replies.write_note(chat.pk, ana, text)
    return set(note.mentions.values_list("agent__username", flat=True))


@pytest.mark.parametrize(("text", "who"), [
    ("@bruno mirá esto", {"bruno"}),
    ("¿lo ve @Sofia? y @BRUNO.", {"sofia", "bruno"}),
    ("@bruno @bruno, (@bruno)", {"bruno"}),
    ("a mail@bruno o x@bruno.com", set()),
    ("https://x.example/@bruno", set()),
    ("@ana soy yo, @nadie no es nadie, @ solo", set()),
    ("@luz.m. dice que sí", {"luz.m"}),
    ("@left ya no está", set()),
])  # fmt: skip
def test_whom_a_note_names(text, who, chat, ana, bruno, sofia):
    people.hire("luz.m")
    people.hire("left")
    Agent.objects.filter(username="left").update(is_active=False)
    assert named(chat, ana, text) == who


def test_no_more_than_a_few_are_named_and_the_same_form_names_once(chat, ana):
    for number in range(30):
        people.hire(f"a{number}")
    assert len(named(chat, ana, " ".join(f"@a{number}" for number in range(30)))) == 20
    form = "7b9d3c80-4e9e-4a5b-9f0e-1f2a3b4c5d6e"
    for _twice in range(2):
        replies.write_note(chat.pk, ana, "@a1", client_id=form)
    assert Mention.objects.filter(message__client_id=form).count() == 1


def test_the_name_is_marked_in_the_note_and_nothing_else_of_it_is_markup(chat, ana, bruno):
    note = replies.write_note(chat.pk, ana, "@bruno <i>x</i> @nadie https://x.example/@bruno")
    shown = line(pane_of(signed_in(ana), chat), note)
    assert '<b class="wa-at" title="Bruno Paz">@bruno</b> &lt;i&gt;x&lt;/i&gt; @nadie' in shown
    assert shown.count("wa-at") == 1


def test_the_author_is_told_who_does_not_see_the_chat(chat, ana, bruno, sofia):
    client, url = signed_in(ana), reverse("note", args=[chat.pk])
    answer = client.post(url, {"text": "@bruno @sofia"}, headers=HTMX)
    title = json.loads(answer["HX-Trigger"])["toast"]["title"]
    assert title.startswith("Bruno Paz no ve este chat")
    assert "HX-Trigger" not in client.post(url, {"text": "@sofia"}, headers=HTMX)
    page = client.post(url, {"text": "@bruno"}, follow=True).content.decode()
    assert "Bruno Paz no ve este chat" in page
    listed = client.get(reverse("mentionable", args=[chat.pk])).json()["agents"]
    assert {one["user"]: one["sees"] for one in listed}.items() >= {"bruno": False, "sofia": True}.items()


def told(agent, **own):
    found = find_all(agent, [Kind.MENTION])
    return describe_news(agent, AgentSettings(agent=agent, **own), found)


def test_who_sees_the_chat_is_told_the_note_only_where_wanted(chat, ana, sofia):
    replies.write_note(chat.pk, ana, f"@sofia {SECRET}")
    notice = told(sofia)
    assert (notice.title, notice.url) == ("Ana te mencionó en el chat de Marta Gómez", f"/chat/{chat.pk}/")
    assert SECRET not in notice.body
    assert SECRET in told(sofia, shows_text=True).body
    assert told(ana) is None


def test_who_does_not_see_it_is_told_by_whom_and_no_word_of_it(chat, ana, bruno):
    replies.write_note(chat.pk, ana, f"@bruno {SECRET}")
    notice = told(bruno, shows_text=True)
    assert notice.title == "Ana te mencionó en el chat de Marta Gómez"
    assert notice.url == reverse("contact", args=[chat.contact_id])
    assert SECRET not in notice.body
    client = signed_in(bruno)
    assert SECRET not in client.get(reverse("mentions")).content.decode()
    assert client.get(reverse("mentionable", args=[chat.pk])).status_code == 404
    assert client.get(reverse("chat", args=[chat.pk])).status_code == 404


def test_what_is_pushed_to_who_does_not_see_it_has_no_word_of_it(
    chat, ana, bruno, sofia, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr("chats.publish.publish_events", sent.extend)
    with django_capture_on_commit_callbacks(execute=True):
        replies.write_note(chat.pk, ana, f"@bruno @sofia {SECRET}")
    heads = {one.group: one.head for one in sent if one.group.startswith("agent.")}
    assert SECRET in heads[f"agent.{sofia.pk}"]["text"]
    assert heads[f"agent.{bruno.pk}"]["unseen"] == chat.contact_id
    assert SECRET not in str(heads[f"agent.{bruno.pk}"])


def test_ones_mentions_are_listed_while_one_sees_their_chats_page_by_page(chat, ana, bruno, ventas, soporte):
    for number in range(31):
        replies.write_note(chat.pk, ana, f"@bruno apunte {number}.")
    client, page = signed_in(bruno), reverse("mentions")
    assert "apunte" not in client.get(page).content.decode()
    moves.send(chat.pk, ventas, ana)
    first = client.get(page).content.decode()
    assert (first.count("wa-hitrow"), "apunte 30." in first, "apunte 0." in first) == (30, True, False)
    assert f"?m={chat.messages.get(text='@bruno apunte 30.').pk}" in first
    second = client.get(page, {"antes": Mention.objects.order_by("pk")[1].pk}).content.decode()
    assert (second.count("wa-hitrow"), "apunte 0." in second) == (1, True)
    for wrong in ("x", "-1", "9" * 30, "٣"):
        assert client.get(page, {"antes": wrong}).status_code == 200
    moves.take(chat.pk, ana)
    moves.send(chat.pk, soporte, ana)
    assert "apunte" not in client.get(page).content.decode()


def test_an_old_mention_is_no_news_for_who_comes_to_see_the_chat_later(chat, ana, sofia):
    replies.write_note(chat.pk, ana, "@sofia", now=timezone.now() - timedelta(days=1))
    assert told(sofia) is None


# --- in trays ------------------------------------------------------------------------------------------------


def test_a_tray_is_filtered_by_what_mentions_oneself(http_origin, ana, bruno, sofia, ventas):
    access.give_access(ventas, [bruno, sofia])
    tray = reverse("tray", args=[ventas.pk])
    for name, text in (("Una", "@bruno ¿la conocés?"), ("Dos", "@sofia precio"), ("Tres", "sin nadie")):
        chat = people.held(http_origin, ana, ventas, name=name, sender=name)
        replies.write_note(chat.pk, ana, text)
        moves.give_back(chat.pk, ana)

    def listed(agent):
        page = signed_in(agent).get(f"{tray}?mencion=1").content.decode()
        assert 'id="only-mentions"' in page
        return [part.split("<")[0] for part in page.split('class="wa-name text-truncate">')[1:]]

    assert listed(bruno) == ["Una"]
    assert listed(sofia) == ["Dos"]
    assert listed(ana) == []
    # the row that is pushed is the same for all: the numbers of who is meant, no name
    chat = Chat.objects.get(contact__name="Una")
    assert f'data-mentions="{bruno.pk}"' in publish.render_row(chat, "upsert")
    # who has had it has read it
    moves.take(chat.pk, bruno)
    moves.give_back(chat.pk, bruno)
    assert listed(bruno) == []


def test_a_mention_stands_until_the_agent_writes_there_and_no_longer_than_the_talk(chat, ana, bruno, sofia):
    def standing():
        return people.fresh(chat).mentioned_ids

    replies.write_note(chat.pk, ana, "@bruno @sofia @ana mirá")
    assert standing() == sorted([bruno.pk, sofia.pk])
    # who has the chat reads it there
    replies.write_note(chat.pk, sofia, "@ana lo veo")
    assert standing() == [bruno.pk]
    closed = moves.close(chat.pk, ana)
    assert (closed.mentioned_ids, standing()) == ([bruno.pk], [bruno.pk])
    expiry.expire(now=people.fresh(chat).session_expires_at)
    assert standing() == []


def test_what_mentions_oneself_is_read_from_an_index(ventas, ana):
    with connection.cursor() as cursor:
        keep_only_index(cursor, "chats_chat", "chats_that_mention")
    waiting = Chat.objects.filter(state="BANDEJA", tray=ventas)
    plan = RowFilters(mentions_me=True).narrow(waiting, ana.pk).order_by("waiting_since", "id")[:51].explain()
    assert "chats_that_mention" in plan, plan
