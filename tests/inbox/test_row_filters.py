"""Filters and orders of a tray: said by the address, the same on the next page, with an open preview, and live."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chats.messages import replies
from chats.models import Chat
from inbox import chat_list, row_filters
from inbox.row_filters import RowFilters
from tests import people
from tests.inbox.pages import HTMX, signed_in, words_of


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def line(db):
    return people.telegram_origin()


def waits(line, ventas, name, minutes, now):
    at = now - timedelta(minutes=minutes)
    return people.waiting(line, ventas, name=name, sender=name, at=at)


@pytest.fixture
def tray(http_origin, line, ana, ventas, now):
    """Uno, dos (of the other line, its session almost over), tres (answered and given back), cuatro (asks the longest)."""
    from chats import moves

    waits(http_origin, ventas, "uno", 30, now)
    dos = waits(line, ventas, "dos", 20, now)
    Chat.objects.filter(pk=dos.pk).update(session_expires_at=now + timedelta(hours=3))
    for name in ("tres", "cuatro"):
        chat = waits(http_origin, ventas, name, 60, now)
        moves.take(chat.pk, ana)
        if name == "tres":
            replies.send_reply(chat.pk, ana, "Hola")
        moves.give_back(chat.pk, ana)
    return reverse("tray", args=[ventas.pk])


def names(client, url):
    page = client.get(url).content.decode()
    return [part.split("<")[0] for part in page.split('class="wa-name text-truncate">')[1:]]


def test_each_filter_and_order_shows_what_it_says(tray, ana, line, http_origin):
    client = signed_in(ana)
    assert names(client, tray) == ["uno", "dos", "tres", "cuatro"]
    assert names(client, f"{tray}?sin=1") == ["uno", "dos", "cuatro"]
    assert names(client, f"{tray}?vencen=1") == ["dos"]
    assert names(client, f"{tray}?linea={line.pk}") == ["dos"]
    assert names(client, f"{tray}?linea={http_origin.pk}&sin=1") == ["uno", "cuatro"]
    assert names(client, f"{tray}?orden=nuevos") == ["cuatro", "tres", "dos", "uno"]
    assert names(client, f"{tray}?orden=respuesta") == ["cuatro", "uno", "dos", "tres"]
    assert names(client, f"{tray}?orden=respuesta&sin=1&linea={http_origin.pk}") == ["cuatro", "uno"]
    assert names(client, f"{tray}?sin=1&q=cua") == ["cuatro"]


def test_what_no_filter_is_is_left_out(tray, ana):
    client = signed_in(ana)
    for query in ("sin=2", "sin=%00", "vencen=si", "linea=x", "linea=99999999999999999999", "linea=-1", "orden=9",
                  "linea=1&linea=2", "sin=1%27", "mencion=2"):  # fmt: skip
        assert names(client, f"{tray}?{query}") == ["uno", "dos", "tres", "cuatro"], query
    for after in ("~", "~x", "~2100-01-01T00:00:00Z,1", "2100-01-01,1", "~~"):
        assert client.get(tray, {"orden": "respuesta", "after": after}).status_code == 200, after


def test_what_is_sorted_by_the_wait_for_an_answer_says_that_wait(tray, ana):
    asked = Chat.objects.get(contact__name="cuatro").asked_at.isoformat()
    client = signed_in(ana)
    assert f'data-since="{asked}"' in client.get(f"{tray}?orden=respuesta").content.decode()
    assert f'data-since="{asked}"' not in client.get(tray).content.decode()


def test_an_empty_filter_says_so_and_can_be_taken_off(tray, ana, ventas, line):
    Chat.objects.update(unread=0, asked_at=None)
    page = signed_in(ana).get(f"{tray}?sin=1&orden=nuevos&q=x").content.decode()
    assert "Ningún chat es así" in words_of(page)
    assert 'href="?orden=nuevos&amp;q=x"' in page


def test_chips_and_orders_are_links_that_keep_the_rest(tray, ana, line):
    page = signed_in(ana).get(f"{tray}?sin=1&linea={line.pk}&q=d").content.decode()
    for address in (f"?linea={line.pk}&q=d", f"?sin=1&vencen=1&linea={line.pk}&q=d", "?sin=1&q=d",
                    f"?sin=1&linea={line.pk}&orden=respuesta&q=d"):  # fmt: skip
        assert f'href="{address.replace("&", "&amp;")}"' in page, address
    assert '<input type="hidden" name="sin" value="1">' in page


@pytest.mark.parametrize("order", ["espera", "nuevos", "respuesta"])
def test_pages_follow_each_other_without_a_gap_or_a_double(order, http_origin, ventas, now, monkeypatch):
    monkeypatch.setattr(chat_list, "PAGE_SIZE", 3)
    for number in range(11):
        chat = waits(http_origin, ventas, f"c-{number}", 5 + number // 3, now)
        if number % 3 == 0:
            Chat.objects.filter(pk=chat.pk).update(unread=0, asked_at=None)
    # several of one moment
    Chat.objects.exclude(asked_at=None).filter(pk__gt=Chat.objects.order_by("pk")[4].pk).update(asked_at=now)
    filters = RowFilters(order=order)
    found, after = [], ""
    for _page in range(4):
        page = chat_list.read_page(ventas, filters, after=after)
        found += page.chats
        after = page.after
    assert after == ""
    assert len(found) == len({one.pk for one in found}) == 11
    keys = [(filters.key_of(one), -one.pk if order == "nuevos" else one.pk) for one in found]
    assert keys == sorted(keys)


def test_every_order_is_read_from_an_index(ventas, ana):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        for order, indexes in (("espera", ["chats_of_a_tray"]), ("nuevos", ["chats_of_a_tray"]),
                               ("respuesta", ["chats_that_ask", "chats_of_a_tray"])):  # fmt: skip
            legs = RowFilters(order=order).legs
            for leg, index in zip(legs, indexes, strict=True):
                chats = Chat.objects.filter(state="BANDEJA", tray=ventas).filter(leg.of)
                sign = "-" if leg.newest_first else ""
                plan = chats.order_by(f"{sign}{leg.name}", f"{sign}id")[:51].explain()
                assert index in plan, plan
                assert "Sort" not in plan, plan


def test_a_preview_comes_alone_beside_its_own_filtered_list(tray, ana, ventas):
    client = signed_in(ana)
    chat = Chat.objects.get(contact__name="uno")
    url = reverse("preview", args=[ventas.pk, chat.pk])
    assert f'href="{url}?sin=1"' in client.get(f"{tray}?sin=1").content.decode()

    def comes(query, of):
        answer = client.get(url + query, headers={**HTMX, "HX-Current-URL": f"http://testserver{tray}{of}"})
        assert answer.status_code == 200
        return answer.headers.get("Witty-Part"), answer.content.decode()

    part, html = comes("?sin=1", "?sin=1")
    assert part == "preview"
    assert f"[data-list='{ventas.pk}?sin=1'] > #preview" in html
    assert comes("?sin=1&linea=2", "?sin=1&linea=2")[1].startswith(
        f"<hx-partial hx-target=\"[data-list='{ventas.pk}?sin=1&amp;linea=2'] > #preview"
    )
    for query, of in (("", "?sin=1"), ("?sin=1", ""), ("?sin=1&q=uno", "?sin=1&q=uno"), ("?a='", "?a='")):
        assert comes(query, of)[0] is None, (query, of)
    page = client.get(f"{url}?sin=1").content.decode()
    assert f'data-list="{ventas.pk}?sin=1"' in page


def test_a_page_that_asks_again_keeps_its_filter_when_its_chat_has_left(tray, ana, ventas):
    from chats import moves

    chat = Chat.objects.get(contact__name="dos")
    moves.take(chat.pk, ana)
    url = reverse("preview", args=[ventas.pk, chat.pk])
    answer = signed_in(ana).get(f"{url}?sin=1", headers={**HTMX, "Witty-Refresh": "1"})
    assert urlsplit(answer["Witty-Url"]).query == "sin=1"


def test_filtered_and_sorted_lists_cost_what_the_whole_one_does(tray, ana):
    client = signed_in(ana)

    def cost(query):
        client.get(tray + query)
        with CaptureQueriesContext(connection) as asked:
            client.get(tray + query)
        return len(asked)

    most = cost("")
    assert most <= 10
    assert cost("?sin=1&orden=nuevos") <= most
    assert cost("?mencion=1") <= most
    assert cost("?orden=respuesta") <= most + 1  # its second leg


def test_lines_are_offered_where_there_are_several(http_origin, ana, ventas):
    url = reverse("tray", args=[ventas.pk])
    assert "Línea…" not in signed_in(ana).get(url).content.decode()
    people.telegram_origin(name="La otra")
    page = signed_in(ana).get(url).content.decode()
    assert "Línea…" in page
    assert "La otra" in page
    assert len(row_filters.list_lines()) == 2
