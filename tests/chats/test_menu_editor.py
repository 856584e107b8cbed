"""The editor of a bot's menu in the admin: who may, what may come in, drafts, publishing, going back, trying."""

import json
from datetime import datetime, time, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.menu.draft_schema import Unfit, editable, tree_in
from tests import people
from tests.threads import Crowd
from trays.models import Holiday, Opening, Tray
from wittybots.menu import tree, versions
from wittybots.models import Bot, MenuVersion

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def bot(db):
    return Bot.objects.create(name="WittyBots")


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend=BACKEND)
    return client


@pytest.fixture
def diego(db):
    return people.hire("diego", first_name="Diego", last_name="Sosa", role="supervisor")


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


# --- the door ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["", "try", "save", "publish", "back"])
def test_only_who_may_change_bots_gets_in(client, ana, bot, what):
    body = {"tree": menu(option("a", "A")), "basis": ""}
    assert post(client, bot, what, body).status_code == 302
    client.force_login(ana, backend=BACKEND)
    for response in (post(client, bot, what, body), client.get(address(bot, what))):
        assert response.status_code == 302
        assert client.get(response.url, follow=True).status_code == 403
    assert not bot.versions.exists()


@pytest.mark.parametrize("what", ["", "try", "save", "publish", "back"])
def test_who_may_only_look_changes_nothing(as_sofia, bot, what, monkeypatch, sofia):
    monkeypatch.setattr(type(sofia), "SUPERVISOR_MAY", frozenset({"wittybots.view_bot"}))
    response = post(as_sofia, bot, what, {"tree": menu(option("a", "A")), "basis": ""})
    assert response.status_code == 403
    assert not bot.versions.exists()


@pytest.mark.parametrize("what", ["try", "save", "publish", "back"])
def test_what_changes_comes_by_post(as_sofia, bot, what):
    for method in ("get", "put", "delete", "patch"):
        assert getattr(as_sofia, method)(address(bot, what)).status_code == 405


@pytest.mark.parametrize("what", ["try", "save", "publish", "back"])
def test_a_form_of_another_site_changes_nothing(sofia, bot, what):
    client = Client(enforce_csrf_checks=True)
    client.force_login(sofia, backend=BACKEND)
    assert post(client, bot, what, {"tree": menu(), "basis": ""}).status_code == 403
    assert not bot.versions.exists()


@pytest.mark.parametrize("what", ["", "try", "save", "publish", "back"])
def test_a_bot_without_a_menu_has_no_editor(as_sofia, db, what):
    outside = people.external_bot()
    response = (
        as_sofia.get(address(outside)) if not what else post(as_sofia, outside, what, {"tree": menu(), "basis": ""})
    )
    assert response.status_code == 404
    if what:
        assert "no tiene menú" in response.json()["words"]


@pytest.mark.parametrize("pk", ["0", "999999", "x", "99999999999999999999", "1/2"])
def test_a_bot_that_is_not_there(as_sofia, db, pk):
    found = as_sofia.get(f"/admin/wittybots/bot/{pk}/menu/")
    # the admin says of what it does not have that it may have been deleted
    assert found.status_code == 404
    assert (
        as_sofia.post(f"/admin/wittybots/bot/{pk}/menu/save/", "{}", content_type="application/json").status_code == 404
    )


def test_the_bots_page_leads_to_its_menu(as_sofia, bot):
    assert address(bot) in as_sofia.get(f"/admin/wittybots/bot/{bot.pk}/change/").content.decode()
    outside = people.external_bot()
    assert "/menu/" not in as_sofia.get(f"/admin/wittybots/bot/{outside.pk}/change/").content.decode()


# --- the page ------------------------------------------------------------------------------------


def test_it_begins_with_the_trays_that_exist(as_sofia, bot, ventas):
    data = page(as_sofia, bot)
    assert [node["label"] for node in data["tree"]["options"]] == ["Ventas", "Otra consulta"]
    assert [tray["name"] for tray in data["trays"]] == ["General", "Ventas"]
    assert data["readonly"] is False


def test_without_scripts_the_tree_can_be_read(as_sofia, bot, ventas):
    tracking = option("cuando", "Cuándo llega", reply="Mañana")
    order = option(
        "pedido",
        "Mi pedido",
        questions=[{"attribute": "pedido", "text": "¿Qué número?", "kind": "number"}],
        options=[tracking],
    )
    versions.save_draft(bot, menu(option("v", "Ventas <b>", ventas.pk), order, option("x", "Ya no", 999999)), None)
    html = as_sofia.get(address(bot)).content.decode()
    start_, end = html.index('id="menu-plain"'), html.index("</section>")
    shown = html[start_:end]
    for words in (
        "hace falta JavaScript",
        "Ventas &lt;b&gt;",
        "→ Ventas",
        "pregunta «pedido» · submenú de 1",
        "Cuándo llega",
        "no existe",
    ):
        assert words in shown
    assert "<b>" not in shown


def test_nothing_of_a_tree_breaks_out_of_the_page(as_sofia, bot):
    nasty = "</script><script>alert(1)</script>"
    versions.save_draft(bot, menu(option("a", nasty, reply=nasty), greeting=nasty), None)
    html = as_sofia.get(address(bot)).content.decode()
    assert "<script>alert" not in html


def test_a_tray_that_was_archived_since_stays_in_view(as_sofia, bot, ventas, ana):
    versions.save_draft(bot, menu(option("v", "Ventas", ventas.pk)), None)
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    shown = {tray["name"]: tray["gone"] for tray in page(as_sofia, bot)["trays"]}
    assert shown == {"General": False, "Ventas": True}


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"options": None},
        {"options": "no"},
        {"greeting": 3, "options": [7, None, {}, {"id": 1, "label": [], "options": {}}]},
        {"options": [{"id": "a", "label": "A", "keywords": "x", "questions": [1, {}], "tray": "9"}] * 3},
        {"options": [{"id": "a", "label": "L" * 500, "options": [{"id": "volver"}]}]},
    ],
)
def test_whatever_is_stored_opens_in_the_editor(as_sofia, bot, odd):
    MenuVersion.objects.create(bot=bot, number=1, tree=odd)
    shown = page(as_sofia, bot)["tree"]
    assert set(shown) == {"greeting", "misfit", "farewell", "fallback_tray", "options"}
    for node in shown["options"]:
        assert set(node) == {"id", "label", "keywords", "reply", "questions", "tray", "options"}
    ids = [node["id"] for node in shown["options"]]
    assert len(set(ids)) == len(ids)


# --- saving --------------------------------------------------------------------------------------


def test_a_draft_is_kept_and_told_what_it_lacks(as_sofia, bot, sofia, ventas):
    unfinished = menu(option("a", ""), option("b", "Ventas", ventas.pk), greeting="")
    response = save(as_sofia, bot, unfinished)
    assert response.status_code == 200
    said = response.json()
    assert {problem["where"] for problem in said["problems"]} == {"greeting", "a/label"}
    assert "Borrador guardado" in said["words"]
    draft = bot.versions.get()
    assert (draft.state, draft.tree, draft.saved_by) == ("draft", unfinished, sofia)
    assert history() == ["Menú: borrador guardado (versión 1)"]
    # customers get nothing of it
    assert [node.label for node in versions.menu_of(bot).options] == ["Ventas", "Otra consulta"]
    assert page(as_sofia, bot)["tree"] == unfinished


def test_saving_again_is_the_same_draft(as_sofia, bot):
    first = save(as_sofia, bot, menu(option("a", "A"))).json()
    second = save(as_sofia, bot, menu(option("a", "B")), first["basis"])
    assert second.status_code == 200
    assert second.json()["basis"] != first["basis"]
    assert states(bot) == [(1, "draft")]
    assert "Borrador" in second.json()["versions"]


def test_what_another_has_saved_meanwhile_is_not_lost(as_sofia, bot, diego):
    theirs = Client()
    theirs.force_login(diego, backend=BACKEND)
    basis = page(as_sofia, bot)["basis"]
    save(theirs, bot, menu(option("d", "De Diego")))
    for what in ("save", "publish"):
        refused = save(as_sofia, bot, menu(option("s", "De Sofía")), basis, what)
        assert refused.status_code == 409
        assert "Diego Sosa guardó el borrador (versión 1)" in refused.json()["words"]
    assert [node["label"] for node in bot.versions.get().tree["options"]] == ["De Diego"]
    assert save(as_sofia, bot, menu(option("s", "De Sofía"))).status_code == 200


def test_what_another_has_published_meanwhile_is_not_lost(as_sofia, bot, diego):
    theirs = Client()
    theirs.force_login(diego, backend=BACKEND)
    basis = page(as_sofia, bot)["basis"]
    assert publish(theirs, bot, menu(option("d", "De Diego"))).status_code == 200
    refused = save(as_sofia, bot, menu(option("s", "De Sofía")), basis)
    assert refused.status_code == 409
    assert "Diego Sosa publicó la versión 1" in refused.json()["words"]
    assert states(bot) == [(1, "published")]


@pytest.mark.parametrize("basis", [None, 3, [], {}, "x", True])
def test_a_basis_that_is_none_is_refused(as_sofia, bot, basis):
    versions.save_draft(bot, menu(option("a", "A")), None)
    assert post(as_sofia, bot, "save", {"tree": menu(), "basis": basis}).status_code == 409


def test_of_two_who_save_at_the_same_time_one_is_refused(transactional_db):
    bot = Bot.objects.create()
    pair = [people.hire(f"s{n}", role="supervisor") for n in range(2)]
    clients = [Client(), Client()]
    for client, one in zip(clients, pair, strict=True):
        client.force_login(one, backend=BACKEND)
    with Crowd(2) as crowd:
        for round_ in range(8):
            basis = page(clients[0], bot)["basis"]

            def saves(number, basis=basis, round_=round_):
                return save(clients[number], bot, menu(option("a", f"{round_} {number}")), basis).status_code

            assert sorted(crowd.at_once(saves)) == [200, 409]
    assert states(bot) == [(1, "draft")]


# --- odd JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["try", "save", "publish", "back"])
@pytest.mark.parametrize(
    "raw",
    [b" ", b"{", b"null", b"[]", b'"x"', b"3", b"NaN", b"\xff\xfe", b"[" * 200_000, b'{"tree":' * 30_000],
)
def test_what_is_no_object_is_refused_in_words(as_sofia, bot, what, raw):
    response = post(as_sofia, bot, what, raw)
    assert response.status_code == 422
    assert response.json()["words"]


@pytest.mark.parametrize("what", ["try", "save", "publish", "back"])
def test_a_body_has_an_end(as_sofia, bot, what):
    assert post(as_sofia, bot, what, b" " * (256 * 1024) + b"{}").status_code == 413
    padded = json.dumps({"tree": menu(), "x": ""}).encode()
    full = padded[:-2] + b"y" * (256 * 1024 - len(padded)) + padded[-2:]
    assert len(full) == 256 * 1024
    assert post(as_sofia, bot, what, full).status_code != 413


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/xml"],
)
def test_only_json_is_read(as_sofia, bot, kind):
    assert post(as_sofia, bot, "save", b"{}", content_type=kind).status_code == 415


ODD_TREES = [
    (None, ""),
    ([], ""),
    ("menu", ""),
    (7, ""),
    (menu(greeting=None), "greeting"),
    (menu(greeting=["Hola"]), "greeting"),
    (menu(misfit="x" * 1001), "misfit"),
    (menu(farewell="a\x00b"), "farewell"),
    (menu(farewell="a\ud800b"), "farewell"),
    (menu(fallback_tray="1"), "fallback_tray"),
    (menu(fallback_tray=True), "fallback_tray"),
    (menu(fallback_tray=1.5), "fallback_tray"),
    (menu(fallback_tray=-1), "fallback_tray"),
    (menu(fallback_tray=10**30), "fallback_tray"),
    (tree.new() | {"options": {}}, "options"),
    (tree.new() | {"options": [None]}, "options"),
    (menu(option("A B", "A")), "A B/id"),
    (menu(option("", "A")), None),
    (menu(option("a" * 25, "A")), None),
    (menu(option("a\n", "A")), None),
    (menu(option(5, "A")), None),
    (menu(option("a", 5)), "a/label"),
    (menu(option("a", "L" * 41)), "a/label"),
    (menu(option("a", "A", reply="R" * 1001)), "a/reply"),
    (menu(option("a", "A", keywords="x, y")), "a/keywords"),
    (menu(option("a", "A", keywords=[1])), "a/keywords"),
    (menu(option("a", "A", keywords=["x"] * 31)), "a/keywords"),
    (menu(option("a", "A", keywords=["x" * 41])), "a/keywords"),
    (menu(option("a", "A", "7")), "a/tray"),
    (menu(option("a", "A", questions={})), "a/questions"),
    (menu(option("a", "A", questions=[{"attribute": 1, "text": "", "kind": "text"}])), "a/questions"),
    (menu(option("a", "A", questions=[{"attribute": "", "text": "t" * 1001, "kind": "text"}])), "a/questions"),
    (menu(option("a", "A", questions=[{"attribute": "", "text": "", "kind": []}])), "a/questions"),
    (menu(option("a", "A", questions=[{}] * 11)), "a/questions"),
    (menu(option("a", "A", options=[option("b", "B", options=[option("c", ["C"])])])), "c/label"),
    (menu(option("a", "A"), option("a", "B")), None),
    (menu(option("a", "A", options=[option("a", "B")])), None),
    (menu(*(option(f"n-{n}", f"{n}") for n in range(61))), None),
    (menu(*(option(f"n-{n}", f"{n}", options=[option(f"m-{n}", "x")]) for n in range(31))), None),
]


def deep(levels):
    node = option("n-0", "0")
    for level in range(1, levels):
        node = option(f"n-{level}", str(level), options=[node])
    return menu(node)


@pytest.mark.parametrize("what", ["save", "publish", "try"])
@pytest.mark.parametrize(("odd", "where"), [*ODD_TREES, (deep(7), None), (deep(300), None)])
def test_what_is_no_tree_is_refused_in_words(as_sofia, bot, what, odd, where):
    response = post(as_sofia, bot, what, {"tree": odd, "basis": "", "text": "Hola"})
    assert response.status_code == 422
    said = response.json()
    assert said["words"]
    if where is not None:
        assert where in [problem["where"] for problem in said["problems"]]
    assert all(problem["words"] and "%(" not in problem["words"] for problem in said["problems"])
    assert not bot.versions.exists()


def test_what_is_missing_is_filled_and_what_is_not_ours_is_left_out():
    found = tree_in({"tree": {"options": [{"id": "a", "extra": [1]}], "more": 1}})
    assert found == {
        "greeting": "", "misfit": "", "farewell": "", "fallback_tray": None,
        "options": [option("a", "")],
    }  # fmt: skip


def test_the_largest_tree_fits():
    largest = menu(*(option(f"n-{n}", "L" * 40, keywords=["k" * 40] * 30, reply="R" * 1000) for n in range(60)))
    assert tree_in({"tree": largest}) == largest
    assert tree_in({"tree": deep(6)}) == deep(6)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "label", "keywords", "reply", "questions", "tray", "options", "attribute", "text", "kind"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(st.sampled_from(["greeting", "misfit", "farewell", "fallback_tray", "options"]), json_values)
    | json_values
)
def test_any_json_is_a_tree_or_is_refused_and_always_opens(value):
    try:
        found = tree_in({"tree": value})
    except Unfit as unfit:
        assert unfit.status == 422
        assert unfit.words
    else:
        assert tree_in({"tree": found}) == found
    assert tree_in({"tree": editable(value)})


# --- publishing and versions ---------------------------------------------------------------------


def test_a_fine_tree_is_published_at_once(as_sofia, bot, ventas, sofia):
    wanted = menu(option("v", "Quiero comprar", ventas.pk))
    response = publish(as_sofia, bot, wanted)
    assert response.status_code == 200
    assert "versión 1" in response.json()["words"]
    version = versions.published_version(bot)
    assert (version.tree, version.saved_by, states(bot)) == (wanted, sofia, [(1, "published")])
    assert history() == ["Menú: versión 1 publicada"]
    stored = people.says(people.received_by(bot), "marta", "Hola")
    answer = stored.message.chat.messages.filter(author="bot").get()
    assert [choice["title"] for choice in answer.payload["choices"]] == ["Quiero comprar"]


def test_a_tree_with_faults_is_not_published_and_nothing_is_kept(as_sofia, bot, ventas):
    faulty = menu(
        option("a", ""),
        option("b", "B", 999999),
        option("c", "C", ventas.pk, options=[option("d", "Volver")]),
        option("e", "E", questions=[{"attribute": "", "text": "", "kind": "fax"}]),
        greeting="  ",
    )
    basis = page(as_sofia, bot)["basis"]
    response = publish(as_sofia, bot, faulty, basis)
    assert response.status_code == 422
    where = {problem["where"] for problem in response.json()["problems"]}
    assert {"greeting", "a/label", "b/tray", "c/tray", "d/label", "e/questions"} <= where
    assert not bot.versions.exists()
    assert history() == []
    # and it can go on from where it stood
    assert publish(as_sofia, bot, menu(option("a", "A")), basis).status_code == 200


def test_an_archived_tray_keeps_a_menu_from_being_published(as_sofia, bot, ventas):
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    said = publish(as_sofia, bot, menu(option("v", "Ventas", ventas.pk))).json()
    assert [problem["where"] for problem in said["problems"]] == ["v/tray"]


def test_a_personal_tray_and_the_closed_ones_are_no_destination(as_sofia, bot, ana):
    for tray in (ana.personal_tray, Tray.objects.closed()):
        assert publish(as_sofia, bot, menu(option("v", "V", tray.pk))).status_code == 422


def test_going_back_publishes_the_earlier_tree_under_a_new_number(as_sofia, bot):
    first, second = menu(option("a", "Primera")), menu(option("b", "Segunda"))
    publish(as_sofia, bot, first)
    publish(as_sofia, bot, second)
    response = post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]})
    assert response.status_code == 200
    assert states(bot) == [(1, "retired"), (2, "retired"), (3, "published")]
    assert versions.published_version(bot).tree == first
    assert page(as_sofia, bot)["tree"] == first
    assert history()[-1] == "Menú: vuelta a la versión 1, publicada como 3"
    html = as_sofia.get(address(bot)).content.decode()
    assert 'data-back="2"' in html
    assert 'data-back="3"' not in html


def test_going_back_leaves_the_draft(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Primera")))
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    save(as_sofia, bot, menu(option("c", "En obra")))
    said = post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]}).json()
    assert "borrador sigue" in said["words"]
    assert [node["label"] for node in page(as_sofia, bot)["tree"]["options"]] == ["En obra"]


@pytest.mark.parametrize("number", [None, 0, -1, 99, 2**40, "1", 1.5, True, [], {}])
def test_a_version_that_is_not_there(as_sofia, bot, number):
    if number is not True:
        publish(as_sofia, bot, menu(option("a", "A")))
    response = post(as_sofia, bot, "back", {"number": number, "basis": page(as_sofia, bot)["basis"]})
    assert response.status_code == 404


def test_a_draft_is_no_version_to_go_back_to(as_sofia, bot):
    save(as_sofia, bot, menu(option("a", "A")))
    assert post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]}).status_code == 404


def test_nobody_goes_back_over_what_another_published(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Primera")))
    basis = page(as_sofia, bot)["basis"]
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    assert post(as_sofia, bot, "back", {"number": 1, "basis": basis}).status_code == 409
    assert states(bot) == [(1, "retired"), (2, "published")]


def test_a_version_whose_tray_is_gone_does_not_come_back(as_sofia, bot, ventas):
    publish(as_sofia, bot, menu(option("v", "Ventas", ventas.pk)))
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    response = post(as_sofia, bot, "back", {"number": 1, "basis": page(as_sofia, bot)["basis"]})
    assert response.status_code == 422
    assert "Abrila con Ver" in response.json()["words"]
    assert states(bot) == [(1, "retired"), (2, "published")]


def test_an_earlier_version_is_there_to_look_at(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Primera")))
    publish(as_sofia, bot, menu(option("b", "Segunda")))
    data = page(as_sofia, bot, version="1")
    assert data["readonly"] is True
    assert [node["label"] for node in data["tree"]["options"]] == ["Primera"]
    for odd in ("3", "0", "x", "-1", "99999999999999999", "1.0", "²", "٣"):
        assert as_sofia.get(address(bot), {"version": odd}).status_code == 404
    assert "versión 1" in as_sofia.get(address(bot), {"version": "1"}).content.decode().lower()


def test_another_bots_version_is_not_this_ones(as_sofia, bot):
    other = Bot.objects.create(name="Otro")
    versions.save_draft(other, menu(option("a", "A")), None)
    assert as_sofia.get(address(bot), {"version": "1"}).status_code == 404


def test_the_list_of_versions_has_an_end(as_sofia, bot, django_assert_max_num_queries):
    MenuVersion.objects.bulk_create(
        MenuVersion(bot=bot, number=n, state="retired", tree=menu(option("a", "A"))) for n in range(1, 71)
    )
    with django_assert_max_num_queries(25):
        html = as_sofia.get(address(bot)).content.decode()
    assert html.count("data-back=") == 50 + 1  # the words of the question are one of them
    assert "Hay 20 más viejas" in html


# --- trying --------------------------------------------------------------------------------------


def talk(client, bot, menu, *said, **more):
    """The answers to these texts, or (text, payload), one after the other."""
    state, found = "", []
    for one in said:
        text, payload = one if isinstance(one, tuple) else (one, "")
        body = {"tree": menu, "state": state, "text": text, "payload": payload, **more}
        response = post(client, bot, "try", body)
        assert response.status_code == 200, response.content
        found.append(response.json())
        state = found[-1]["state"]
    return found


def test_the_real_bot_answers_and_nothing_is_stored(as_sofia, bot, ventas):
    tracking = option("cuando", "Cuándo llega", reply="El {{pedido}} llega mañana, {{nombre}}.")
    order = option(
        "pedido", "Mi pedido", questions=[{"attribute": "pedido", "text": "¿Qué número?", "kind": "number"}],
        options=[tracking, option("v", "Una persona", ventas.pk, reply="Ya va")],
    )  # fmt: skip
    tried = menu(order, greeting="Hola {{nombre}}")
    hello, ask, again, kept, tracked, over = talk(
        as_sofia, bot, tried, "buenas", "mi pedido", "no sé", "el 4521", ("Cuándo llega", "cuando"), "2"
    )
    assert hello["texts"] == ["Hola Marta"]
    assert [choice["label"] for choice in hello["offer"]] == ["Mi pedido"]
    assert ask["texts"][-1] == "¿Qué número?"
    assert again["attributes"] == {}
    assert kept["attributes"] == {"pedido": "4521"}
    assert [choice["label"] for choice in kept["offer"]] == ["Cuándo llega", "Una persona", "Volver"]
    assert tracked["texts"][0] == "El 4521 llega mañana, Marta."
    assert over["hand_over"] is True
    assert over["over"] == ["Pasa el chat a la bandeja Ventas."]
    assert over["path"][0] == "Mi pedido"
    assert over["path"][-1] == "Una persona"
    assert over["attributes"] == {"pedido": "4521"}
    assert not bot.versions.exists()
    assert history() == []


def test_what_is_in_the_editor_is_tried_not_what_is_published(as_sofia, bot):
    publish(as_sofia, bot, menu(option("a", "Publicada")))
    (answer,) = talk(as_sofia, bot, menu(option("b", "En obra")), "hola")
    assert [choice["label"] for choice in answer["offer"]] == ["En obra"]


def test_the_tree_may_change_between_two_messages(as_sofia, bot):
    first = menu(option("a", "A", options=[option("b", "B", options=[option("c", "C")])]))
    state = talk(as_sofia, bot, first, "hola", "a", "b")[-1]["state"]
    for changed in (menu(option("x", "X")), menu(), menu(option("a", "A"))):
        body = {"tree": changed, "state": state, "text": "c", "payload": ""}
        assert post(as_sofia, bot, "try", body).status_code == 200


@pytest.mark.parametrize("state", ["x", "a:b:c", 7, [], {"memory": {}}, "y" * 70_000, True])
def test_a_memory_that_is_not_ours_is_refused(as_sofia, bot, state):
    response = post(as_sofia, bot, "try", {"tree": menu(option("a", "A")), "state": state, "text": "hola"})
    assert response.status_code == 422
    assert "Empezar de nuevo" in response.json()["words"]


@pytest.mark.parametrize("text", [None, 7, ["hola"], {}, "x" * 1001])
@pytest.mark.parametrize("field", ["text", "payload"])
def test_only_a_message_is_tried(as_sofia, bot, field, text):
    body = {"tree": menu(option("a", "A")), "state": "", "text": "hola", field: text}
    assert post(as_sofia, bot, "try", body).status_code == 422


@pytest.mark.parametrize("text", ["", "\x00", "\ud83d", "𝐀", "🙂" * 400, "{{nombre}}", "<b>", "1" * 1000])
def test_any_words_are_answered(as_sofia, bot, text):
    assert talk(as_sofia, bot, menu(option("a", "A")), "hola", text)[-1]["texts"]


def test_two_misfits_go_to_the_fallback_tray(as_sofia, bot, ventas):
    over = talk(as_sofia, bot, menu(option("a", "A"), fallback_tray=ventas.pk), "hola", "qwerty", "asdfgh")[-1]
    assert over["over"] == ["Pasa el chat a la bandeja Ventas."]


def test_a_tray_that_is_gone_is_general(as_sofia, bot, ventas):
    Tray.objects.filter(pk=ventas.pk).update(archived_at=timezone.now())
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a")[-1]
    assert over["over"] == ["Pasa el chat a la bandeja General."]


def open_from_nine_to_six(tray):
    for weekday in range(5):
        Opening.objects.create(tray=tray, weekday=weekday, opens=time(9), closes=time(18))


def at(year, month, day, hour):
    return datetime(year, month, day, hour, tzinfo=timezone.get_default_timezone())


@pytest.mark.parametrize(
    ("now", "outside", "line"),
    [
        (at(2026, 3, 4, 11), False, None),  # a Wednesday
        (at(2026, 3, 4, 20), False, "mañana a las 9:00"),
        (at(2026, 3, 4, 7), False, "hoy a las 9:00"),
        (at(2026, 3, 4, 11), True, "mañana a las 9:00"),
        (at(2026, 3, 6, 11), True, "el lunes a las 9:00"),
        (at(2026, 3, 4, 20), True, "mañana a las 9:00"),
    ],
)
def test_outside_hours_it_says_when_the_tray_opens(as_sofia, bot, ventas, monkeypatch, now, outside, line):
    open_from_nine_to_six(ventas)
    monkeypatch.setattr(timezone, "now", lambda: now)
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a", outside=outside)[-1]
    assert over["over"][1:] == ([f"Está fuera de horario: abre {line}. El chat espera en la bandeja."] if line else [])
    assert (line is None) or any(line in text for text in over["texts"])


def test_a_tray_without_hours_is_open_as_if_or_not(as_sofia, bot, ventas):
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a", outside=True)[-1]
    assert over["over"] == ["Pasa el chat a la bandeja Ventas.", "Ventas no tiene horario: está siempre abierta."]


def test_hours_around_the_clock_are_never_closed(as_sofia, bot, ventas):
    for weekday in range(7):
        Opening.objects.create(tray=ventas, weekday=weekday, opens=time(0), closes=time(0))
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a", outside=True)[-1]
    assert len(over["over"]) == 2
    assert "fuera de horario" not in over["over"][1]


def test_a_holiday_counts(as_sofia, bot, ventas):
    today = timezone.localdate()
    Holiday.objects.create(day=today, name="Fiesta")
    Holiday.objects.create(day=today + timedelta(days=1), name="Y otra")
    over = talk(as_sofia, bot, menu(option("a", "A", ventas.pk)), "hola", "a")[-1]
    assert "fuera de horario" in over["over"][1]
