"""The files for containers and systemd run what docs/operate.md says, and what `manage.py up` runs."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.install_programs import need
from wittyagent.run import children

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
SERVICES = ("web", "worker", "caller", "beat")
PREFIX = "/srv/wittyagent/.venv/bin/"
# where it listens and what it keeps differ from place to place
PLACES = re.compile(r" (?:-b|-p|--schedule) \S+")
FROM_THE_PAGE = re.compile(r"^(?:python -m daphne|celery -A wittyagent) .*?(?=\s+#|$)", re.M)


def without_places(command):
    return PLACES.sub("", " ".join(command.split()))


def commands_of_the_page():
    page = (ROOT / "docs" / "operate.md").read_text()
    block = page.partition("Then, each under a process manager:")[2].partition("```sh\n")[2]
    block = block.partition("```")[0].replace("\\\n", "")
    found = [without_places(command) for command in FROM_THE_PAGE.findall(block)]
    return dict(zip(SERVICES, found, strict=True))


def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def unit(name):
    return (UNITS / f"wittyagent-{name}.service").read_text()


def command_of_unit(name):
    line = re.search(r"^ExecStart=(.+)$", unit("web@" if name == "web" else name), re.M)[1]
    assert line.startswith(PREFIX)
    return line.removeprefix(PREFIX).replace("%%h", "%h")


@pytest.mark.parametrize("name", SERVICES)
def test_containers_and_units_run_the_commands_of_the_page(name):
    expected = commands_of_the_page()[name]
    assert without_places(compose()["services"][name]["command"]) == expected
    assert without_places(command_of_unit(name)) == expected


def test_they_are_those_that_up_forks():
    page = {name: shlex.split(command) for name, command in commands_of_the_page().items()}
    assert page["web"] == ["python", "-m", "daphne", *children.DAPHNE, "wittyagent.asgi:application"]
    for name, options in (("worker", children.WORKER), ("caller", children.CALLER)):
        assert set(options) <= set(page[name])


def test_the_image_serves_as_its_compose_file_does():
    text = (ROOT / "Dockerfile").read_text()
    words = re.findall(r'"([^"]+)"', text.rpartition("\nCMD ")[2])
    assert " ".join(words) == " ".join(compose()["services"]["web"]["command"].split())


def test_the_image_holds_every_folder_of_the_product_and_no_data():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "scripts"}
    assert kept == rooms | {"locale", "requirements", "static", "templates", "manage.py", "pyproject.toml"}


def test_the_compose_file_waits_for_what_each_needs():
    services = compose()["services"]
    assert set(services) == {"db", "redis", "migrate", *SERVICES, "proxy"}
    for name in SERVICES:
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    # nothing but the proxy is reached from outside
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_units_are_what_systemd_takes(tmp_path):
    program = tmp_path / "bin" / "true"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for file in UNITS.iterdir():
        text = re.sub(rf"{PREFIX}\w+", str(program), file.read_text())
        (tmp_path / file.name).write_text(text.replace("WorkingDirectory=/srv/wittyagent", "WorkingDirectory=/"))
    units = [str(path) for path in tmp_path.iterdir() if path.is_file()]
    done = subprocess.run(
        [need("systemd-analyze"), "verify", "--recursive-errors=no", *units], capture_output=True, text=True, check=False,
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "wittyagent" in line]
    assert (done.returncode, said) == (0, []), done.stderr


def test_the_target_starts_all_of_them():
    target = (UNITS / "wittyagent.target").read_text()
    for name in ("web@8001", "web@8002", "worker", "caller", "beat"):
        assert f"wittyagent-{name}.service" in target
