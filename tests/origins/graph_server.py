"""A server that stands for Meta's Graph API."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Meta:
    """A Graph API that really listens: `answers` by (method, path), and all that it was asked."""

    def __init__(self):
        self.asked, self.answers = [], {}
        meta = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self):
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _mark, query = self.path.partition("?")
                meta.asked.append((self.command, path, query, dict(self.headers), data))
                found = meta.answers.get((self.command, path), (404, {"error": {"code": 100, "error_subcode": 33}}, {}))
                # one for each request to come, the last one for all others
                if isinstance(found, list):
                    found = found.pop(0) if len(found) > 1 else found[0]
                if found is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, body, headers = found
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = _any

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def says(self, method, path, body, status=200, **headers):
        self.answers[method, path] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
