"""The limit of feeding sockets: the bare websockets library and one redis-py subscription; each message goes to all."""

import asyncio
import json
import os

import redis.asyncio
from websockets.asyncio.server import ServerConnection, broadcast, serve

HERE = json.loads(os.environ["BENCH_BARE"])  # redis, channels
everyone: set[ServerConnection] = set()


async def keep_socket(socket: ServerConnection) -> None:
    everyone.add(socket)
    try:
        async for _ in socket:
            pass
    finally:
        everyone.discard(socket)


async def forward_messages() -> None:
    pubsub = redis.asyncio.Redis.from_url(HERE["redis"], decode_responses=True).pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(*HERE["channels"])
    async for message in pubsub.listen():
        broadcast(everyone, message["data"])


async def serve_sockets() -> None:
    async with serve(keep_socket, "127.0.0.1", int(os.environ["BENCH_PORT"]), compression=None):
        await forward_messages()


if __name__ == "__main__":
    asyncio.run(serve_sockets())
