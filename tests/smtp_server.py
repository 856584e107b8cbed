"""A mail server that really listens: what it took, and what it refuses."""

import socket
from email import message_from_bytes, policy
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller


class _Listening(Controller):
    """At a port that nobody else has: it is bound before it is known."""

    def __init__(self, handler):
        self._socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(handler, hostname="127.0.0.1", port=self._socket.getsockname()[1])

    def _create_server(self):
        return self.loop.create_server(self._factory_invoker, sock=self._socket)


class MailServer:
    """`.mails`: what was delivered. `.answer`: said to whoever names a recipient, None takes it."""

    def __init__(self):
        self.mails, self.answer = [], None
        self._controller = _Listening(self)
        self._controller.start()
        self.port = self._controller.port

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def close(self):
        if self._controller.server:
            self._controller.stop()


def path_in(mail):
    """The path of the first address in a mail."""
    return urlsplit(next(word for word in mail.get_content().split() if word.startswith("http"))).path
