"""Signing and checking bodies: HMAC-SHA256 over the raw bytes, compared as bytes in constant time."""

import hashlib
import hmac


def sign_bytes(secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def is_signed(secret: str, raw: bytes, header: str) -> bool:
    # compare_digest raises on non-ASCII text; as bytes it does not
    return hmac.compare_digest(sign_bytes(secret, raw).encode(), header.encode("latin-1", "replace"))
