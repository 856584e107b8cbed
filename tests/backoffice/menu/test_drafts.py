"""Drafts of a menu: kept, refused in words, and never written over what another has saved."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.menu.draft_schema import DraftRejected, editable_tree, tree_in
from tests import people
from tests.backoffice.menu.editor_calls import BACKEND, history, menu, option, page, post, publish, save, states
from tests.threads import Crowd
from wittybots.menu import tree, versions
from wittybots.models import Bot


@pytest.fixture
def diego(db):
    return people.hire("diego", first_name="Diego", last_name="Sosa", role="supervisor")


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


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(st.sampled_from(["greeting", "misfit", "farewell", "fallback_tray", "options"]), json_values)
    | json_values
)
def test_any_json_is_a_tree_or_is_refused_and_always_opens(value):
    try:
        found = tree_in({"tree": value})
    except DraftRejected as unfit:
        assert unfit.status == 422
        assert unfit.words
    else:
        assert tree_in({"tree": found}) == found
    assert tree_in({"tree": editable_tree(value)})
