"""Quick replies: who sees and who writes them, what is refused, and what a composer gets."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from chats import access
from chats.models import Chat
from inbox.models import QuickReply, QuickReplyUse
from inbox.quick_replies import scopes, writing
from inbox.quick_replies.values import values_of
from tests import people
from tests.inbox.pages import HTMX, pane_of, signed_in
from tests.threads import Crowd

PAGE = "/respuestas/"


def reply(title, *, owner=None, tray=None, text="Hola {nombre}"):
    shortcut = writing.make_shortcut(title)
    return QuickReply.objects.create(title=title, shortcut=shortcut, text=text, owner=owner, tray=tray)


def form(**fields):
    return {"titulo": "Envío al interior", "atajo": "", "texto": "Tarda 3 días", "quien": "mia", **fields}


def titles_at_hand(agent, **query):
    answer = signed_in(agent).get(reverse("quick_replies_at_hand"), query)
    return [one["title"] for one in answer.json()["replies"]]


@pytest.fixture
def four(ana, bruno, ventas, soporte):
    """One of Ana, of Ventas, of Soporte and of all; in each a word that stands nowhere else."""
    return {
        "ana": reply("De Ana", owner=ana, text="palabra-de-ana"),
        "ventas": reply("De Ventas", tray=ventas, text="palabra-de-ventas"),
        "soporte": reply("De Soporte", tray=soporte, text="palabra-de-soporte"),
        "todos": reply("De todos", text="palabra-de-todos"),
    }


SEEN = {
    "ana": {"ana", "ventas", "todos"},
    "bruno": {"ventas", "todos"},
    "caio": {"soporte", "todos"},
    "dora": {"todos"},
    # who oversees has access to a created tray as anybody: only when it was given
    "sofia": {"todos"},
}


@pytest.mark.parametrize("who", SEEN)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_who_sees_which(who, headers, four, dora, sofia, request):
    client = signed_in(request.getfixturevalue(who))
    urls = [
        PAGE, f"{PAGE}?q=palabra", f"{PAGE}nueva/", reverse("quick_replies_at_hand"),
        f"{reverse('quick_replies_at_hand')}?q=palabra",
        *(f"{PAGE}?de={one.scope}" for one in four.values()),
        *(reverse("quick_reply", args=[one.pk]) for one in four.values()),
        *(f"{reverse('quick_reply_new')}?copia={one.pk}" for one in four.values()),
    ]  # fmt: skip
    found = set()
    for url in urls:
        answer = client.get(url, headers=headers)
        assert answer.status_code in (200, 404), url
        found |= {name for name in four if f"palabra-de-{name}" in answer.content.decode()}
    assert found == SEEN[who]
    for name, one in four.items():
        expected = 200 if name in SEEN[who] else 404
        assert client.get(reverse("quick_reply", args=[one.pk]), headers=headers).status_code == expected
        assert client.post(reverse("quick_reply_used", args=[one.pk])).status_code == (204 if expected == 200 else 404)


def test_access_that_is_taken_takes_them_along(four, ventas, ana):
    assert "De Ventas" in titles_at_hand(ana)
    access.take_access(ventas, [ana])
    assert "De Ventas" not in titles_at_hand(ana)
    access.give_access(ventas, [ana])
    access.archive_tray(ventas)
    assert "De Ventas" not in titles_at_hand(ana)


def test_the_deactivated_sees_none(four, ana):
    access.deactivate_agent(ana)
    ana.refresh_from_db()
    assert not QuickReply.objects.visible_to(ana).exists()


@pytest.mark.parametrize("name", ["ventas", "todos", "soporte"])
def test_an_agent_changes_only_her_own(name, four, ana):
    client, one = signed_in(ana), four[name]
    before = QuickReply.objects.values().get(pk=one.pk)
    expected = 404 if name == "soporte" else 403
    for headers in ({}, HTMX):
        given = form(quien=one.scope, version=1)
        assert client.post(reverse("quick_reply", args=[one.pk]), given, headers=headers).status_code == expected
        assert client.post(reverse("quick_reply_delete", args=[one.pk]), headers=headers).status_code == expected
    assert QuickReply.objects.values().get(pk=one.pk) == before


@pytest.mark.parametrize("scope", ["todos", "ventas", "soporte", "", "x", "0", "9" * 30, "\x00"])
def test_an_agent_writes_only_for_herself(scope, ana, ventas, soporte):
    quien = {"ventas": ventas.pk, "soporte": soporte.pk}.get(scope, scope)
    answer = signed_in(ana).post(f"{PAGE}nueva/", form(quien=quien))
    assert answer.status_code == 422
    assert "Elegí quién la ve" in answer.content.decode()
    assert not QuickReply.objects.exists()


def test_a_supervisor_writes_for_all_and_for_the_trays_with_access(sofia, ventas, soporte):
    access.give_access(ventas, [sofia])
    client = signed_in(sofia)
    assert client.post(f"{PAGE}nueva/", form(quien="todos")).status_code == 303
    assert client.post(f"{PAGE}nueva/", form(quien=ventas.pk)).status_code == 303
    assert client.post(f"{PAGE}nueva/", form(quien=soporte.pk)).status_code == 422
    of_all, of_ventas = QuickReply.objects.order_by("pk")
    assert (of_all.owner, of_all.tray, of_ventas.tray) == (None, None, ventas)
    # from all to herself
    url = reverse("quick_reply", args=[of_all.pk])
    assert client.post(url, form(quien="mia", version=1)).status_code == 303
    of_all.refresh_from_db()
    assert (of_all.owner, of_all.tray) == (sofia, None)


def test_the_shortcut_comes_from_the_title_and_is_plain(ana):
    client = signed_in(ana)
    client.post(f"{PAGE}nueva/", form())
    client.post(f"{PAGE}nueva/", form(titulo="Otra", atajo=" /Envío Ñandú! "))
    assert list(QuickReply.objects.order_by("pk").values_list("shortcut", flat=True)) == [
        "envio-al-interior", "envio-nandu",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"titulo": ""}, "Falta el título"),
        ({"titulo": " \x00 "}, "Falta el título"),
        ({"titulo": "x" * 81}, "Tiene 81 caracteres; entran 80"),
        ({"atajo": "y" * 41}, "Tiene 41 caracteres; entran 40"),
        ({"atajo": "!!!"}, "Usá letras, números y guiones"),
        ({"texto": ""}, "Falta el texto"),
        ({"texto": "z" * 2001}, "Tiene 2001 caracteres; entran 2000"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(wrong, words, ana):
    for headers in ({}, HTMX):
        answer = signed_in(ana).post(f"{PAGE}nueva/", form(**wrong), headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert words in page
        assert "Tarda 3 días" in page or "texto" in wrong
    assert not QuickReply.objects.exists()


def test_a_shortcut_is_taken_once_in_each_scope(ana, bruno, sofia):
    assert signed_in(ana).post(f"{PAGE}nueva/", form()).status_code == 303
    again = signed_in(ana).post(f"{PAGE}nueva/", form(titulo="Envio al INTERIOR"))
    assert again.status_code == 422
    assert "Ya hay una con el atajo /envio-al-interior" in again.content.decode()
    assert signed_in(bruno).post(f"{PAGE}nueva/", form()).status_code == 303
    assert signed_in(sofia).post(f"{PAGE}nueva/", form(quien="todos")).status_code == 303
    assert QuickReply.objects.count() == 3


def test_the_database_keeps_scopes_apart(ana, ventas):
    reply("Una")
    for fields in ({}, {"owner": ana, "tray": ventas}):
        with pytest.raises(IntegrityError), transaction.atomic():
            reply("Una", **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuickReply.objects.create(title="", shortcut="x", text="x", owner=ana)


def test_there_is_room_for_so_many(ana, monkeypatch):
    monkeypatch.setattr(writing, "MAX_REPLIES", 2)
    client = signed_in(ana)
    codes = [client.post(f"{PAGE}nueva/", form(titulo=f"Número {n}")).status_code for n in range(3)]
    assert codes == [303, 303, 422]
    # one that stays where it is needs no more room
    one = QuickReply.objects.first()
    url = reverse("quick_reply", args=[one.pk])
    assert client.post(url, form(titulo="Cambiada", version=1)).status_code == 303


def test_who_saves_over_another_is_told_first(sofia):
    other = people.hire("lucia", first_name="Lucía", role="supervisor")
    one = reply("Horario", text="de 9 a 18")
    url = reverse("quick_reply", args=[one.pk])
    assert signed_in(other).post(url, form(quien="todos", texto="de 9 a 19", version=1)).status_code == 303
    told = signed_in(sofia).post(url, form(quien="todos", texto="de 9 a 20", version=1))
    page = told.content.decode()
    assert told.status_code == 422
    assert "Lucía la cambió mientras tanto: decía “de 9 a 19”" in page
    assert "de 9 a 20" in page
    one.refresh_from_db()
    assert one.text == "de 9 a 19"
    # now it is meant
    assert signed_in(sofia).post(url, form(quien="todos", texto="de 9 a 20", version=2)).status_code == 303
    one.refresh_from_db()
    assert (one.text, one.version) == ("de 9 a 20", 3)


def test_who_saves_what_became_anothers_meanwhile_does_not_read_it(ana, bruno, monkeypatch):
    one = reply("Horario", owner=ana)
    change = writing.change_reply

    def changed_meanwhile(*args):
        QuickReply.objects.update(owner=bruno, text="palabra-de-bruno", version=2)
        return change(*args)

    monkeypatch.setattr(writing, "change_reply", changed_meanwhile)
    for headers in ({}, HTMX):
        QuickReply.objects.update(owner=ana, version=1)
        told = signed_in(ana).post(reverse("quick_reply", args=[one.pk]), form(version=1), headers=headers)
        assert told.status_code == 404
        assert "palabra-de-bruno" not in told.content.decode()


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_form_that_says_no_version_changes_nothing(version, ana):
    one = reply("Gracias", owner=ana, text="Gracias")
    answer = signed_in(ana).post(reverse("quick_reply", args=[one.pk]), form(version=version))
    assert answer.status_code == 422
    one.refresh_from_db()
    assert one.text == "Gracias"


def test_one_that_is_deleted_is_gone_for_all_who_ask(ana):
    one = reply("Gracias", owner=ana)
    client = signed_in(ana)
    url = reverse("quick_reply_delete", args=[one.pk])
    # typed into the address bar it deletes nothing
    assert client.get(url).url == reverse("quick_reply", args=[one.pk])
    assert client.post(url).url == PAGE
    assert client.post(url).status_code == 404
    assert client.post(reverse("quick_reply", args=[one.pk]), form(version=1)).status_code == 404
    assert client.post(reverse("quick_reply_used", args=[one.pk])).status_code == 404


@pytest.mark.parametrize("typed", ["envio", "ENVÍO", "interior enví", "dias", "/envio-al"])
def test_the_page_searches_without_accents_in_all_its_words(typed, ana):
    reply("Envío al interior", owner=ana, text="Tarda 3 días")
    reply("Otra cosa", owner=ana, text="Nada")
    page = signed_in(ana).get(PAGE, {"q": typed}).content.decode()
    assert "Envío al interior" in page
    assert "Otra cosa" not in page


def test_what_one_uses_most_comes_first_for_oneself(ana, bruno):
    for title in ("Aa", "Bb", "Cc"):
        reply(title)
    assert titles_at_hand(ana) == ["Aa", "Bb", "Cc"]
    used = QuickReply.objects.get(title="Cc")
    client = signed_in(ana)
    for _time in range(2):
        assert client.post(reverse("quick_reply_used", args=[used.pk])).status_code == 204
    client.post(reverse("quick_reply_used", args=[QuickReply.objects.get(title="Bb").pk]))
    assert titles_at_hand(ana) == ["Cc", "Bb", "Aa"]
    assert titles_at_hand(bruno) == ["Aa", "Bb", "Cc"]
    assert QuickReplyUse.objects.get(reply=used).times == 2


def test_who_has_more_than_are_at_hand_finds_the_others_by_their_words(ana, monkeypatch):
    from inbox.views import quick_replies

    monkeypatch.setattr(quick_replies, "MAX_AT_HAND", 2)
    for title in ("Aa", "Bb", "Última"):
        reply(title)
    assert titles_at_hand(ana) == ["Aa", "Bb"]
    assert titles_at_hand(ana, q="ultima") == ["Última"]
    assert signed_in(ana).get(reverse("quick_replies_at_hand")).json()["total"] == 3


def test_the_values_of_a_chat(http_origin, ventas, ana):
    chat = people.held(http_origin, ana, ventas, name="Marta Gómez")
    Chat.objects.filter(pk=chat.pk).update(
        attributes={"pedido": 4821, "Es mayorista": True, "nombre": "no", "nada": ""}
    )
    chat.refresh_from_db()
    assert values_of(chat, ana) == {
        "pedido": "4821", "Es mayorista": "sí", "nombre": "Marta", "nombre completo": "Marta Gómez",
        "mi nombre": "Ana", "bandeja": "Ventas",
    }  # fmt: skip


def test_a_composer_brings_the_values_to_its_holder_only(http_origin, ventas, ana, sofia):
    chat = people.held(http_origin, ana, ventas, name="Marta Gómez")
    assert 'id="quick-values-' in pane_of(signed_in(ana), chat)
    assert "quick-values-" not in pane_of(signed_in(sofia), chat)


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_and_the_list_ask_the_same_of_few_and_many(number, ana, ventas, django_assert_num_queries):
    for n in range(number):
        reply(f"Mía {n}", owner=ana)
        reply(f"De Ventas {n}", tray=ventas)
    client = signed_in(ana)
    client.get(PAGE)
    for url, queries in ((PAGE, 9), (reverse("quick_reply", args=[QuickReply.objects.first().pk]), 12),
                         (reverse("quick_replies_at_hand"), 5)):  # fmt: skip
        with django_assert_num_queries(queries):
            client.get(url)


def test_pages_go_on_and_keep_what_was_chosen(ana, monkeypatch):
    from inbox.views import quick_replies

    monkeypatch.setattr(quick_replies, "PAGE_SIZE", 2)
    for n in range(5):
        reply(f"Número {n}", owner=ana)
    client = signed_in(ana)
    first = client.get(PAGE, {"de": "mia", "q": "numero"}).content.decode()
    assert "Número 1" in first
    assert "Número 2" not in first
    assert "?q=numero&amp;de=mia&amp;pagina=2" in first
    last = client.get(PAGE, {"de": "mia", "q": "numero", "pagina": "3"}).content.decode()
    assert "Número 4" in last
    assert "pagina=4" not in last


def test_a_copy_is_a_form_that_is_ones_own(ana):
    one = reply("De todos", text="Hola a todos")
    page = signed_in(ana).get(f"{PAGE}nueva/", {"copia": one.pk}).content.decode()
    assert "Hola a todos" in page
    assert signed_in(ana).get(f"{PAGE}nueva/", {"copia": 987654}).status_code == 404


def test_names_of_scopes(ana, ventas, soporte):
    assert [one.name for one in scopes.seen_scopes(ana)] == ["mía", "Ventas", "todos"]
    assert [one.value for one in scopes.written_scopes(ana)] == ["mia"]


def test_of_the_same_at_once_one_is_kept_and_each_use_counts(transactional_db, ana):
    clients = [signed_in(ana) for _ in range(4)]
    with Crowd(4) as crowd:
        for round_ in range(3):

            def adds(number, round_=round_):
                return clients[number].post(f"{PAGE}nueva/", form(atajo=f"ronda-{round_}")).status_code

            assert sorted(crowd.at_once(adds)) == [303, 422, 422, 422]
        one = QuickReply.objects.get(shortcut="ronda-0")
        used = reverse("quick_reply_used", args=[one.pk])
        assert crowd.at_once(lambda number: clients[number].post(used).status_code) == [204] * 4
        assert QuickReplyUse.objects.get(reply=one).times == 4
        url = reverse("quick_reply", args=[one.pk])

        def changes(number):
            return clients[number].post(url, form(texto=f"de {number}", version=1)).status_code

        assert sorted(crowd.at_once(changes)) == [303, 422, 422, 422]
