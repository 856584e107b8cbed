"""An answer that breaks off under daphne breaks its connection.

Left alone, daphne would begin a second answer, a page about the error, inside the first; that fails, and with it ends
daphne's watch over all requests: from then on no error is answered, and each client waits for good.
"""

from daphne.http_protocol import WebRequest

_answer_with_page = WebRequest.handle_exception


def break_half_answers() -> None:
    """From now on a client can tell half an answer from a whole one."""
    WebRequest.handle_exception = _break_or_answer


def _break_or_answer(self: WebRequest, exception: BaseException) -> None:
    if not self._response_started:
        _answer_with_page(self, exception)
    elif self.channel is not None:
        self.channel.transport.abortConnection()
