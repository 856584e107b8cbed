"""What pages are told of an answer and of an arrival: the customer's words, also where lists show others."""

from chats import moves, publish
from chats.messages import replies
from tests import people


def test_the_tab_says_what_was_heard_also_a_choice_below_an_agents_words(http_origin, ana, ventas, monkeypatch):
    chat = people.held(http_origin, ana, ventas, sender="marta")
    replies.send_reply(chat.pk, ana, "¿Te paso la cuenta?")
    events = []
    monkeypatch.setattr(publish, "_publish_events", events.extend)
    people.says(http_origin, "marta", "Sí", kind="choice")
    [head] = [event.render()[0] for event in events if event.group == f"agent.{ana.pk}"]
    assert (head["heard"], head["text"]) == (True, "Sí")
    assert people.fresh(chat).preview == "¿Te paso la cuenta?"


def test_an_arrival_says_no_words_of_an_agent(http_origin, ana, ventas, monkeypatch):
    chat = people.held(http_origin, ana, ventas, sender="marta", text="¿tienen stock?")
    events = []
    monkeypatch.setattr(publish, "_publish_events", events.extend)

    def came():
        return [event.render()[0]["text"] for event in events if event.group == f"tray.{ventas.pk}"]

    moves.give_back(chat.pk, ana)
    assert came() == ["¿tienen stock?"]
    events.clear()
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "ya te paso")
    events.clear()
    moves.give_back(chat.pk, ana)
    assert came() == [""]
