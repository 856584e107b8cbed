"""A little server that has files, loses them, and answers what it likes: what networks name in their messages."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class MediaServer:
    """`files`: by path, what is answered: bytes, a status, or a function of the handler; a list: one after another."""

    def __init__(self):
        self.files, self.asked = {}, []
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server._answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def _answer(self, handler):
        with self.lock:
            self.asked.append(handler.path)
            answer = self.files.get(handler.path, 404)
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer(handler)
            return
        status, body = (200, answer) if isinstance(answer, bytes) else (answer, b"no")
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
