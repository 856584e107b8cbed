"""The limit of feeding sockets: the bare websockets library and one redis-py subscription; each message goes to all."""

import asyncio
import json
import os

import redis.asyncio
from websockets.asyncio.server import ServerConnection, broadcast, serve

HERE = json.loads(os.environ["BENCH_BARE"])  # redis, channels
everyone: set[ServerConnection] = set()


async def stay(socket: ServerConnection) -> None:
    everyone.add(socket)
    try:
        async for _ in socket:
            pass
    finally:
        everyone.discard(socket)


async def forward() -> None:
    pubsub = redis.asyncio.Redis.from_url(HERE["redis"], decode_responses=True).pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(*HERE["channels"])
    async for message in pubsub.listen():
        broadcast(everyone, message["data"])


async def main() -> None:
    async with serve(stay, "127.0.0.1", int(os.environ["BENCH_PORT"]), compression=None):
        await forward()


if __name__ == "__main__":
    asyncio.run(main())
