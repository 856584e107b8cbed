"""A server that stands for Meta's Graph API."""

from tests.http_server import HttpServer, cut, say_answer, take_turn


class Meta(HttpServer):
    """A Graph API that really listens: `answers` by (method, path), and all that it was asked."""

    def __init__(self):
        self.asked, self.answers = [], {}
        super().__init__()

    def answer_request(self, handler, raw):
        path, _mark, query = handler.path.partition("?")
        self.asked.append((handler.command, path, query, dict(handler.headers), raw))
        found = self.answers.get((handler.command, path), (404, {"error": {"code": 100, "error_subcode": 33}}))
        found = take_turn(found) if isinstance(found, list) else found
        say_answer(handler, cut if found is None else found)

    def says(self, method, path, body, status=200, **headers):
        self.answers[method, path] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})
