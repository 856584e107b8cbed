"""Which HTTP status each refusal of the core is answered with: the one table for all edges."""

from http import HTTPStatus

from chats.errors import Rejected, Rejection

STATUSES = {
    Rejection.CONFLICT: HTTPStatus.CONFLICT,
    Rejection.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Rejection.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Rejection.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Rejection.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Rejection.MALFORMED: HTTPStatus.BAD_REQUEST,
    Rejection.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Rejection.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Rejection.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


def http_status(rejected: Rejected) -> int:
    """The HTTP status of a refusal."""
    return STATUSES[rejected.code].value
