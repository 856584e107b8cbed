"""A real Chromium against a real daphne: what only shows when everything runs together.

Its own pytest call (`pytest tests/browser`): Playwright's sync API leaves a loop running in this
thread, which async tests that follow would stumble over.
"""

import fcntl
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from playwright.sync_api import expect, sync_playwright

from chats import moves
from tests import people
from tests.browser import axe
from tests.browser.customers import Customer
from tests.browser.desk import come_in
from tests.browser.wire import Wire
from tests.install_browser import find, find_whole
from tests.site import ROOT, SeveralSites, Site, environment_for

# Playwright's loop is this thread's, so Django takes every query for one from a coroutine
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# these are no timed tests: a busy machine may take its time
expect.set_options(timeout=60_000)

# everything else is nobody: nothing of a test leaves this machine
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


@pytest.fixture(scope="session", autouse=True)
def _redis_of_this_worker():
    """What is published knows no database numbers: two workers on one server would hear each other's screens."""
    with people.OwnValkey() as valkey, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDIS_URL", valkey.url)
        yield


@pytest.fixture(scope="session")
def _environment(django_db_setup, django_db_blocker, worker_id, _redis_of_this_worker):
    return environment_for(worker_id)


@pytest.fixture(scope="session")
def _server(_environment, tmp_path_factory):
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    # into the folder of all workers: one does it, the others find it done
    with (Path(_environment["WITTY_DATA"]) / "collected").open("a") as collected:
        fcntl.flock(collected, fcntl.LOCK_EX)
        if not os.fstat(collected.fileno()).st_size:
            subprocess.run(collect, cwd=ROOT, env=_environment, check=True)
            collected.write("done")
    with (tmp_path_factory.mktemp("site") / "daphne.log").open("wb") as log:
        number = int(os.environ.get("WITTY_WEB_PROCESSES", "1"))
        site = Site(_environment, log) if number == 1 else SeveralSites(_environment, log, number)
        yield site
        site.stop()


@pytest.fixture
def site(_server, transactional_db):
    """The running product. What a test stores is there at once; the default trays are there from the start.

    Ask for it before `new_page`: the pages close first, and then nothing is asked of it any more.
    """
    # beside Playwright's loop Django has another connection object, which does not know the rows to restore
    import_module("trays.migrations.0001_initial").make_default_trays(apps, None)
    _keep_number_of_bots()
    if not _server.runs:
        _server.start()
    yield _server
    _wait_until_quiet()


def _keep_number_of_bots():
    """The child process remembers under which number the admin's history knows bots; emptying gives another one."""
    ContentType.objects.filter(app_label="wittybots", model="bot").delete()
    ContentType.objects.create(pk=900_001, app_label="wittybots", model="bot")
    ContentType.objects.clear_cache()


def _wait_until_quiet():
    """The database is emptied next, which must not meet the last requests of the pages that have just closed."""
    from django.db import connection

    busy = """SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"""
    latest, quiet = time.monotonic() + 10, 0
    while quiet < 3 and time.monotonic() < latest:
        with connection.cursor() as cursor:
            cursor.execute(busy)
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
        time.sleep(0.03)


@pytest.fixture(autouse=True)
def _own_files(settings):
    """Files where the child looks for them."""
    settings.MEDIA_ROOT = Path(settings.WITTY_DATA) / "files"


@pytest.fixture(scope="session")
def _playwright():
    with sync_playwright() as playwright:
        yield playwright


@contextmanager
def _run(playwright, program):
    assert program, "no Chromium: python tests/install_browser.py"
    # a microphone that beeps, and that every page may use
    args = ["--no-sandbox", NO_NETWORK, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = playwright.chromium.launch(executable_path=str(program), args=args)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browser(_playwright):
    with _run(_playwright, os.environ.get("CHROMIUM") or find()) as browser:
        yield browser


@pytest.fixture
def whole_browser(_playwright):
    """One that also has notifications, for `new_page(within=whole_browser)`."""
    with _run(_playwright, os.environ.get("CHROMIUM") or find_whole()) as browser:
        yield browser


@pytest.fixture
def new_page(browser):
    """`new_page(width, height, theme)`: a page of a browser of one's own. Script errors and breaches of the CSP
    fail the test, unless it expects them and takes them out of `new_page.errors`."""
    contexts, errors = [], []

    def heard(message):
        if "Content Security Policy" in message.text:
            errors.append(message.text)

    def make(width=1280, height=800, theme="light", within=browser, **options):
        # what it keeps would hide from other tests what is asked of the server
        options.setdefault("service_workers", "block")
        context = within.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce",
            locale="es-UY", timezone_id="America/Montevideo", **options,
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(60_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", heard)
        return context.new_page()

    make.errors = errors
    yield make
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert errors == []


@pytest.fixture
def wire(site):
    """The product behind a wire that can be cut, stalled, and end sockets with any code."""
    wire = Wire(site.port)
    yield wire
    wire.close()


@pytest.fixture
def team(site):
    """Ana and Bruno in Ventas, Caio in Soporte, Sofía oversees."""
    ana = people.hire("ana", first_name="Ana", last_name="Ferreyra")
    bruno = people.hire("bruno", first_name="Bruno", last_name="Paz")
    caio = people.hire("caio", first_name="Caio", last_name="Lima")
    sofia = people.hire("sofia", first_name="Sofía", last_name="Duarte", role="supervisor")
    people.tray("Ventas", ana, bruno)
    people.tray("Soporte", caio)
    return {"ana": ana, "bruno": bruno, "caio": caio, "sofia": sofia}


@pytest.fixture
def enter(site, new_page):
    """`enter("ana")`: a browser of hers, signed in; `at`: through a wire."""

    def enter(username, *, at=site, **how):
        return come_in(new_page(**{"width": 1440, "height": 900, **how}), at.url, username)

    return enter


@pytest.fixture
def until():
    """`until(page, holds)`: wait until something that is not on the page holds, while the page goes on."""

    def wait(page, holds, seconds=60.0):
        latest = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < latest, "it never came about"
            page.wait_for_timeout(50)

    return wait


@pytest.fixture
def axe_finds():
    """`axe_finds(page_or_frame, *rules)`: what axe-core has against it, by all rules or by these, one line each."""
    return axe.find_faults


@pytest.fixture
def origin(site, ventas):
    origin = people.web_origin(title="Almacén Norte", allowed_sites=site.url)
    people.with_bot(origin)
    return origin


@pytest.fixture
def belen(site, origin, new_page):
    """Belén, on the page of the shop, with the chat open."""
    return Customer(new_page(), f"{site.url}/w/{origin.key}/demo/").opens()


@pytest.fixture
def attended(belen, ana):
    """Belén, whom Ana attends."""
    belen.says("Hola")
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    moves.take(belen.chat.pk, ana)
    return belen
