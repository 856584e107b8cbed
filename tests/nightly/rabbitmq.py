"""A RabbitMQ of one's own."""

import os
import signal
import socket
import subprocess
import time

from tests.install_programs import need
from tests.ports import free_port
from wittyagent.run import processes

READY_SECONDS = 120


class RabbitMQ:
    """A server with its data in `folder`, which can be killed, hang, and be started again."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        # of Erlang: the port at which nodes would find each other, and that of who knows the nodes
        self.others = {"RABBITMQ_DIST_PORT": str(free_port()), "ERL_EPMD_PORT": str(free_port())}

    @property
    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def __enter__(self):
        self.start()
        return self

    def start(self):
        program = need("rabbitmq-server")
        environment = os.environ | self.others | {
            "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "RABBITMQ_NODENAME": f"witty-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"), "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }  # fmt: skip
        with (self.folder / "said").open("ab") as said:
            self.process = processes.spawn_process([program], env=environment, stdout=said, stderr=subprocess.STDOUT)
        latest = time.monotonic() + READY_SECONDS
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "said").read_text()[-2000:]
            assert time.monotonic() < latest, "RabbitMQ does not answer"
            time.sleep(0.2)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as asked:
                asked.settimeout(5)
                asked.sendall(b"AMQP\x00\x00\x09\x01")
                return asked.recv(1) == b"\x01"
        except OSError:
            return False

    def kill(self):
        processes.signal_group(self.process, signal.SIGKILL)
        self.process.wait()

    def hang(self):
        processes.signal_group(self.process, signal.SIGSTOP)

    def go_on(self):
        processes.signal_group(self.process, signal.SIGCONT)

    def __exit__(self, *_):
        self.kill()
