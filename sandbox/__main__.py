"""`python -m sandbox --port 8098 --seed 1`: prints its address once it listens."""

import argparse
import asyncio
import gc
import os
import sys
import threading
import time

from sandbox.server import serve_sandbox
from sandbox.world import SandboxWorld


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def run_command() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8098, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same people and faults")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started it ends")
    args = parser.parse_args()
    if args.with_parent:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # what was imported never becomes garbage
    gc.freeze()

    def ready(port: int) -> None:
        sys.stdout.write(f"http://127.0.0.1:{port}\n")
        sys.stdout.flush()

    try:
        asyncio.run(serve_sandbox(SandboxWorld(args.seed), args.port, ready))
    except OSError as error:
        sys.exit(f"the sandbox cannot listen on port {args.port}: {error.strerror}")


if __name__ == "__main__":
    run_command()
