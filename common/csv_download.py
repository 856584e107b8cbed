"""Rows as a file of CSV to whoever asked for it, written while it is sent."""

from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from common.csv_rules import MARK, write_rows


def stream_csv(filename: str, head: Sequence[str], batches: Iterable[Iterable[Sequence[str]]]) -> StreamingHttpResponse:
    """A download that no cache keeps; `batches`: rows below the head, some at a time."""

    def lines() -> Iterator[str]:
        yield MARK + write_rows([head])
        for batch in batches:
            yield write_rows(batch)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "private, no-store"
    return response
