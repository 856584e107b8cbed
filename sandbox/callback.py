"""The verification request of Meta: whether an address that somebody entered answers as the app's own."""

import http
import secrets
from urllib.parse import urlencode, urlsplit

from sandbox.caller import WebhookCaller

HERE = ("127.0.0.1", "localhost", "::1")


def may_be_called(url: str) -> bool:
    """Only https, and what stands on this machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE))
    except ValueError:
        return False


async def verify_address(url: str, verify_token: str) -> tuple[bool, str]:
    """Whether it answered right, and else what Meta says of it."""
    challenge = str(secrets.randbelow(10**10))
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
    caller = WebhookCaller()
    try:
        status, body = await caller.send_request("GET", f"{url}{'&' if '?' in url else '?'}{urlencode(query)}")
    except (OSError, EOFError, ValueError) as error:
        return False, f"curl_errno = 7; curl_error = {str(error) or type(error).__name__}"
    finally:
        caller.close_line()
    if status == 200 and body == challenge.encode():
        return True, ""
    known = http.HTTPStatus(status).phrase if status in http.HTTPStatus._value2member_map_ else ""
    return False, f"HTTP Status Code = {status}; HTTP Message = {known}"
