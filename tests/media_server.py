"""A little server that has files, loses them, and answers what it likes: what networks name in their messages."""

from tests.http_server import HttpServer, say, take_turn


class MediaServer(HttpServer):
    """`files`: by path, what is answered: bytes, a status, or a function of the handler; a list: one after another."""

    def __init__(self):
        self.files, self.asked = {}, []
        super().__init__()

    def answer_request(self, handler, raw):
        with self.lock:
            self.asked.append(handler.path)
            answer = self.files.get(handler.path, 404)
            if isinstance(answer, list):
                answer = take_turn(answer)
        if callable(answer):
            answer(handler)
        elif isinstance(answer, bytes):
            say(handler, 200, answer)
        else:
            say(handler, answer, b"no")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"
