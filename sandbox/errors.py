"""Errors of the Graph API, in its own form."""

from typing import Any

from sandbox.web import HttpAnswer, answer_json

TITLES = {
    1: "An unknown error occurred",
    2: "Service temporarily unavailable",
    10: "Application does not have permission for this action",
    15: "This method must be called with an app access_token.",
    100: "Invalid parameter",
    190: "Error validating access token: the session is invalid",
    551: "This person isn't available right now.",
    613: "Calls to this api have exceeded the rate limit.",
    2200: "Callback verification failed",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131050: "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages.",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Translated text too long",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132018: "Template parameters have an invalid format",
}
STATUS = {190: 401, 10: 403, 2: 500, 131000: 500, 132001: 404}


class GraphError(Exception):
    """One refusal. `status` of HTTP; `subcode` where the network says one."""

    def __init__(self, code: int, details: str = "", *, subcode: int = 0, status: int = 0) -> None:
        super().__init__(code)
        self.code, self.details, self.subcode = code, details, subcode
        self.status = status or STATUS.get(code, 400)

    def as_answer(self) -> HttpAnswer:
        title = TITLES.get(self.code, "Error")
        error: dict[str, Any] = {
            # errors of the whole API carry no number before their words
            "message": title if self.code in (190, 1, 2) else f"(#{self.code}) {title}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "A2SbXSandboxSandbox0000",
        }
        if (self.code < 1000 or self.code == 2200) and self.details:
            error["message"] = f"(#{self.code}) {self.details}" if self.code != 190 else error["message"]
        if self.code >= 1000 and self.code != 2200:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details or title}
        if self.subcode:
            error["error_subcode"] = self.subcode
        return answer_json({"error": error}, self.status)

    def as_status_error(self) -> dict[str, Any]:
        """As a failed status of WhatsApp names it."""
        title = TITLES.get(self.code, "Error")
        return {
            "code": self.code,
            "title": title,
            "message": title,
            "error_data": {"details": self.details or title},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
