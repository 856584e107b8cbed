"""WhatsApp's files: uploads, and links that last five minutes."""

import hashlib
import hmac

from sandbox.errors import GraphError
from sandbox.web import Answer, Request, said
from sandbox.world import World

LINK_LASTS = 300


def token(request: Request) -> str:
    bearer = request.headers.get("authorization", "")
    return bearer[7:].strip() if bearer[:7].lower() == "bearer " else request.query.get("access_token", "")


def upload(world: World, request: Request) -> Answer:
    fields, files = request.form()
    if fields.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    part = files.get("file")
    if part is None or not part.data:
        raise GraphError(100, "The parameter file is required.")
    media = world.keep(part.data, fields.get("type") or part.mime, part.name)
    world.counts["uploads"] += 1
    return said({"id": media.id})


def _signed(world: World, media_id: str, until: int) -> str:
    return hmac.new(str(world.started).encode(), f"{media_id}:{until}".encode(), hashlib.sha256).hexdigest()[:32]


def media_of(world: World, request: Request, media_id: str) -> Answer:
    if request.method == "DELETE":
        world.media_bytes -= len(world.media.pop(media_id).data)
        return said({"success": True})
    if not any(line.access_token in ("", token(request)) for line in world.lines.values() if token(request)):
        raise GraphError(190)
    media = world.media[media_id]
    if media.fault == "lost":
        raise GraphError(100, f"Object with ID '{media_id}' does not exist", subcode=33)
    until = int(world.now()) + LINK_LASTS
    query = f"mid={media_id}&ext={until}&hash={_signed(world, media_id, until)}"
    return said(
        {
            "messaging_product": "whatsapp",
            "url": f"http://{request.headers.get('host', '')}/whatsapp_business/attachments/?{query}",
            "mime_type": media.mime,
            "sha256": media.digest.hex(),
            "file_size": len(media.data),
            "id": media_id,
        }
    )


def attachment(world: World, request: Request) -> Answer:
    """A file by the link that was given for it: for five minutes, and for who has a token."""
    asked = request.query
    media, until = world.media.get(asked.get("mid", "")), asked.get("ext", "0")
    given = token(request)
    if not given or not any(line.access_token in ("", given) for line in world.lines.values()):
        return Answer(401, b"", "text/plain")
    good = media is not None and until.isdigit() and _signed(world, media.id, int(until)) == asked.get("hash")
    found = world.bytes_of(media) if media and good and int(until) >= world.now() else None
    if found is None:
        return Answer(404, b"", "text/plain")
    return Answer(200, found[0], found[1])
