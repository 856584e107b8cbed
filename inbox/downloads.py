"""Files of one person, as downloads that no cache keeps."""

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404


def serve_once(stored: FieldFile, filename: str, content_type: str) -> FileResponse:
    """Raises Http404 where it is gone."""
    try:
        opened = stored.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(opened, as_attachment=True, filename=filename, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
