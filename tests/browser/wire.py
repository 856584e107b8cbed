"""The wire between a browser and the product, which a test can cut, stall, or end a socket on with any code."""

import contextlib
import socket
import threading

CHUNK = 65_536
WITHIN = 10.0


class Wire:
    """Forwards what comes to a port of its own, as a proxy would; sockets can be ended from here."""

    def __init__(self, port):
        self.upstream = ("127.0.0.1", port)
        self.flows = threading.Event()
        self.flows.set()
        self.refuses = False
        self.sockets = []  # the browser's ends of what became a websocket, the oldest first
        self.open = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    # --- what a test does with it ----------------------------------------------------------------

    def end_sockets(self, code):
        """End every websocket with this code: 1005 is a close without one, 1006 a line that breaks."""
        with self.lock:
            ending, self.sockets = self.sockets, []
        for end in ending:
            if code != 1006:
                body = b"" if code == 1005 else code.to_bytes(2, "big")
                with contextlib.suppress(OSError):
                    end.sendall(bytes([0x88, len(body)]) + body)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_WR if code != 1006 else socket.SHUT_RDWR)

    def stall(self):
        """Nothing gets through any more, and nobody is told."""
        self.flows.clear()

    def flow(self):
        self.flows.set()

    def cut(self):
        """Everything breaks, and who calls is refused."""
        self.refuses = True
        self.break_all()

    def mend(self):
        self.refuses = False

    def break_all(self):
        with self.lock:
            ends, self.sockets = list(self.open), []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.flow()
        self.listener.close()
        self.break_all()

    # --- forwarding ------------------------------------------------------------------------------

    def _accept(self):
        while True:
            try:
                browser, _address = self.listener.accept()
            except OSError:
                return
            if self.refuses:
                browser.close()
                continue
            try:
                server = socket.create_connection(self.upstream, timeout=WITHIN)
            except OSError:
                browser.close()
                continue
            server.settimeout(None)
            with self.lock:
                self.open |= {browser, server}
            threading.Thread(target=self._forward, args=(browser, server, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, browser, False), daemon=True).start()

    def _forward(self, source, target, is_browser):
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                self.flows.wait()
                if not is_browser and data.startswith(b"HTTP/1.1 101"):
                    with self.lock:
                        self.sockets.append(target)
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self.lock:
            self.open.discard(source)
        source.close()
