"""A server with a certificate of its own making, which really listens."""

import contextlib
import datetime
import socket
import ssl
import tempfile
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class TlsServer:
    """`trusting()`: a context for which its certificate, for localhost and so many days, is good."""

    def __init__(self, days):
        self.pem = _make_certificate(days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "both.pem"
            file.write_bytes(self.pem)
            context.load_cert_chain(file)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.context = self.socket.getsockname()[1], context
        threading.Thread(target=self._serve, daemon=True).start()

    def trusting(self):
        return ssl.create_default_context(cadata=self.pem[self.pem.index(b"-----BEGIN CERT") :].decode())

    def _serve(self):
        while True:
            try:
                line, _address = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), line, self.context.wrap_socket(line, server_side=True) as tls:
                tls.recv(1)

    def close(self):
        self.socket.close()


def _make_certificate(days):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
