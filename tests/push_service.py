"""A push service as strict as those of browsers: it checks who sends, and only the browser can read what is said."""

import base64
import datetime
import json
import ssl
import struct
import time
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from tests.http_server import HttpServer

MAX_BODY = 4096
DAY = 24 * 3600


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hkdf(salt, secret, info, length):
    """RFC 5869 in its two steps, not the library's."""
    first = hmac.HMAC(salt, hashes.SHA256())
    first.update(secret)
    second = hmac.HMAC(first.finalize(), hashes.SHA256())
    second.update(info + b"\1")
    return second.finalize()[:length]


def point_of(key):
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """One that has subscribed with the public key of a sender."""

    service: "PushService"
    name: str
    sender: bytes
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen bytes ok"

    @property
    def fields(self):
        return {"endpoint": f"{self.service.url}/push/{self.name}", "point": b64(point_of(self.key)),
                "secret": b64(self.secret)}  # fmt: skip

    def read(self, body):
        """What is said in a body (RFC 8291); anything that is not quite right raises."""
        salt, size, length = body[:16], *struct.unpack(">IB", body[16:21])
        assert (length, size > len(body) - 86) == (65, True)
        sender, sealed = body[21:86], body[86:]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = hkdf(self.secret, shared, b"WebPush: info\0" + point_of(self.key) + sender, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        said, mark, padding = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\2")
        assert mark
        assert padding.strip(b"\0") == b""
        return json.loads(said)


class PushService(HttpServer):
    """`answers`: statuses for the next pushes, then 201. `said`: what browsers have read, by their names."""

    def __init__(self, folder):
        super().__init__()
        self.answers, self.said, self.refused, self.browsers, self.more = [], [], [], {}, {}
        self.certificate = _make_certificate(folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*self.certificate)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def browser(self, sender, name="one"):
        self.browsers[name] = Browser(self, name, unb64(sender))
        return self.browsers[name]

    def answer_request(self, handler, raw):
        status = self._judge(handler, raw)
        handler.send_response(status)
        for name, value in (self.more if status >= 400 else {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _judge(self, handler, raw):
        browser = self.browsers.get(handler.path.removeprefix("/push/"))
        if browser is None:
            return 404
        try:
            self._check_sender(handler.headers, browser)
        except (AssertionError, InvalidSignature, ValueError, KeyError) as error:
            self.refused.append(repr(error))
            return 403
        headers = handler.headers
        fits = headers["Content-Encoding"] == "aes128gcm" and int(headers["TTL"]) >= 0 and len(raw) <= MAX_BODY
        if not fits or headers["Urgency"] not in ("very-low", "low", "normal", "high") or len(headers["Topic"]) > 32:
            self.refused.append(dict(headers))
            return 400
        status = self.answers.pop(0) if self.answers else 201
        if status == 201:
            self.said.append((browser.name, browser.read(raw)))
        return status

    def _check_sender(self, headers, browser):
        """RFC 8292: the key that the browser subscribed with has signed, for this service, and not for ever."""
        scheme, _space, rest = headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid"
        assert unb64(parts["k"]) == browser.sender, "another sender"
        head, claims, signature = parts["t"].split(".")
        raw = unb64(signature)
        assert len(raw) == 64
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser.sender)
        made = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public.verify(made, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        assert json.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
        said = json.loads(unb64(claims))
        assert said["aud"] == self.url
        assert 0 < said["exp"] - time.time() <= DAY
        assert said["sub"].startswith(("mailto:", "https:"))


def _make_certificate(folder):
    """(certificate, key) of 127.0.0.1, as files."""
    from ipaddress import ip_address

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "push.pem", folder / "push.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths
