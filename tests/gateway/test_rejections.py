"""Every refusal of the core has the HTTP status that contract.md promises."""

from chats.errors import Rejected, Rejection
from gateway.rejections import STATUSES, http_status


def test_each_refusal_has_its_status():
    statuses = {code.name: http_status(Rejected(code, "")) for code in Rejection}
    assert statuses == {
        "CONFLICT": 409,
        "FORBIDDEN": 403,
        "UNAUTHENTICATED": 401,
        "NOT_FOUND": 404,
        "INVALID": 422,
        "MALFORMED": 400,
        "TOO_LARGE": 413,
        "TOO_MANY": 429,
        "UNAVAILABLE": 503,
    }
    assert set(STATUSES) == set(Rejection)
