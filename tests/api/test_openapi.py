"""The API does what its description says, whatever is sent: schemathesis over the whole OpenAPI document."""

import itertools
import re

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.problems import KINDS
from tests import people
from wittyagent.wsgi import application
from wittybots import tokens

# of each operation, beside the hundreds that its own limits ask for
EXAMPLES = 20
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


class World:
    """A bot with a token, and for each request a conversation that it holds, so that it gets past the 404s.

    It is the one before, unless that was changed.
    """

    def __init__(self, line, contact_id, raw):
        self.line, self.contact_id = line, contact_id
        self.headers = {"Authorization": f"Bearer {raw}", "api_access_token": raw}
        self.numbers = itertools.count()
        self.answered = set()
        self.untouched = None

    def fit(self, case):
        """Most of what is well-formed is about something that there is."""
        number = next(self.numbers)
        if number % 5 and is_positive(case, "path") and "id" in (case.path_parameters or {}):
            is_contact = "/contacts/" in case.operation.path
            case.path_parameters["id"] = self.contact_id if is_contact else self.conversation(number)
        if number % 3 and is_positive(case, "query") and (case.query or {}).get("cursor"):
            del case.query["cursor"]
        if number % 4 and is_positive(case, "header") and "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = f"key-{number}"
        if isinstance(case.body, dict) and is_positive(case, "body"):
            fit_body(case.body, is_whole=number % 3 == 0)

    def conversation(self, number):
        if self.untouched is None:
            self.untouched = people.says(self.line, f"customer-{number}", "Hola").message.chat_id
        return self.untouched

    def note(self, case, status):
        self.answered.add(status)
        if case.method != "GET" and status < 400:
            self.untouched = None


def fit_body(body, is_whole):
    for file in body.get("attachments", []):
        # refused at once: nothing is asked of strangers
        file["url"] = "http://127.0.0.1:1/a.png"
    if not is_whole:
        for name in ("control_version", "reply_to", "attachments", "tray", "team_id"):
            body.pop(name, None)
        if "content" in body or "buttons" in body:
            body |= {"type": "text", "content": f"Hola {body.get('content', '')}"}


def is_positive(case, where):
    modes = {location.value: component.mode for location, component in case.meta.components.items()}
    return modes.get(where, GenerationMode.POSITIVE) == GenerationMode.POSITIVE


def not_to_check(case):
    """What fits the schema may still name a tray, a template or a message that there is not; what nobody asked for in
    a query is ignored."""
    known = {one.name for one in case.operation.query}
    return [positive_data_acceptance, *([negative_data_rejection] if set(case.query or {}) - known else [])]


@pytest.fixture
def world(served, settings, monkeypatch, ana, ventas):
    settings.API_RATE = 10**9
    monkeypatch.setattr("api.auth.MAX_FAILURES_PER_MINUTE", 10**9)
    bot = people.external_bot()
    line = people.received_by(bot)
    contact = people.says(line, "marta", "Hola", name="Marta Gómez").message.chat.contact_id
    made = World(line, contact, tokens.issue_token("prueba", bot)[1])
    yield made
    # it must have seen the thing work, and refuse
    assert made.answered & {200, 201, 204}
    assert 401 in made.answered
    assert not any(status >= 500 for status in made.answered)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case, world):
    world.fit(case)
    # in this process nobody unpacks what is compressed
    answer = case.call(headers={**world.headers, "Accept-Encoding": "identity"})
    world.note(case, answer.status_code)
    case.validate_response(
        answer,
        headers=world.headers,
        excluded_checks=not_to_check(case),
        transport_kwargs={"headers": world.headers},
    )


# --- the description itself -----------------------------------------------------------------------


@pytest.fixture
def described(client, db):
    return client.get("/api/v1/openapi.json").json()


def operations(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_operation_says_all_that_it_may_answer(described):
    assert described["openapi"].startswith("3.1")
    number = 0
    for method, path, operation in operations(described):
        answers = set(operation["responses"])
        assert answers >= {"401", "429", "503"}, path
        assert ("404" in answers) == ("{" in path), path
        assert ("403" in answers) == (path != "/api/v1/me"), path
        assert (answers >= {"400", "409", "413", "415", "422"}) == (method in ("post", "patch")), path
        for status, answer in operation["responses"].items():
            kinds = list(answer.get("content", {}))
            assert kinds == (
                ["application/problem+json"] if status >= "4" else ["application/json"] * (status != "204")
            )
        keys = [one["name"] for one in operation["parameters"] if one["in"] == "header"]
        assert keys == (["Idempotency-Key"] if method == "post" else []), path
        assert operation["summary"]
        assert operation["description"]
        number += 1
    assert number == 18


def test_every_reference_leads_somewhere(described):
    named = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert named <= set(described["components"]["schemas"])
    assert {"Problem", "Conversation", "NewMessage"} <= named


def test_describing_it_asks_nothing_of_the_database(client, db, django_assert_num_queries):
    for path in ("/api/v1/openapi.json", "/api/v1/docs"):
        with django_assert_num_queries(0):
            assert client.get(path).status_code == 200


def test_the_page_for_people_shows_all_of_it_without_a_script(described, client):
    answer = client.get("/api/v1/docs")
    page = answer.content.decode()
    assert answer["Content-Type"].startswith("text/html")
    for _method, path, operation in operations(described):
        assert path in page
        assert f'id="{operation["operationId"]}"' in page
    for name in described["components"]["schemas"]:
        assert f'id="object-{name}"' in page
    for code in KINDS:
        assert f'id="{code}"' in page
    assert "<script" not in page
    assert "style=" not in page
    assert not re.search(r'(src|href)="https?://(?!127\.0\.0\.1)', page)
    # every link on it leads to something on it
    assert set(re.findall(r'href="#([\w-]+)"', page)) <= set(re.findall(r'id="([\w-]+)"', page))


def test_a_problem_names_the_page_that_explains_it(db):
    said = Client().get("/api/v1/me").json()
    address, code = said["type"].split("#")
    assert f'id="{code}"' in Client().get(address.split("/", 3)[-1].join(["/", ""])).content.decode()
