"""Templates of WhatsApp's accounts: copied page by page, kept true by what Meta tells, refused when they are gone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats import expiry, jobs
from chats.errors import Rejected, Rejection
from chats.messages import replies, templates
from chats.models import Message, Template
from common.errors import OriginError
from gateway import tasks, template_sync
from origins.models import Origin
from tests import people
from tests.http_server import say
from tests.origins.api import Api
from tests.pumping import deliver_chat

MARTA = "5491155550101"


@pytest.fixture
def api(listening):
    return listening(Api())


@pytest.fixture
def origin(db, api):
    return people.whatsapp_origin(api_url=api.url)


@pytest.fixture
def asked(monkeypatch, django_capture_on_commit_callbacks):
    """What the worker was asked to do."""
    asked = []
    monkeypatch.setattr(jobs, "_send_task", lambda task, *args, **_more: asked.append((task.rsplit(".", 1)[-1], *args)))
    return asked


def remote(name, status="APPROVED", *, id=None, language="es_AR", body="Hola {{1}}", **more):
    return {
        "id": id or f"90{name}", "name": name, "language": language, "status": status, "category": "UTILITY",
        "parameter_format": "POSITIONAL", "components": [{"type": "BODY", "text": body}], **more,
    }  # fmt: skip


def has(api, *pages):
    """The account's templates, so many pages of them."""

    def answer(handler):
        from json import dumps

        number = int(api.last.query.get("after", "0"))
        page = {"data": list(pages[number]) if pages else []}
        if number + 1 < len(pages):
            page["paging"] = {"cursors": {"after": str(number + 1)}, "next": "https://graph.facebook.com/x"}
        say(handler, 200, dumps(page).encode())

    api.answers["message_templates"] = answer


def stand(**more):
    return {one.name: one.status for one in Template.objects.filter(**more)}


def told(origin, event, name="turno", *, id=None, field="message_template_status_update", account=None, **more):
    value = {"event": event, "message_template_id": id or f"90{name}", "message_template_name": name,
             "message_template_language": "es_AR", **more}  # fmt: skip
    body = people.wa_body(people.wa_change(field, value), account=account or origin.account_id)
    answer = people.post_meta(Client(), origin, body)
    assert (answer.status_code, answer.json()["rejected"]) == (200, [])


# --- copying --------------------------------------------------------------------------------------


def test_all_pages_are_copied(api, origin):
    has(api, [remote(f"a{n}") for n in range(3)], [remote(f"b{n}") for n in range(3)], [remote("c", "PAUSED")])
    assert template_sync.sync_templates(origin) == 7
    assert stand(status="approved").keys() == {"a0", "a1", "a2", "b0", "b1", "b2"}
    assert stand()["c"] == "paused"
    one = Template.objects.get(name="a0")
    assert (one.remote_id, one.language, one.body, one.parameter_format, one.origin) == (
        "90a0", "es_AR", "Hola {{1}}", "positional", origin,
    )  # fmt: skip
    origin.refresh_from_db()
    assert origin.templates_at
    assert len(api.calls) == 3


def test_again_is_the_same_and_what_changed_is_changed(api, origin):
    has(api, [remote("a"), remote("a", language="pt_BR"), remote("b")])
    template_sync.sync_templates(origin)
    before = set(Template.objects.values_list("pk", flat=True))
    has(
        api,
        [remote("a", "REJECTED", rejected_reason="SCAM"), remote("a", language="pt_BR", body="Oi {{1}}"), remote("b")],
    )
    template_sync.sync_templates(origin)
    assert set(Template.objects.values_list("pk", flat=True)) == before
    assert Template.objects.get(name="a", language="es_AR").status == "rejected"
    assert Template.objects.get(name="a", language="pt_BR").body == "Oi {{1}}"


def test_what_is_gone_is_marked_deleted_and_may_come_back(api, origin):
    has(api, [remote("a"), remote("b")])
    template_sync.sync_templates(origin)
    has(api, [remote("b")])
    template_sync.sync_templates(origin)
    assert stand() == {"a": "deleted", "b": "approved"}
    has(api, [remote("a", id="999"), remote("b")])
    template_sync.sync_templates(origin)
    assert (stand()["a"], Template.objects.get(name="a").remote_id) == ("approved", "999")


def test_our_own_templates_are_left_alone(api, origin):
    ours = Template.objects.create(name="nuestra", body="Hola")
    of_line = Template.objects.create(name="de la línea", body="Hola", origin=origin)
    has(api, [])
    assert template_sync.sync_templates(origin) == 0
    assert {Template.objects.get(pk=one.pk).status for one in (ours, of_line)} == {"approved"}


@pytest.mark.parametrize("answer", [(500, {}), (400, {"error": {"code": 190}}), (302, b"")])
def test_an_account_that_does_not_answer_keeps_what_it_had(api, origin, answer):
    has(api, [remote("a")])
    template_sync.sync_templates(origin)
    api.answers["message_templates"] = answer
    with pytest.raises(OriginError):
        template_sync.sync_templates(origin)
    assert not template_sync.try_sync(origin)
    assert stand(status="approved") == {"a": "approved"}


def test_a_second_page_that_breaks_changes_nothing(api, origin):
    has(api, [remote("a")])
    template_sync.sync_templates(origin)
    pages = iter([(200, {"data": [remote("z")], "paging": {"cursors": {"after": "1"}, "next": "x"}}), (500, {})])

    def answer(handler):
        from json import dumps

        status, body = next(pages)
        say(handler, status, dumps(body).encode())

    api.answers["message_templates"] = answer
    assert not template_sync.try_sync(origin)
    assert stand() == {"a": "approved"}


def test_all_accounts_are_synced_and_one_that_fails_stops_no_other(api, origin):
    broken = people.whatsapp_origin(line_id="2", account_id="2000002", api_url="http://127.0.0.1:9")
    people.telegram_origin(api_url=api.url)
    people.whatsapp_origin(line_id="3", account_id="2000003", api_url=api.url, is_active=False)
    has(api, [remote("a")])
    assert tasks.sync_all_templates() == 1
    assert stand(origin=origin) == {"a": "approved"}
    assert stand(origin=broken) == {}


# --- what Meta tells ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "status"),
    [("PAUSED", "paused"), ("DISABLED", "disabled"), ("REJECTED", "rejected"), ("PENDING_DELETION", "deleted"),
     ("REINSTATED", "approved"), ("APPROVED", "approved"), ("IN_APPEAL", "pending")],
)  # fmt: skip
def test_a_status_that_is_told_counts_at_once(api, origin, event, status):
    has(api, [remote("turno")])
    template_sync.sync_templates(origin)
    told(origin, event)
    assert stand() == {"turno": status}


def test_an_event_that_nobody_knows_changes_nothing(api, origin):
    has(api, [remote("turno")])
    template_sync.sync_templates(origin)
    told(origin, "ALGO_NUEVO")
    assert stand() == {"turno": "approved"}


def test_a_category_and_a_quality_are_kept(api, origin):
    has(api, [remote("turno")])
    template_sync.sync_templates(origin)
    told(origin, "", field="template_category_update", new_category="MARKETING")
    told(origin, "", field="message_template_quality_update", new_quality_score="YELLOW")
    one = Template.objects.get()
    assert (one.category, one.quality.upper(), one.status) == ("marketing", "YELLOW", "approved")


def test_an_unknown_one_asks_for_a_sync_and_a_known_one_does_not(
    api, origin, asked, django_capture_on_commit_callbacks
):
    has(api, [remote("turno")])
    template_sync.sync_templates(origin)
    with django_capture_on_commit_callbacks(execute=True):
        told(origin, "PAUSED")
    assert ("sync_templates", origin.pk) not in asked
    with django_capture_on_commit_callbacks(execute=True):
        told(origin, "APPROVED", "nueva")
    assert ("sync_templates", origin.pk) in asked
    has(api, [remote("turno"), remote("nueva")])
    tasks.sync_templates(origin.pk)
    assert stand() == {"turno": "approved", "nueva": "approved"}


def test_a_notice_is_of_every_line_of_that_account_and_of_no_other(api, origin):
    sister = people.whatsapp_origin(line_id="1000002", api_url=api.url)
    foreign = people.whatsapp_origin(line_id="1000003", api_url=api.url, secret="de-otra-app")
    elsewhere = people.whatsapp_origin(line_id="1000004", account_id="2000009", api_url=api.url)
    has(api, [remote("turno")])
    for one in (origin, sister, foreign, elsewhere):
        template_sync.sync_templates(one)
    told(origin, "PAUSED")
    paused = set(Template.objects.filter(status="paused").values_list("origin", flat=True))
    assert paused == {origin.pk, sister.pk}
    told(origin, "DISABLED", account="2000009")
    assert stand(origin=elsewhere) == {"turno": "disabled"}
    assert stand(origin=origin) == {"turno": "paused"}


# --- before it leaves -----------------------------------------------------------------------------


@pytest.fixture
def template(api, origin):
    has(api, [remote("turno")])
    template_sync.sync_templates(origin)
    api.answers["messages"] = (200, {"messages": [{"id": "wamid.T"}]})
    api.calls.clear()
    return Template.objects.get()


@pytest.fixture
def chat(origin, ana):
    return people.held(origin, ana, sender=MARTA, address_kind="wa_id")


def test_a_template_leaves_as_the_network_wants_it(api, template, chat, ana):
    message = templates.send_template(chat.pk, ana, template, {"1": "Marta"})
    assert deliver_chat(chat.pk) == 1
    sent = api.last.json["template"]
    assert (sent["name"], sent["language"]["code"]) == ("turno", "es_AR")
    assert sent["components"][0]["parameters"][0]["text"] == "Marta"
    assert Message.objects.get(pk=message.pk).external_id == "wamid.T"


@pytest.mark.parametrize("status", ["paused", "rejected", "disabled", "deleted", "pending"])
def test_one_that_is_not_to_be_used_any_more_is_refused_when_chosen_and_when_it_leaves(
    api, template, chat, ana, status
):
    waiting = templates.send_template(chat.pk, ana, template, {"1": "Marta"})
    Template.objects.update(status=status)
    template.refresh_from_db()
    with pytest.raises(Rejected, match="La plantilla ya no se puede usar"):
        templates.send_template(chat.pk, ana, template, {"1": "Marta"})
    deliver_chat(chat.pk)
    waiting.refresh_from_db()
    assert (waiting.status, api.calls) == ("failed", [])
    assert "ya no se puede usar" in waiting.reason


@pytest.mark.parametrize("values", [{}, {"1": ""}, {"1": " \n\t "}, {"1": "x" * 501}, {"2": "Marta"}])
def test_a_variable_that_does_not_fit_is_refused_before_it_leaves(api, template, chat, ana, values):
    with pytest.raises(Rejected) as refused:
        templates.send_template(chat.pk, ana, template, values)
    assert refused.value.code == Rejection.INVALID
    assert not Message.objects.filter(kind="template").exists()


def test_line_breaks_and_runs_of_blanks_never_leave(api, template, chat, ana):
    templates.send_template(chat.pk, ana, template, {"1": "Marta\n\t\u2028     Gómez\x00"})
    deliver_chat(chat.pk)
    assert api.last.json["template"]["components"][0]["parameters"][0]["text"] == "Marta Gómez"


def test_another_accounts_template_is_refused(api, template, chat, ana):
    other = people.whatsapp_origin(line_id="1000002", account_id="2000009")
    theirs = Template.objects.create(name="ajena", body="Hola", origin=other, remote_id="1", language="es_AR")
    local = Template.objects.create(name="nuestra", body="Hola")
    for one in (theirs, local):
        with pytest.raises(Rejected):
            templates.send_template(chat.pk, ana, one, {})


@pytest.mark.parametrize("code", [132001, 132015, 132016])
def test_a_refusal_for_the_template_fails_it_and_asks_for_a_sync(
    api, template, chat, ana, asked, django_capture_on_commit_callbacks, code
):
    api.answers["messages"] = (400, {"error": {"code": code, "message": "x"}})
    message = templates.send_template(chat.pk, ana, template, {"1": "Marta"})
    with django_capture_on_commit_callbacks(execute=True):
        deliver_chat(chat.pk)
    message.refresh_from_db()
    assert (message.status, bool(message.reason)) == ("failed", True)
    assert ("sync_templates", template.origin_id) in asked


def test_a_template_reopens_and_only_templates_follow_until_the_customer_answers(api, template, origin, ana):

    began = timezone.now() - timedelta(hours=30)
    chat = people.waiting(origin, sender=MARTA, address_kind="wa_id", aliases=(("phone", MARTA),), at=began)
    expiry.expire()
    assert people.fresh(chat).state == "EXPIRADO"
    templates.send_template(chat.pk, ana, template, {"1": "Marta"})
    assert deliver_chat(chat.pk) == 1
    with pytest.raises(Rejected, match="plantilla"):
        replies.send_reply(chat.pk, ana, "¿Cómo estás?")
    templates.send_template(chat.pk, ana, template, {"1": "Marta"})
    people.post_meta(Client(), Origin.objects.get(pk=origin.pk), people.wa_text(MARTA, "Bien"))
    replies.send_reply(chat.pk, ana, "Qué bueno")
    assert deliver_chat(chat.pk) == 2
    assert people.fresh(chat).state == "AGENTE"


def test_an_answer_that_is_no_list_takes_no_template_away(origin, api):
    has(api, [remote("turno")])
    assert template_sync.sync_templates(origin) == 1
    api.answers["message_templates"] = lambda handler: say(handler, 200, b"<html>proxy</html>")
    with pytest.raises(OriginError) as trouble:
        template_sync.sync_templates(origin)
    assert not trouble.value.permanent
    assert stand() == {"turno": "approved"}
