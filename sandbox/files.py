"""WhatsApp's files: uploads, and links that last five minutes."""

import hashlib
import hmac

from sandbox.errors import GraphError
from sandbox.graph_request import read_token
from sandbox.media_rules import check_upload
from sandbox.records import OurLine
from sandbox.web import HttpAnswer, HttpRequest, answer_json
from sandbox.world import SandboxWorld

LINK_SECONDS = 300
UPLOAD_SECONDS = 30 * 24 * 3600


def upload_file(world: SandboxWorld, line: OurLine, request: HttpRequest) -> HttpAnswer:
    fields, files = request.read_form()
    if fields.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    part = files.get("file")
    if part is None or not part.data:
        raise GraphError(100, "The parameter file is required.")
    check_upload(part.mime, part.data)
    media = world.keep_file(part.data, part.mime, part.name)
    media.account, media.until = line.account_id, world.now() + UPLOAD_SECONDS
    world.counts["uploads"] += 1
    return answer_json({"id": media.id})


def _sign_link(world: SandboxWorld, media_id: str, until: int) -> str:
    return hmac.new(str(world.started).encode(), f"{media_id}:{until}".encode(), hashlib.sha256).hexdigest()[:32]


def answer_media(world: SandboxWorld, request: HttpRequest, media_id: str) -> HttpAnswer:
    given = read_token(request)
    if not given or not any(line.access_token in ("", given) for line in world.lines.values()):
        raise GraphError(190)
    if request.method == "DELETE":
        world.media_bytes -= len(world.media.pop(media_id).data)
        return answer_json({"success": True})
    if request.method != "GET":
        raise GraphError(100, "Unsupported request", subcode=33)
    media = world.media[media_id]
    if media.fault == "lost":
        raise GraphError(100, f"Object with ID '{media_id}' does not exist", subcode=33)
    until = int(world.now()) + LINK_SECONDS
    query = f"mid={media_id}&ext={until}&hash={_sign_link(world, media_id, until)}"
    return answer_json(
        {
            "messaging_product": "whatsapp",
            "url": f"http://{request.headers.get('host', '')}/whatsapp_business/attachments/?{query}",
            "mime_type": media.mime,
            "sha256": media.digest.hex(),
            "file_size": len(media.data),
            "id": media_id,
        }
    )


def download_attachment(world: SandboxWorld, request: HttpRequest) -> HttpAnswer:
    """A file by the link that was given for it: for five minutes, and for who has a token."""
    asked = request.query
    media, until = world.media.get(asked.get("mid", "")), asked.get("ext", "0")
    given = read_token(request)
    if not given or not any(line.access_token in ("", given) for line in world.lines.values()):
        return HttpAnswer(401, b"", "text/plain")
    good = media is not None and until.isdigit() and _sign_link(world, media.id, int(until)) == asked.get("hash")
    found = world.bytes_of(media) if media and good and int(until) >= world.now() else None
    if found is None:
        return HttpAnswer(404, b"", "text/plain")
    return HttpAnswer(200, found[0], found[1])
