"""Web Push: a payload that only one browser can read (RFC 8291, RFC 8188), and who sends it (VAPID, RFC 8292)."""

import base64
import json
import os
import struct
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CURVE = ec.SECP256R1()
POINT_BYTES, SECRET_BYTES, SALT_BYTES = 65, 16, 16
RECORD_BYTES = 4096
# services refuse more than a day
TOKEN_SECONDS = 12 * 3600


def encode_bytes(raw: bytes) -> str:
    """base64url without padding, as browsers give and take it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_bytes(text: str) -> bytes:
    """Raises ValueError for anything else than base64url."""
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def make_private_key() -> str:
    """A new key of a sender, as text."""
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return encode_bytes(number.to_bytes(32, "big"))


def read_private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode_bytes(text), "big"), CURVE)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def check_receiver(point: str, secret: str) -> None:
    """Raises ValueError where these are not the keys of a browser's subscription."""
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode_bytes(point))
    if len(decode_bytes(point)) != POINT_BYTES or len(decode_bytes(secret)) != SECRET_BYTES:
        raise ValueError("keys of another length")


def encrypt_payload(
    payload: bytes,
    point: str,
    secret: str,
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push of up to 3 kB, for the browser with this public key and secret.

    `salt`, `sender`: only for tests.
    """
    salt, sender = salt or os.urandom(SALT_BYTES), sender or ec.generate_private_key(CURVE)
    receiver, own = decode_bytes(point), public_bytes(sender)
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver))
    key = _derive(shared, decode_bytes(secret), b"WebPush: info\0" + receiver + own, 32)
    content_key = _derive(key, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(key, salt, b"Content-Encoding: nonce\0", 12)
    # 2: the last record
    sealed = AESGCM(content_key).encrypt(nonce, payload + b"\2", None)
    return salt + struct.pack(">IB", RECORD_BYTES, len(own)) + own + sealed


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def sign_sender(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, now: float) -> str:
    """The Authorization of a push to this endpoint. `contact`: https: or mailto:, whom its service may write to."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now) + TOKEN_SECONDS, "sub": contact}
    signed = ".".join(encode_bytes(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encode_bytes(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={encode_bytes(public_bytes(key))}"
