"""Office files and archives, small and made on the spot."""

import zipfile
from io import BytesIO

OOXML = "application/vnd.openxmlformats-officedocument."
WORD, EXCEL = f"{OOXML}wordprocessingml.document", f"{OOXML}spreadsheetml.sheet"
POWERPOINT = f"{OOXML}presentationml.presentation"


def archive(**files):
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return data.getvalue()


def office(main, folder="word"):
    """An OOXML file whose list of types calls its main part so."""
    listed = f'<Types><Override PartName="/{folder}/main.xml" ContentType="{main}"/></Types>'
    return archive(**{"[Content_Types].xml": listed, f"{folder}/main.xml": "<x/>"})


def open_document(kind):
    return archive(mimetype=f"application/vnd.oasis.opendocument.{kind}", **{"content.xml": "<x/>"})


def old_office(stream):
    """The head and the directory of a compound file with one stream."""
    name = stream.encode("utf-16-le") + b"\0\0"
    entry = name.ljust(64, b"\0") + len(name).to_bytes(2, "little") + bytes(62)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + bytes(128) + entry + bytes(256)
