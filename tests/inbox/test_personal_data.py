"""What is kept of one person: copied for them, and erased without a trace but figures."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from chats import access, erasing, moves
from chats.errors import Rejected
from chats.messages import replies
from chats.models import Attachment, Chat, Message
from contacts.joining import join_cards
from contacts.models import Address, Contact, StateChange
from gateway.inbound import webhooks
from inbox.models import DataCopy, Erasure
from inbox.personal_data import running
from origins.models import Body
from tests import people
from tests.inbox.everything import NAME, PHONE, WORD, WORDLESS, find_needles, make_everything, tables_of_people
from tests.inbox.pages import SECRET, signed_in
from tests.threads import Crowd
from trays.models import AuditEntry
from wittybots.models import Event


def erase(contact, agent):
    for job in running.begin_erasure(contact, agent):
        running.carry_out_erasure(job.pk)
        assert Erasure.objects.get(pk=job.pk).finished_at
    return job


def stored_files(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_of_whom_sofia_erases_nothing_is_left_in_any_column_of_any_table_nor_in_a_file(sofia, ana, settings):
    chat = make_everything(sofia, ana)
    before = find_needles()
    tables = {table for table, _column in before}
    # a new table that people's words can be in has to be filled in everything.py, and erased
    assert tables_of_people() - WORDLESS <= tables
    assert {
        "origins_body",
        "chats_early",
        "wittybots_event",
        "wittybots_answered",
        "inbox_contactcsverror",
        "chats_uploadbudget",
    } <= tables
    assert any(WORD.encode() in path.read_bytes() for path in stored_files(settings))
    steps = list(StateChange.objects.filter(contact=chat.contact_id).values_list("cause", "at").order_by("id"))
    call_command("check_reports")

    job = erase(chat.contact, sofia)

    assert find_needles() == {}
    noted = AuditEntry.objects.filter(contact=chat.contact_id).get()
    assert (noted.what, noted.agent) == ("data.erased", sofia)
    assert stored_files(settings) == []
    assert not Attachment.objects.exists()
    # the way of somebody stays, and what reports made of it
    kept = list(StateChange.objects.filter(contact=chat.contact_id).values_list("cause", "at").order_by("id"))
    assert kept[:-1] == steps
    assert kept[-1][0] == "erased"
    assert Message.objects.filter(chat=chat, author="agent", direction="out").exists()
    call_command("check_history")
    call_command("check_reports")
    assert Body.objects.count() == 3
    assert not Event.objects.filter(chat_id=chat.pk, message_id__isnull=False, state="queued").exists()
    # again is nothing
    running.carry_out_erasure(job.pk)
    assert erasing.erase_contact(chat.contact_id, sofia).change_id == people.fresh(chat).change_id


def test_who_was_erased_is_shown_nowhere_and_writes_as_somebody_new(sofia, ana, client):
    chat = make_everything(sofia, ana)
    again = json.loads(bytes(Body.objects.order_by("pk").first().raw))
    erase(chat.contact, sofia)
    screens = [reverse(name) for name in ("contacts", "chats", "inbox", "supervision", "palette_contacts")]
    screens += [reverse("contacts") + "?q=Zoraida", reverse("search") + f"?q={WORD}", reverse("search") + "?q=0142"]
    for agent in (sofia, ana):
        browser = signed_in(agent)
        for url in screens:
            page = browser.get(url).content.decode().replace('value="Zoraida"', "").replace(f'value="{WORD}"', "")
            assert "Contacto borrado" not in page, url
            assert "Quinteros" not in page, url
        for name in ("contact", "contact_chat", "person_data", "join", "block", "likely"):
            assert browser.get(reverse(name, args=[chat.contact_id])).status_code in (403, 404), name
        assert browser.get(reverse("older", args=[chat.pk])).status_code == 404
    with pytest.raises(Rejected):
        moves.take(chat.pk, sofia)
    # the same message in another body is not stored again: its id is known, and nobody's
    people.post_signed(client, chat.origin, again | {"again": 1})
    assert not Contact.objects.filter(shown_address=PHONE).exists()
    people.post_signed(client, chat.origin, {"messages": [{"id": "new", "from": PHONE, "name": NAME, "text": "Hola"}]})
    new = Contact.objects.get(shown_address=PHONE)
    assert new.pk != chat.contact_id
    assert (new.name, Message.objects.filter(chat__contact=new, direction="in").count()) == (NAME, 1)
    assert people.fresh(chat).state == "EXPIRADO"


def test_what_comes_while_somebody_is_erased_goes_with_them_or_is_of_somebody_new(transactional_db, sofia, http_origin):
    people.waiting(http_origin, sender=PHONE, text=f"Hola {WORD} 0")
    sent, rounds, writers = 1, 4, 3

    def writes(number):
        message = {"id": f"m-{number}", "from": PHONE, "name": NAME, "text": f"Hola {WORD} {number}"}
        return lambda _thread: webhooks._take_in(http_origin, json.dumps({"messages": [message]}).encode())

    with Crowd(writers + 1) as crowd:
        for _round in range(rounds):
            contact = Contact.objects.known().get(addresses__value=PHONE, addresses__revoked_at=None)
            acts = [writes(sent + number) for number in range(writers)]
            *answers, jobs = crowd.at_once([*acts, lambda _thread, who=contact: running.begin_erasure(who, sofia)])
            assert answers == [{"accepted": 1, "duplicates": 0, "rejected": []}] * writers
            sent += writers
            for job in jobs:
                running.carry_out_erasure(job.pk)
            assert not Message.objects.filter(chat__contact=contact).exclude(text="").exists()
            assert not Address.objects.filter(contact=contact).exists()
            # somebody new writes next, where all that came was still of who is gone
            writes(sent)(0)
            sent += 1
    # nothing is lost and nothing there twice
    said = Message.objects.filter(direction="in")
    assert said.count() == sent
    kept = sorted(said.exclude(text="").values_list("text", flat=True))
    assert len(set(kept)) == len(kept)
    assert f"Hola {WORD} {sent - 1}" in kept
    erased = [job.contact_id for job in Erasure.objects.all()]
    assert len(erased) == rounds
    assert not Message.objects.filter(chat__contact__in=erased, direction="in").exclude(text="").exists()
    people.assert_numbers_are_kept(Chat.objects.get(erased_at=None))


def test_a_body_that_nobody_made_sense_of_yet_keeps_the_erasure_open(sofia, http_origin):
    chat = people.waiting(http_origin, sender=PHONE)
    raw = json.dumps({"messages": [{"id": "x", "from": PHONE, "text": "Hola"}]}).encode()
    body = Body.objects.create(origin=http_origin, raw=raw, digest=b"1" * 32)
    # a longer number that only begins so is somebody else's
    others = Body.objects.create(
        origin=http_origin, raw=f'{{"from": "{PHONE}9"}}'.encode(), digest=b"2" * 32, state="processed"
    )
    [job] = running.begin_erasure(chat.contact, sofia)
    running.carry_out_erasure(job.pk)
    assert not Erasure.objects.get().finished_at
    Body.objects.filter(pk=body.pk).update(state="processed")
    assert running.find_unfinished(timezone.now() + timedelta(minutes=2)) == ([], [job.pk])
    running.carry_out_erasure(job.pk)
    assert (Erasure.objects.get().addresses, bytes(Body.objects.get(pk=body.pk).raw)) == ([], b"")
    assert PHONE.encode() in bytes(Body.objects.get(pk=others.pk).raw)


@pytest.mark.parametrize("place", ["general", "ventas", "held", "cerradas", "expirado"])
def test_only_a_supervisor_who_sees_the_chat_copies_or_erases_it(place, ana, caio, sofia, ventas, soporte, http_origin):
    from chats import expiry

    where = ventas if place in ("ventas", "held") else None
    chat = people.waiting(http_origin, where, text=SECRET)
    if place == "held":
        moves.take(chat.pk, ana)
    elif place == "cerradas":
        moves.take(chat.pk, ana)
        moves.close(chat.pk, ana)
    elif place == "expirado":
        expiry.expire(now=chat.session_expires_at)
    contact = people.fresh(chat).contact
    sees = place != "ventas"
    for agent in (ana, caio):
        assert signed_in(agent).get(reverse("person_data", args=[contact.pk])).status_code == 403
        assert signed_in(agent).post(reverse("data_copy", args=[contact.pk])).status_code == 403
        assert signed_in(agent).post(reverse("data_erase", args=[contact.pk]), {"typed": "x"}).status_code == 403
    browser = signed_in(sofia)
    page = browser.get(reverse("person_data", args=[contact.pk]))
    assert page.status_code == 200
    assert SECRET not in page.content.decode()
    assert browser.post(reverse("data_copy", args=[contact.pk])).status_code == (303 if sees else 403)
    answer = browser.post(reverse("data_erase", args=[contact.pk]), {"typed": "Marta Gómez"})
    assert answer.status_code == (303 if sees else 403)
    assert bool(Contact.objects.get(pk=contact.pk).erased_at) is sees
    assert DataCopy.objects.count() == Erasure.objects.count() == sees


def test_nothing_is_erased_before_its_name_or_the_end_of_its_number_is_typed(sofia, http_origin):
    named = people.waiting(http_origin, name="Marta  Gómez").contact
    phone = people.waiting(http_origin, sender="x", name="Rosa").contact
    Contact.objects.filter(pk=phone.pk).update(shown_address="+54 9 341 555-0142")
    browser = signed_in(sofia)
    for contact, wrong, right in ((named, "Marta", "marta gómez"), (phone, "Rosa", "0142")):
        url = reverse("data_erase", args=[contact.pk])
        form = browser.get(url).content.decode()
        assert ("últimos cuatro" in form) is (contact == phone)
        refused = browser.post(url, {"typed": wrong})
        assert (refused.status_code, "aria-invalid" in refused.content.decode()) == (422, True)
        assert not Erasure.objects.filter(contact=contact).exists()
        assert browser.post(url, {"typed": f" {right} "}).status_code == 303
    page = browser.get(reverse("people_data")).content.decode()
    assert page.count("Sofía") >= 2
    assert "Marta" not in page


def test_joined_cards_are_one_person_and_one_that_is_not_seen_holds_all_back(sofia, ana, ventas, http_origin):
    one = people.waiting(http_origin, name="Marta").contact
    other = people.waiting(http_origin, ventas, name="Marta Gómez").contact
    join_cards(one, other, ana)
    with pytest.raises(Rejected, match="Marta Gómez"):
        running.begin_erasure(one, sofia)
    assert not Contact.objects.exclude(erased_at=None).exists()
    access.give_access(ventas, [sofia])
    # the form was opened before they were joined
    stale = {"typed": "Marta", "cards": str(one.pk)}
    assert signed_in(sofia).post(reverse("data_erase", args=[one.pk]), stale).status_code == 409
    assert not Contact.objects.exclude(erased_at=None).exists()
    form = signed_in(sofia).get(reverse("data_erase", args=[one.pk])).content.decode()
    assert f'name="cards" value="{one.pk},{other.pk}"' in form
    confirmed = stale | {"cards": f"{one.pk},{other.pk}"}
    assert signed_in(sofia).post(reverse("data_erase", args=[one.pk]), confirmed).status_code == 303
    assert Contact.objects.exclude(erased_at=None).count() == 2


def test_the_copy_has_all_of_the_person_and_notes_of_the_team_only_if_asked(sofia, ana):
    chat = make_everything(sofia, ana)
    replies.send_reply(chat.pk, sofia, "Chau")
    for with_notes in (False, True):
        job = running.begin_copy(chat.contact, sofia, with_notes=with_notes)
        running.carry_out_copy(job.pk)
        answer = signed_in(sofia).get(reverse("data_copy_file", args=[job.pk]))
        with ZipFile(BytesIO(b"".join(answer.streaming_content))) as packed:
            data = json.loads(packed.read("datos.json"))
            said = json.loads(packed.read(f"mensajes-{chat.contact_id}.json"))
            files = [name for name in packed.namelist() if name.startswith("archivos/")]
            assert WORD.encode() in packed.read(files[0])
        [card] = data["tarjetas"]
        assert (card["direccion"], card["atributos"]) == (PHONE, {"Barrio": f"barrio {WORD}"})
        assert [one["numero"] for one in said] == [
            one.pk
            for one in Message.objects.filter(chat=chat).exclude(kind="move").order_by("created_at", "pk")
            if with_notes or one.direction != "note"
        ]
        assert any(f"Nota {WORD}" in one["texto"] for one in said) is with_notes
        assert ("notas" in card) is with_notes
        assert any("motivo" in step for step in card["estados"]) is with_notes
        assert said[0]["texto"] == f"Hola {WORD}"
        job.refresh_from_db()
        assert (job.state, job.done) == ("done", job.total)


def test_a_copy_is_its_supervisors_for_a_day_and_not_made_of_what_is_seen_no_more(
    sofia, ana, ventas, http_origin, settings
):
    access.give_access(ventas, [sofia])
    chat = people.waiting(http_origin, ventas, text=SECRET)
    job, late = (running.begin_copy(chat.contact, sofia) for _time in range(2))
    with pytest.raises(Rejected):
        running.begin_copy(chat.contact, sofia)
    running.carry_out_copy(job.pk)
    running.carry_out_copy(job.pk)
    url = reverse("data_copy_file", args=[job.pk])
    other = people.hire("otra", role="supervisor")
    assert signed_in(sofia).get(url).status_code == 200
    assert (signed_in(other).get(url).status_code, signed_in(ana).get(url).status_code) == (404, 403)
    access.take_access(ventas, [sofia])
    running.carry_out_copy(late.pk)
    late.refresh_from_db()
    assert (late.state, late.reason, bool(late.file)) == ("failed", "Ya no ves su chat", False)
    DataCopy.objects.update(made_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert signed_in(sofia).get(url).status_code == 404
    assert len(stored_files(settings)) == 1
    running.prune_copies(timezone.now())
    assert (DataCopy.objects.count(), stored_files(settings)) == (0, [])
