"""Sockets that listen to the live feed, and waiting for what they hear."""

import asyncio
import time


async def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)
