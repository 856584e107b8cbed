"""The token's header of Chatwoot's bots gets through the server that we run, and no other with underscores does."""

import json
import socket
import subprocess
import sys
import time
import urllib.request

APP = """
import json
from wittyagent import underscore_headers
underscore_headers.accept_token_header()
async def app(scope, receive, send):
    heard = {name.decode(): value.decode() for name, value in scope["headers"]}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(heard).encode()})
"""


def test_chatwoots_token_comes_in(tmp_path):
    (tmp_path / "heard.py").write_text(APP)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    daphne = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-p", str(port), "-v", "0", "heard:app"],
        env={"PYTHONPATH": f"{tmp_path}:{'.'}", "PATH": ""},
    )
    try:
        headers = {"api_access_token": "wa_uno", "x_forwarded_for": "10.0.0.1"}
        heard = ask(f"http://127.0.0.1:{port}/", headers)
    finally:
        daphne.terminate()
        daphne.wait(10)
    assert heard["api-access-token"] == "wa_uno"
    assert not any("_" in name or name == "x-forwarded-for" for name in heard)


def ask(url, headers):
    for _ in range(200):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.05)
    raise AssertionError("it never listened")
