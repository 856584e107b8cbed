"""RabbitMQ for the queues (BROKER_URL), Redis for everything else: nothing is lost when either is killed."""

import subprocess
import sys
from dataclasses import replace
from subprocess import PIPE

import pytest
from kombu import Connection

from tests import people
from tests.commands import product_environment
from tests.nightly.rabbitmq import RabbitMQ
from tests.soak.play import ROOT, SMALL, Play
from tests.wittyagent.run.running import wait_for


@pytest.fixture
def _own_files():
    """The children know the product's own settings only."""


@pytest.fixture
def rabbit(tmp_path):
    folder = tmp_path / "rabbitmq"
    folder.mkdir()
    with RabbitMQ(folder) as running:
        yield running


def test_every_message_arrives_once_and_in_order_though_the_broker_is_killed(
    transactional_db, own_valkey, tmp_path, rabbit
):
    size = replace(SMALL, plan=((0.2, "broker"), (0.4, "worker"), (0.6, "redis"), (0.8, "broker")))
    with Play(size, own_valkey, tmp_path, seed=5, broker=rabbit) as play:
        report = play.run()
    assert not report.problems, str(report)
    assert people.all_consistent()


def test_who_wakes_a_worker_goes_without_a_broker_that_is_gone_until_it_is_back(db, rabbit):
    # the port of no Redis: nothing of it is needed for this
    environment = product_environment(BROKER_URL=rabbit.url, REDIS_URL="redis://127.0.0.1:1/0")
    program = [sys.executable, "-m", "tests.nightly.waking"]
    with subprocess.Popen(program, cwd=ROOT, env=environment, text=True, stdin=PIPE, stdout=PIPE) as child:

        def is_told(number):
            child.stdin.write(f"{number}\n")
            child.stdin.flush()
            return child.stdout.readline() == "True\n"

        assert is_told(1)
        rabbit.hang()
        # the kernel keeps it until the broker goes on
        assert is_told(2)
        rabbit.go_on()
        rabbit.kill()
        assert not is_told(3)
        rabbit.start()
        wait_for(lambda: is_told(4))
        child.stdin.close()
    with Connection(rabbit.url) as connection:
        assert connection.SimpleQueue("celery").qsize() >= 1
