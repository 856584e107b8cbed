"""A server that really listens and speaks S3, with a bucket in it."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager

from tests.ports import free_port
from wittyagent.s3_storage import S3Files

BUCKET = "wittyagent-test"


def bucket_at(port, **options):
    given = {"bucket": BUCKET, "access_key": "key", "secret_key": "secret", "region": "us-east-1", **options}
    return S3Files(endpoint_url=f"http://127.0.0.1:{port}", **given)


@contextmanager
def running_service():
    """Its port."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            assert server.poll() is None, "the S3 server ended"
            assert time.monotonic() < until, "the S3 server does not listen"
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        bucket_at(port).client.create_bucket(Bucket=BUCKET)
        yield port
    finally:
        server.kill()
        server.wait()
