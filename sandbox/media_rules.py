"""The files that Meta's networks take, from their published lists: types and sizes, and how each refuses the rest."""

from sandbox import file_types
from sandbox.errors import GraphError

BYTES_PER_MB = 1024 * 1024

# --- WhatsApp -----------------------------------------------------------------------------------

# by kind of message: declared types
WHATSAPP_TYPES = {
    "audio": ("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"),
    "document": (
        "application/vnd.ms-powerpoint",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/pdf",
        "text/plain",
        "application/vnd.ms-excel",
    ),
    "image": ("image/jpeg", "image/png"),
    "sticker": ("image/webp",),
    "video": ("video/mp4", "video/3gpp"),
}
WHATSAPP_UPLOADS = tuple(mime for mimes in WHATSAPP_TYPES.values() for mime in mimes)
WHATSAPP_BYTES = {
    "image": 5 * BYTES_PER_MB,
    "audio": 16 * BYTES_PER_MB,
    "video": 16 * BYTES_PER_MB,
    "document": 100 * BYTES_PER_MB,
    "sticker": 500 * 1024,
}
MAX_STILL_STICKER_BYTES = 100 * 1024
# what a processed file may turn out to be, where that is another name for what was declared
_SAME = {"audio/opus": "audio/ogg", "video/3gpp": "video/mp4", "audio/mp4": "video/mp4"}


def plain_type(mime: str) -> str:
    """A type without its parameters."""
    return mime.partition(";")[0].strip().lower()


def check_upload(mime: str, data: bytes) -> None:
    """An upload to WhatsApp: the declared type of its part counts, and the size of that. Raises GraphError."""
    declared = plain_type(mime)
    if declared not in WHATSAPP_UPLOADS:
        known = ", ".join(WHATSAPP_UPLOADS)
        raise GraphError(
            100,
            f"Param file must be a file with one of the following types: {known}. Received file of type '{declared}'.",
        )
    kind = next(kind for kind, mimes in WHATSAPP_TYPES.items() if declared in mimes)
    if len(data) > WHATSAPP_BYTES[kind]:
        most = WHATSAPP_BYTES[kind] // 1024
        shown = f"{most // 1024}MB" if most >= 1024 else f"{most}KB"
        raise GraphError(100, f"Media file size too big. Max file size we currently support: {shown}.")


def find_fault(kind: str, mime: str, data: bytes, *, by_link: bool = False) -> GraphError | None:
    """What WhatsApp finds when it processes a file that it has accepted for a message of this kind: told later."""
    declared = plain_type(mime)
    # an upload of any type may go as a document
    takes = WHATSAPP_UPLOADS if kind == "document" and not by_link else WHATSAPP_TYPES[kind]
    if declared not in takes:
        words = f"Unsupported {kind.capitalize()} mime type {declared}. Please use one of {', '.join(takes)}."
        return GraphError(131053, words)
    if len(data) > WHATSAPP_BYTES[kind]:
        return GraphError(131053, f"{kind.capitalize()} file size is too big. Please choose a different file.")
    # documents are not looked into
    if kind == "document":
        return None
    found = file_types.find_type(data)
    if (kind == "audio" and file_types.is_fragmented(data)) or (found == "audio/ogg" and not file_types.is_opus(data)):
        found = file_types.UNKNOWN
    codecs = file_types.name_odd_codecs(data)
    if codecs or _SAME.get(found, found) != _SAME.get(declared, declared):
        shown = ", ".join(part for part in (found, codecs) if part)
        return GraphError(
            131053,
            f"{kind.capitalize()} file uploaded with mimetype as {mime}, however on processing it is of type {shown}. "
            "Please choose a different file.",
        )
    if kind == "image" and not file_types.measure_picture(data):
        return GraphError(131053, "Image is invalid. Please check the image properties, supported are JPG/JPEG, PNG.")
    if kind == "sticker" and not file_types.is_moving(data) and len(data) > MAX_STILL_STICKER_BYTES:
        return GraphError(131053, "Sticker file could not be processed. Please choose a different file.")
    return None


# --- Messenger and Instagram --------------------------------------------------------------------

# by type of attachment: what the file may turn out to be; Messenger's `file` may be anything
INSTAGRAM_TYPES = {
    "image": ("image/jpeg", "image/png", "image/gif"),
    "audio": ("audio/aac", "audio/mp4", "audio/wav", "video/mp4"),
    "video": ("video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"),
    "file": ("application/pdf",),
}
MESSENGER_TYPES = {
    "image": ("image/jpeg", "image/png", "image/gif", "image/webp"),
    "audio": ("audio/", "video/mp4"),
    "video": ("video/",),
    "file": ("",),
}
PAGE_BYTES = dict.fromkeys(MESSENGER_TYPES, 25 * BYTES_PER_MB) | {"image": 8 * BYTES_PER_MB}


def check_attachment(network: str, kind: str, data: bytes) -> None:
    """A file for Messenger or Instagram, uploaded or fetched from its link. Raises GraphError."""
    if not data or len(data) > PAGE_BYTES[kind]:
        raise GraphError(100, "Attachment size exceeds allowable limit", subcode=2018047)
    takes = (MESSENGER_TYPES if network == "messenger" else INSTAGRAM_TYPES)[kind]
    if not file_types.find_type(data).startswith(takes):
        raise GraphError(100, "Upload attachment failure.", subcode=2018047)
