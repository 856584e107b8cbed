"""Decoders run as processes of their own: bounded, without our environment, and never a surprise for who asks."""

import logging
import subprocess
import sys
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)


def run_decoder(script: str, *arguments: str, data: bytes, seconds: float, without: str, nothing: int = 0) -> bytes:
    """What the script writes, given the data; b"" whatever the data did to it.

    `without`: what is not there then, for the log. `nothing`: its code for "none needed". The script holds itself to
    limits; `seconds` counts also where it waits and uses none of its own.
    """
    # isolated: neither our environment, with its secrets, nor our folder is there
    command = [sys.executable, "-I", str(Path(script).resolve()), *arguments]
    with tempfile.TemporaryFile() as made:
        try:
            done = subprocess.run(
                command,
                input=data,
                stdout=made,
                stderr=subprocess.PIPE,
                timeout=seconds,
                env={},
                cwd="/",
                check=False,
            )
        except (subprocess.TimeoutExpired, OSError) as error:
            log.warning("%s: %s", without, type(error).__name__)
            return b""
        if done.returncode not in (0, nothing):
            said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            log.warning("%s: exit %s, %s", without, done.returncode, said[:200])
        if done.returncode:
            return b""
        made.seek(0)
        return made.read()
