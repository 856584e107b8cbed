"""Signing in at the company's provider, which really runs: who it vouches for comes in as themselves, and as nobody else."""

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from django.test import Client
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from inbox.account import provider as protocol
from tests import people
from tests.inbox.pages import signed_in
from trays import two_steps
from trays.models import Agent, AuditEntry, Identity

pytestmark = pytest.mark.django_db
ANA = {"email": "ana@almacen.example", "email_verified": True}


@pytest.fixture(scope="module")
def _running():
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def company(_running, settings):
    """The provider: `.knows(subject, **claims)`."""
    settings.OIDC_ISSUER, settings.OIDC_NAME = _running, "Almacén"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "wittyagent", "secreto"

    class Company:
        url = _running

        def knows(self, subject, **claims):
            httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    return Company()


@pytest.fixture
def ana(ana):
    Agent.objects.filter(pk=ana.pk).update(email=ANA["email"])
    ana.refresh_from_db()
    return ana


def goes(client, subject, **query):
    """The address of the return, after the person has said at the provider who they are."""
    asked = client.get(reverse("login_sso"), query)
    assert asked.status_code == 302, asked.status_code
    return httpx.post(asked.url, data={"sub": subject}).headers["Location"]


def comes_in(client, subject, **query):
    back = urlsplit(goes(client, subject, **query))
    return client.get(f"{back.path}?{back.query}")


def who(client):
    return int(client.session.get("_auth_user_id", 0))


def test_ana_comes_in_and_where_she_wanted_to_go(company, ana):
    company.knows("u-1", **ANA)
    client = Client()
    assert "Entrar con Almacén" in client.get("/login/").content.decode()
    answer = comes_in(client, "u-1", next="/contactos/")
    assert (answer.status_code, answer.url) == (302, "/contactos/")
    assert who(client) == ana.pk
    assert Identity.objects.get().subject == "u-1"


def test_what_is_asked_for_has_a_state_a_nonce_and_a_challenge(company):
    asked = parse_qs(urlsplit(Client().get(reverse("login_sso")).url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == ["http://testserver/login/sso/volver/"]


def test_nobody_is_led_to_another_site_after_it(company, ana):
    company.knows("u-1", **ANA)
    assert comes_in(Client(), "u-1", next="https://mal.example/").url == "/bandejas/"


def test_the_second_step_is_the_providers(company, ana, settings):
    settings.TWO_STEPS_FOR = "all"
    company.knows("u-1", **ANA)
    client = Client()
    assert comes_in(client, "u-1").url == "/bandejas/"
    assert client.get("/bandejas/").status_code == 200
    assert not two_steps.is_on(ana)


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_is_not_verified_takes_over_nobodys_account(verified, company, ana):
    company.knows("u-evil", email=ana.email, **({} if verified is None else {"email_verified": verified}))
    client = Client()
    answer = comes_in(client, "u-evil")
    assert answer.status_code == 403
    assert "no confirma tu mail" in answer.content.decode()
    assert who(client) == 0
    assert not Identity.objects.exists()


def test_an_address_that_only_looks_like_hers_is_anothers(company, ana):
    Agent.objects.filter(pk=ana.pk).update(email="kim@almacen.example")
    company.knows("u-evil", email="kım@almacen.example", email_verified=True)
    client = Client()
    assert comes_in(client, "u-evil").status_code == 403
    assert not Identity.objects.exists()
    company.knows("u-1", email="KIM@almacen.example", email_verified=True)
    assert comes_in(client, "u-1").status_code == 302


def test_an_address_that_was_given_to_another_there_is_still_anas_here(company, ana):
    company.knows("u-1", **ANA)
    comes_in(Client(), "u-1")
    company.knows("u-new", **ANA)
    client = Client()
    answer = comes_in(client, "u-new")
    assert answer.status_code == 403
    assert "Ese mail ya es de otra cuenta" in answer.content.decode()
    assert who(client) == 0


def test_ana_unlinks_herself_and_is_linked_anew_by_her_mail(company, ana, bruno):
    company.knows("u-1", **ANA)
    comes_in(Client(), "u-1")
    url = reverse("identity_unlink", args=[Identity.objects.get().pk])
    assert "Vinculada desde el" not in signed_in(bruno).get(reverse("own_access")).content.decode()
    signed_in(bruno).post(url)
    assert Identity.objects.exists()
    desk = signed_in(ana)
    page = " ".join(desk.get(reverse("own_access")).content.decode().split())
    assert f'action="{url}"' in page
    assert "Almacén <small> Vinculada desde el" in page
    assert desk.post(url).status_code == 303
    assert not Identity.objects.exists()
    assert desk.post(url).status_code == 303
    noted = AuditEntry.objects.get(what="entry.unlinked")
    assert (noted.agent, noted.thing) == (ana, "Almacén")
    # another of the same address there is her now
    company.knows("u-2", **ANA)
    comes_in(Client(), "u-2")
    assert Identity.objects.get().subject == "u-2"
    # without a password it is the only way in
    ana.set_unusable_password()
    ana.save()
    url, desk = reverse("identity_unlink", args=[Identity.objects.get().pk]), signed_in(ana)
    assert "Desvincular" not in desk.get(reverse("own_access")).content.decode()
    assert desk.post(url, headers={"HX-Request": "true"}).status_code == 403
    assert Identity.objects.exists()


def test_ana_is_ana_also_with_another_address(company, ana, bruno):
    company.knows("u-1", **ANA)
    comes_in(Client(), "u-1")
    Agent.objects.filter(pk=bruno.pk).update(email="bruno@almacen.example")
    company.knows("u-1", email="bruno@almacen.example", email_verified=True)
    client = Client()
    comes_in(client, "u-1")
    assert who(client) == ana.pk


def test_whom_nobody_has_added_does_not_come_in_and_makes_nobody(company, ana):
    company.knows("u-9", email="nadie@otra.example", email_verified=True)
    before = Agent.objects.count()
    answer = comes_in(Client(), "u-9")
    assert answer.status_code == 403
    assert "Nadie te sumó todavía con el mail nadie@otra.example" in answer.content.decode()
    assert Agent.objects.count() == before


def test_whoever_is_deactivated_stays_out(company, ana):
    company.knows("u-1", **ANA)
    comes_in(Client(), "u-1")
    Agent.objects.filter(pk=ana.pk).update(is_active=False)
    answer = comes_in(Client(), "u-1")
    assert answer.status_code == 403
    assert "desactivada" in answer.content.decode()


def test_where_it_is_wanted_whoever_the_provider_vouches_for_becomes_an_agent_once(company, ana, settings):
    settings.OIDC_CREATES = True
    company.knows("u-7", email="ana@nueva.example", email_verified=True, given_name="Anahí", family_name="Sosa")
    for _time in range(2):
        client = Client()
        assert comes_in(client, "u-7").url == "/bandejas/"
    made = Agent.objects.get(pk=who(client))
    assert (made.username, made.first_name, made.last_name, made.role) == ("ana2", "Anahí", "Sosa", "agent")
    assert (made.is_superuser, made.has_usable_password()) == (False, False)
    assert made.personal_tray.kind == "personal"
    assert Agent.objects.filter(email="ana@nueva.example").count() == 1


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["ventas", "jefas"]}, "supervisor"), ({"groups": "jefas"}, "supervisor"),
        ({"groups": ["ventas"]}, "agent"), ({"groups": "jefas-no"}, "agent"), ({}, "agent"), ({"groups": None}, "agent"),
        ({"groups": {"jefas": True}}, "agent"),
    ],
)  # fmt: skip
def test_the_claim_gives_the_role_each_time_anew(claims, role, company, ana, settings):
    settings.OIDC_ROLE_CLAIM, settings.OIDC_SUPERVISORS = "groups", ["jefas"]
    before = "agent" if role == "supervisor" else "supervisor"
    Agent.objects.filter(pk=ana.pk).update(role=before)
    company.knows("u-1", **ANA, **claims)
    comes_in(Client(), "u-1")
    ana.refresh_from_db()
    assert (ana.role, ana.is_superuser) == (role, False)


def test_a_claim_may_stand_inside_of_another_and_administrators_are_left_alone(company, ana, settings):
    settings.OIDC_ROLE_CLAIM, settings.OIDC_SUPERVISORS = "realm.roles", ["jefas"]
    owner = people.hire("owner", is_superuser=True, role="supervisor", email="owner@almacen.example")
    company.knows("u-1", **ANA, realm={"roles": ["jefas"]})
    company.knows("u-2", email=owner.email, email_verified=True, realm={"roles": []})
    for subject in ("u-1", "u-2"):
        comes_in(Client(), subject)
    assert set(Agent.objects.filter(role="supervisor")) == {ana, owner}


def test_without_a_claim_named_the_role_is_as_it_is_here(company, ana):
    Agent.objects.filter(pk=ana.pk).update(role="supervisor")
    company.knows("u-1", **ANA, groups=["nada"])
    comes_in(Client(), "u-1")
    ana.refresh_from_db()
    assert ana.is_supervisor


# --- what is not to be believed ---------------------------------------------------------------------


def test_a_return_works_once_and_in_the_browser_that_left(company, ana):
    company.knows("u-1", **ANA)
    left, other = Client(), Client()
    back = urlsplit(goes(left, "u-1"))
    address = f"{back.path}?{back.query}"
    assert other.get(address).status_code == 403
    goes(other, "u-1")
    assert other.get(address).status_code == 403
    assert who(other) == 0
    assert left.get(address).status_code == 302
    assert left.get(address).status_code == 403


def test_whoever_says_no_there_reads_it_here(company):
    client = Client()
    client.get(reverse("login_sso"))
    state = client.session["single_sign_on"]["state"]
    answer = client.get(reverse("login_sso_back"), {"state": state, "error": "access_denied"})
    assert answer.status_code == 403
    assert "Almacén no te dejó entrar" in answer.content.decode()


@pytest.mark.parametrize("wrong", ["nonce", "audience", "code", "issuer"])
def test_an_answer_to_another_question_lets_nobody_in(wrong, company, ana, settings, caplog):
    company.knows("u-1", **ANA)
    client = Client()
    back = urlsplit(goes(client, "u-1"))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    if wrong == "nonce":
        kept = client.session
        kept["single_sign_on"] = kept["single_sign_on"] | {"nonce": "otro"}
        kept.save()
    elif wrong == "audience":
        settings.OIDC_CLIENT_ID = "otra-app"
    elif wrong == "code":
        query["code"] = "inventado"
    else:
        settings.OIDC_ISSUER = company.url.replace("localhost", "127.0.0.1") + "/otro"
    answer = client.get(back.path, query)
    assert answer.status_code == 502
    assert who(client) == 0
    assert query["code"] not in caplog.text


def test_a_provider_that_is_not_there_is_said_and_the_password_still_works(settings, ana):
    settings.OIDC_ISSUER, settings.OIDC_NAME = "http://127.0.0.1:9", "Almacén"
    client = Client()
    answer = client.get(reverse("login_sso"))
    assert answer.status_code == 502
    assert "Almacén no contestó como se esperaba" in answer.content.decode()
    assert client.post("/login/", {"username": "ana", "password": people.PASSWORD}).url == "/bandejas/"


KEY = RSAKey.generate_key(2048, {"kid": "k"})
STRANGE = RSAKey.generate_key(2048, {"kid": "k"})


def token(header=None, key=KEY, **claims):
    now = int(time.time())
    said = {"iss": "https://id.example", "sub": "u", "aud": "wittyagent", "exp": now + 60, "iat": now, "nonce": "n"}
    said = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode(header or {"alg": "RS256", "kid": "k"}, said, key)


def read(signed):
    return protocol._read_signed(signed, KeySet([KEY]).as_dict(private=False), "n")


def test_a_token_that_is_as_it_should_be_is_believed(settings):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = "https://id.example", "wittyagent"
    assert read(token())["sub"] == "u"
    assert read(token(aud=["otra", "wittyagent"], azp="wittyagent"))["sub"] == "u"


@pytest.mark.parametrize(
    "forged",
    [
        lambda: token(key=STRANGE),
        lambda: token({"alg": "HS256", "kid": "k"}, OctKey.import_key("un-secreto-que-no-es-de-nadie-mas")),
        lambda: "eyJhbGciOiJub25lIn0." + token().split(".")[1] + ".",
        lambda: token(exp=int(time.time()) - 3600),
        lambda: token(exp=None),
        lambda: token(nonce="de-otro"),
        lambda: token(nonce=None),
        lambda: token(aud="otra-app"),
        lambda: token(aud=None),
        lambda: token(azp="otra-app"),
        lambda: token(iss="https://otra.example"),
        lambda: token(sub=None),
        lambda: token(sub=""),
        lambda: "no.es.uno",
        lambda: "",
    ],
)  # fmt: skip
def test_a_token_that_is_not_is_refused(forged, settings):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = "https://id.example", "wittyagent"
    with pytest.raises(protocol.ProviderFailed):
        read(forged())


def test_without_a_provider_there_is_no_such_door(ana):
    assert Client().get(reverse("login_sso")).status_code == 404
    assert Client().get(reverse("login_sso_back")).status_code == 404
    assert "login/sso" not in Client().get("/login/").content.decode()


def test_who_has_no_password_here_is_not_asked_for_one(ana):
    ana.set_unusable_password()
    ana.save()
    said = signed_in(ana).get("/ajustes/acceso/").content.decode()
    assert "/password/" not in said.partition("<main")[2]
    assert reverse("own_two_steps") not in said
