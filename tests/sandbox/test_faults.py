"""The sandbox's faults can be repeated, and it counts right."""

import hashlib

import httpx
import pytest

from sandbox.client import SandboxError
from tests.sandbox.sandbox_lines import add, code, text


@pytest.mark.parametrize("fault", ["media_lost", "media_html", "media_digest"])
def test_files_get_lost_or_are_not_what_was_said(sandbox, listener, graph, marta, fault):
    sandbox.switch_faults(**{fault: 1.0})
    sandbox.write(marta["id"], kind="image")
    said = listener.values("messages")[0]["image"]
    answer = graph.get(f"/{said['id']}")
    if fault == "media_lost":
        assert answer.status_code == 400
        return
    data = graph.get(answer.json()["url"])
    assert data.status_code == 200
    assert hashlib.sha256(data.content).hexdigest() != answer.json()["sha256"]
    assert data.headers["Content-Type"].startswith("text/html") == (fault == "media_html")


@pytest.mark.parametrize(("fault", "reached"), [("cut_accepted", 1), ("cut_refused", 0)])
def test_a_line_that_is_cut_says_nothing_of_what_became_of_the_message(sandbox, graph, marta, fault, reached):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(**{fault: 1.0})
    with pytest.raises(httpx.RemoteProtocolError):
        graph.post("/1000001/messages", json=text(marta))
    assert len(sandbox.list_received(marta["id"])) == reached


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("error_500", (500, 131000)), ("error_429", (429, 130429)), ("error_131056", (400, 131056))],
)
def test_errors_by_chance_bring_nothing_to_the_customer(sandbox, graph, marta, fault, expected):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(**{fault: 1.0})
    assert code(graph.post("/1000001/messages", json=text(marta))) == expected
    assert sandbox.list_received(marta["id"]) == []


def promotion(customer):
    return {
        "messaging_product": "whatsapp", "to": customer["ids"]["wa_id"], "type": "template",
        "template": {"name": "vale_en_sucursal", "language": {"code": "es"}, "components": [
            {"type": "header", "parameters": [{"type": "location", "location": {
                "latitude": "-34.9", "longitude": "-56.1", "name": "Tienda", "address": "Rivera 1"}}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Marta"}]},
            {"type": "button", "sub_type": "copy_code", "index": "0", "parameters": [
                {"type": "coupon_code", "coupon_code": "PRIMAVERA"}]},
        ]},
    }  # fmt: skip


def test_promotions_stop_for_who_wants_none_or_has_had_enough(sandbox, listener, graph, marta):
    sandbox.stop_promotions(marta["id"])
    assert graph.post("/1000001/messages", json=promotion(marta)).status_code == 200
    sandbox.stop_promotions(marta["id"], False)
    sandbox.switch_faults(error_131049=1.0)
    assert graph.post("/1000001/messages", json=promotion(marta)).status_code == 200
    sandbox.wait_until(lambda: len(listener.values("statuses")) == 2)
    assert [status["errors"][0]["code"] for status in listener.values("statuses")] == [131050, 131049]
    told = listener.values("user_preferences")
    assert [(one["wa_id"], one["value"]) for one in told] == [
        (marta["ids"]["wa_id"], "stop"),
        (marta["ids"]["wa_id"], "resume"),
    ]
    assert sandbox.list_received(marta["id"]) == []


def test_receipts_come_before_the_answer(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(receipts="early", read_at_once=True)
    graph.post("/1000001/messages", json=text(marta))
    assert [status["status"] for status in listener.values("statuses")] == ["sent", "delivered", "read"]


def test_one_receipt_stays_away(sandbox, listener, graph, marta):
    sandbox.write(marta["id"], "Hola")
    sandbox.switch_faults(receipts="early", read_at_once=True, no_delivered=1.0)
    graph.post("/1000001/messages", json=text(marta))
    assert [status["status"] for status in listener.values("statuses")] == ["sent", "read"]


def test_a_batch_holds_many_messages(sandbox, listener):
    sandbox.switch_faults(parallel=1)
    sandbox.run_messages(messages=250, customers=5, batch=100, wait=10)
    sizes = [len(body["entry"][0]["changes"][0]["value"]["messages"]) for body in listener.bodies]
    assert sizes == [100, 100, 50]
    assert sum(sizes) == 250


def test_a_run_with_faults_brings_every_message_and_some_more_than_once(sandbox, listener):
    done = sandbox.run_messages(
        messages=400, customers=8, duplicates=0.1, rebatch=0.05, hang_up=0.05, shuffle=6, wait=20
    )
    assert (done["accepted"], done["given_up"]) == (400, 0)
    ids = [message["id"] for message in listener.values("messages")]
    assert len(set(ids)) == 400
    assert len(ids) > 400
    numbers = [int(message["text"]["body"].rpartition("#")[2]) for message in listener.values("messages")]
    assert numbers != sorted(numbers)
    raws = [raw for _headers, raw in listener.got]
    assert len(raws) > len(set(raws))
    totals = sandbox.read_totals()
    assert (totals["written"], totals["accepted"], totals["given_up"], totals["dropped"]) == (400, 400, 0, 0)


def test_the_same_seed_makes_the_same_faults(sandbox, listener):
    def story(seed):
        sandbox.reset(seed)
        add(sandbox, listener, "whatsapp", "1000001", account_id="2000001")
        sandbox.switch_faults(parallel=1, duplicates=0.3, rebatch=0)
        one, start = sandbox.add_customer()["id"], len(listener.got)
        for number in range(40):
            sandbox.write(one, f"#{number}")
        sandbox.wait_until(lambda: not sandbox.read_totals()["waiting"])
        changes = [body["entry"][0]["changes"][0]["value"]["messages"] for body in listener.bodies[start:]]
        return sandbox.show_customer(one)["ids"]["wa_id"], [messages[0]["text"]["body"] for messages in changes]

    first, again, other = story(5), story(5), story(6)
    assert first == again != other
    assert len(first[1]) > 40


def test_counts_tell_twice_and_out_of_order(sandbox, graph, marta):
    sandbox.write(marta["id"], "Hola")
    for number, ours in ((1, "a"), (3, "b"), (2, "c"), (2, "c")):
        graph.post("/1000001/messages", json=text(marta, f"respuesta #{number}", biz_opaque_callback_data=ours))
    totals = sandbox.read_totals()
    assert (totals["received"], totals["distinct"], totals["duplicates"], totals["out_of_order"]) == (4, 3, 1, 1)
    assert [got["times"] for got in sandbox.list_received(marta["id"])] == [1, 1, 2, 2]


def test_nonsense_faults_change_nothing(running):
    before = running.switch_faults()
    for wrong in ({"nonsense": 1}, {"batch": 0}, {"receipts": "never"}, {"duplicates": "often"}, {"delay": -1}):
        with pytest.raises(SandboxError):
            running.switch_faults(error_500=0.5, **wrong)
    assert running.switch_faults() == before
