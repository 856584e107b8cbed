"""The product against the sandbox: it reads all that customers do, and its connection is good."""

import json

import httpx
import pytest

from sandbox.client import Sandbox
from tests.sandbox.sandbox_lines import BOT, SECRET, TOKEN, Listener, add, text

KINDS = {
    "whatsapp": (
        "image",
        "voice",
        "audio",
        "video",
        "document",
        "sticker",
        "location",
        "contact",
        "order",
        "unsupported",
    ),
    "messenger": ("image", "voice", "video", "document", "sticker", "location", "unsupported"),
    "instagram": ("image", "voice", "video", "document", "unsupported"),
    "telegram": ("image", "voice", "audio", "video", "document", "sticker", "location", "contact", "unsupported"),
}
LINES = {"whatsapp": "1000001", "messenger": "4000001", "instagram": "5000001", "telegram": "3000001"}


def origin_of(sandbox, kind, line_id):
    from origins.models import Origin

    token = BOT if kind == "telegram" else TOKEN
    # never stored: these networks ask nothing of the database
    return Origin(
        kind=kind, key=kind, name=kind, secret=SECRET, access_token=token, line_id=line_id, account_id="2000001" * (kind == "whatsapp"),
        api_url=sandbox.url, human_agent=True,
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_product_reads_all_that_customers_do(sandbox, listener, settings, kind):
    from origins.facts import Broken, Incoming
    from origins.networks import network_of

    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    line_id = LINES[kind]
    add(sandbox, listener, kind, line_id, account_id="2000001")
    one = sandbox.add_customer(kind)
    first = sandbox.write(one["id"], "Hola", referral=kind != "telegram")["id"]
    for written in KINDS[kind]:
        sandbox.write(one["id"], "mirá", kind=written)
    sandbox.write(one["id"], "esto", reply_to=first)
    sandbox.write(one["id"], kind="reaction", target=first, emoji="👍")
    sandbox.write(one["id"], "Hola!", kind="edit", target=first)
    origin, facts = origin_of(sandbox, kind, line_id), []
    for headers, raw in listener.got:
        lower = {name.lower(): value for name, value in headers.items()}
        assert network_of(kind).verify(origin, lower, raw)
        facts += [item.fact for item in network_of(kind).parse(raw)]
    assert not [fact for fact in facts if isinstance(fact, Broken)]
    assert len([fact for fact in facts if isinstance(fact, Incoming)]) == len(KINDS[kind]) + 2
    pictures = [fact for fact in facts if isinstance(fact, Incoming) and fact.kind == "image"]
    assert network_of(kind).fetch_media(origin, pictures[0].payload["media"], 10**6)[:4] == b"\x89PNG"


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_product_sends_to_it_and_finds_its_connection_good(sandbox, listener, settings, kind):
    from origins.facts import Outgoing
    from origins.networks import network_of

    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    line_id = LINES[kind]
    add(sandbox, listener, kind, line_id, account_id="2000001")
    one = sandbox.add_customer(kind)
    sandbox.write(one["id"], "Hola")
    (value, *_others) = one["ids"].values()
    address = {"whatsapp": "wa_id", "messenger": "psid", "instagram": "igsid", "telegram": "telegram"}[kind]
    origin = origin_of(sandbox, kind, line_id)
    choices = tuple({"title": title, "payload": title.lower()} for title in ("Ventas", "Soporte", "Administración"))
    out = Outgoing("our-uuid", ((address, value),), "text", "¿Con quién?", choices=choices)
    sent = network_of(kind).send(origin, out)
    thread = sandbox.show_customer(one["id"])["thread"]
    assert thread[-1]["text"] == "¿Con quién?"
    assert sent.id.endswith(thread[-1]["id"])
    assert [choice["payload"] for choice in thread[-1]["choices"]] == ["ventas", "soporte", "administración"]
    bad = [finding.words for finding in network_of(kind).check_connection(origin) if not finding.is_good]
    # of Telegram's webhook it looks at the address, which is no https here
    assert not bad or kind == "telegram"
    assert len(list(network_of(kind).read_templates(origin))) == (10 if kind == "whatsapp" else 0)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_customer_presses_one_of_the_five_answers_of_a_question(sandbox, listener, settings, kind):
    from chats.messages.surveys import LABELS
    from origins.capabilities import CAPABILITIES
    from origins.facts import Incoming, Outgoing
    from origins.networks import network_of

    settings.ALLOWED_INTERNAL_HOSTS = ["127.0.0.1"]
    line_id = LINES[kind]
    add(sandbox, listener, kind, line_id, account_id="2000001")
    one = sandbox.add_customer(kind)
    sandbox.write(one["id"], "Hola")
    (value, *_others) = one["ids"].values()
    address = {"whatsapp": "wa_id", "messenger": "psid", "instagram": "igsid", "telegram": "telegram"}[kind]
    choices = tuple({"title": str(words), "payload": f"survey:7:{score}"} for score, words in LABELS.items())
    most, longest = CAPABILITIES[kind].choices
    assert len(choices) <= most
    assert max(len(choice["title"]) for choice in choices) <= longest
    out = Outgoing("our-uuid", ((address, value),), "text", "¿Cómo te atendimos?", author="bot", choices=choices)
    network_of(kind).send(origin_of(sandbox, kind, line_id), out)
    asked = sandbox.show_customer(one["id"])["thread"][-1]
    assert [choice["payload"] for choice in asked["choices"]] == [choice["payload"] for choice in choices]
    sandbox.write(one["id"], kind="choice", target=asked["id"], choice=1)
    facts = [item.fact for _headers, raw in listener.got for item in network_of(kind).parse(raw)]
    pressed = [fact for fact in facts if isinstance(fact, Incoming)][-1]
    assert (pressed.kind, pressed.payload["payload"]) == ("choice", "survey:7:4")


def test_a_second_one_starts_beside_it_and_hundreds_are_answered_on_one_line(sandbox, marta):
    """What makes it quick: a line that stays open, and on which no small answer is held back."""
    with Sandbox.start() as other:
        assert other.url != sandbox.url
    sandbox.switch_faults(receipts="off", window="off")
    import http.client

    line = http.client.HTTPConnection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    raw = json.dumps(text(marta)).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    lines = set()
    for _ in range(500):
        line.request("POST", "/v25.0/1000001/messages", raw, headers)
        lines.add(line.sock)
        answer = line.getresponse()
        assert answer.status == 200
        answer.read()
    assert len(lines) == 1
    line.close()


def test_a_page_of_another_site_cannot_work_it(running):
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example:80"}):
        assert httpx.post(f"{running.url}/sandbox/jump", json={"hours": 1}, headers=headers).status_code == 403
    assert httpx.get(f"{running.url}/").status_code == 200


def test_its_page_has_all_its_words(running):
    from sandbox.faults import Faults
    from sandbox.words import FAULTS

    page = httpx.get(f"{running.url}/").text
    assert "[[" not in page
    assert set(FAULTS) == set(Faults().as_dict())


@pytest.mark.django_db
def test_the_command_takes_the_origins_that_point_at_it():
    from demo.management.commands.sandbox import lines
    from origins.models import Origin

    here = {"kind": "whatsapp", "line_id": "1", "access_token": "t", "verify_token": "v", "secret": "s"}
    Origin.objects.create(name="acá", key="here", api_url="http://127.0.0.1:8098", **here)
    Origin.objects.create(name="otra", key="other", api_url="http://127.0.0.1:8099", **here)
    Origin.objects.create(name="Meta", key="real", **here)
    Origin.objects.create(name="apagada", key="off", api_url="http://127.0.0.1:8098", is_active=False, **here)
    bot = here | {"kind": "telegram", "line_id": "2", "secret": "un-secreto"}
    Origin.objects.create(name="bot", key="bot", api_url="http://127.0.0.1:8098", **bot)
    line, telegram = sorted(lines(8098, "http://127.0.0.1:8000"), key=lambda one: one.line_id)
    # all that the product asks for, else its checks say that something is missing
    assert (line.allowed_updates, "message_reaction" in telegram.allowed_updates) == (None, True)
    assert (line.webhook, line.secret, line.access_token) == ("http://127.0.0.1:8000/webhooks/here/", "s", "t")


def test_a_webhook_that_was_down_gets_everything_when_it_is_back(sandbox, listener):
    port = listener.port
    listener.close()
    sandbox.run_messages(messages=60, customers=6)
    sandbox.wait_until(lambda: sandbox.read_report(customers=False)["counts"].get("webhook_0", 0) >= 60)
    assert sandbox.read_totals()["accepted"] == 0
    back = Listener(port)
    try:
        sandbox.wait_until(lambda: sandbox.read_totals()["accepted"] == 60)
        assert len({message["id"] for message in back.values("messages")}) == 60
    finally:
        back.close()
