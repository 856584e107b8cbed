"""Files in a bucket: a real server that speaks S3 listens, and everything goes to it over HTTP."""

import os
import socket
import subprocess
import sys
import threading

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from chats.attachments import thumbnails, uploads
from chats.errors import Rejected, Rejection
from chats.messages import replies
from gateway.outbound import payload
from tests import people
from tests.chats.attachments.samples import FILM, picture
from tests.ports import free_port
from tests.s3_server import BUCKET, bucket_at, running_service


@pytest.fixture(scope="module")
def service():
    """The port of an S3 server with our bucket."""
    with running_service() as port:
        yield port


@pytest.fixture
def bucket(service):
    bucket = bucket_at(service, prefix="/witty/files/")
    yield bucket
    for name in keys(bucket):
        bucket.client.delete_object(Bucket=BUCKET, Key=name)


def keys(bucket):
    return [found["Key"] for found in bucket.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def in_bucket(settings, service, bucket):
    """The whole product keeps its files there."""
    options = {"bucket": BUCKET, "endpoint_url": f"http://127.0.0.1:{service}", "access_key": "key",
               "secret_key": "secret", "region": "us-east-1", "prefix": "witty/files"}  # fmt: skip
    settings.STORAGES = {
        **settings.STORAGES, "default": {"BACKEND": "wittyagent.s3_storage.S3Files", "OPTIONS": options}
    }  # fmt: skip
    return bucket


# --- the storage itself -----------------------------------------------------------------------------


def test_what_is_kept_is_there_until_it_is_deleted(bucket):
    name = bucket.save("2026/11/25/a.bin", ContentFile(b"hola"))
    assert keys(bucket) == ["witty/files/2026/11/25/a.bin"]
    assert (bucket.exists(name), bucket.size(name)) == (True, 4)
    with bucket.open(name) as file:
        assert (file.size, file.read(), file.read()) == (4, b"hola", b"")
    bucket.delete(name)
    assert not bucket.exists(name)
    bucket.delete(name)
    with pytest.raises(FileNotFoundError):
        bucket.open(name)
    with pytest.raises(FileNotFoundError):
        bucket.size(name)


def test_the_same_name_twice_is_two_files(bucket):
    first, second = (bucket.save("a.bin", ContentFile(data)) for data in (b"1", b"2"))
    assert first != second
    assert [bucket.open(name).read() for name in (first, second)] == [b"1", b"2"]


def test_without_a_prefix_and_a_region(service):
    bucket = bucket_at(service, region="")
    name = bucket.save("plain.bin", ContentFile(b"hola"))
    assert "plain.bin" in keys(bucket)
    bucket.delete(name)


def test_a_file_closed_is_opened_again(bucket):
    file = bucket.open(bucket.save("a.bin", ContentFile(b"hola")))
    file.close()
    with file.open() as again:
        assert again.read() == b"hola"


@pytest.fixture
def asked(bucket, monkeypatch):
    """What the service was asked for: (call, range)."""
    seen, ask = [], bucket.ask
    monkeypatch.setattr(
        bucket, "ask", lambda what, name, **given: seen.append((what, given.get("Range"))) or ask(what, name, **given)
    )
    return seen


def test_the_end_of_a_film_is_read_without_its_beginning(bucket, asked):
    data = os.urandom(3_000_000)
    name = bucket.save("a.bin", ContentFile(data))
    asked.clear()
    with bucket.open(name) as file:
        assert asked == [("head_object", None)]
        file.seek(2_999_000)
        assert file.read(500) == data[2_999_000:2_999_500]
        assert file.read() == data[2_999_500:]
        assert asked[1:] == [("get_object", "bytes=2999000-")]
        file.seek(-10, 2)
        assert (file.tell(), file.read()) == (2_999_990, data[-10:])
        file.seek(0)
        assert b"".join(file.chunks(100_000)) == data


def test_a_large_file_is_sent_in_pieces(bucket):
    class Counted(File):
        most = 0

        def read(self, size=-1):
            data = self.file.read(size)
            self.most = max(self.most, len(data))
            return data

    size = 8_000_000
    path = bucket.save("a.bin", counted := Counted(_Zeros(size), "a"))
    assert bucket.size(path) == size
    assert 0 < counted.most <= 1_100_000


class _Zeros:
    """A file of zeros that takes no memory."""

    def __init__(self, size):
        self.size, self.at = size, 0

    def read(self, most=-1):
        most = self.size - self.at if most < 0 else min(most, self.size - self.at)
        self.at += most
        return bytes(most)

    def seek(self, at, whence=0):
        self.at = at + {0: 0, 1: self.at, 2: self.size}[whence]
        return self.at

    def tell(self):
        return self.at


class Cutter:
    """Stands before a service, and cuts the line in the middle of so many answers to GET."""

    def __init__(self, port, after, times):
        self.port, self.after, self.times = port, after, times
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                near, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near):
        """One request a connection: enough to tell what it asks for."""
        with near, socket.create_connection(("127.0.0.1", self.port)) as far:
            request = near.recv(65_536)
            cut = request.startswith(b"GET") and self.times > 0
            self.times -= cut
            far.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            carried = 0
            while data := far.recv(65_536):
                near.sendall(data)
                carried += len(data)
                if cut and carried > self.after:
                    return


@pytest.mark.parametrize(("times", "arrives"), [(1, True), (50, False)])
def test_a_line_that_is_cut_is_taken_up_where_it_was(service, bucket, times, arrives):
    data = os.urandom(2_000_000)
    name = bucket.save("a.bin", ContentFile(data))
    cutter = Cutter(service, 700_000 if arrives else 100, times)
    try:
        with bucket_at(cutter.listener.getsockname()[1], prefix="witty/files").open(name) as file:
            if arrives:
                assert file.read() == data
                assert cutter.times == 0
            else:
                with pytest.raises(OSError, match="S3"):
                    while file.read(1000):
                        pass
    finally:
        cutter.listener.close()


def test_no_file_has_an_address_of_its_own(bucket):
    with pytest.raises(ValueError, match="visibility"):
        bucket.url("a.bin")
    with pytest.raises(ValueError, match="save"):
        bucket.open("a.bin", "wb")


def test_a_service_that_is_down_is_no_lost_file():
    bucket = bucket_at(free_port())
    for act in (
        bucket.open,
        bucket.size,
        bucket.exists,
        bucket.delete,
        lambda name: bucket.save(name, ContentFile(b"x")),
    ):
        with pytest.raises(OSError, match="S3") as error:
            act("a.bin")
        assert not isinstance(error.value, FileNotFoundError)


def test_a_bucket_that_is_not_there_is_said_when_something_is_kept(service):
    with pytest.raises(OSError, match="NoSuchBucket"):
        bucket_at(service, bucket="another-one").ask("put_object", "a.bin", Body=b"x")


# --- the product with it -----------------------------------------------------------------------------


def test_a_file_goes_the_whole_way_through_the_bucket(in_bucket, client, ana, bruno, http_origin):
    chat = people.held(http_origin, ana)
    data = FILM + bytes(range(256)) * 4000
    film = uploads.keep_upload(SimpleUploadedFile("película.mp4", data))
    photo = uploads.keep_upload(SimpleUploadedFile("mapa.png", picture(900, 900)))
    assert thumbnails.make_thumbnail(photo.pk)
    photo.refresh_from_db()
    assert len(keys(in_bucket)) == 3
    assert all(name.startswith("witty/files/20") for name in keys(in_bucket))
    replies.send_reply(chat.pk, ana, "", files=[film, photo])
    client.force_login(ana)
    whole = client.get(f"/files/{film.uuid}/")
    assert b"".join(whole.streaming_content) == data
    part = client.get(f"/files/{film.uuid}/", headers={"Range": "bytes=500000-500009"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, data[500_000:500_010])
    assert client.get(f"/files/{film.uuid}/", headers={"If-None-Match": whole["ETag"]}).status_code == 304
    assert client.get(f"/files/{photo.uuid}/?mini")["Content-Type"] == "image/webp"
    out = payload.outgoing_file(film)
    with out.open() as first, out.open() as second:
        assert first.read() == second.read() == data
    client.force_login(bruno)
    assert client.get(f"/files/{film.uuid}/").status_code == 404


def test_loose_files_leave_the_bucket(in_bucket, db):
    photo = uploads.keep_bytes(picture(900, 900), "a.png")
    thumbnails.make_thumbnail(photo.pk)
    assert len(keys(in_bucket)) == 2
    uploads.drop_loose_uploads(timezone.now())
    assert keys(in_bucket) == []


def test_with_the_bucket_away_everybody_is_told_in_words(in_bucket, settings, client, ana, http_origin):
    chat = people.held(http_origin, ana)
    kept = uploads.keep_bytes(b"hola", "a.txt")
    replies.send_reply(chat.pk, ana, "", files=[kept])
    client.force_login(ana)
    options = settings.STORAGES["default"]["OPTIONS"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "wittyagent.s3_storage.S3Files",
            "OPTIONS": {**options, "endpoint_url": f"http://127.0.0.1:{free_port()}"},
        },
    }
    response = client.get(f"/files/{kept.uuid}/")
    assert response.status_code == 503
    assert "Probá en un rato" in response.content.decode()
    with pytest.raises(Rejected) as refused:
        uploads.keep_upload(SimpleUploadedFile("a.txt", b"hola"))
    assert refused.value.code == Rejection.UNAVAILABLE


def start_up(**given):
    """What a process of ours has after it has started: the kind of its storage, and whether boto3 is there."""
    code = (
        "import sys, django; django.setup()\n"
        "import inbox.urls, gateway.tasks\n"
        "from django.core.files.storage import default_storage as s\n"
        "s.exists  # made\n"
        "print(type(s._wrapped).__name__, 'boto3' in sys.modules, 'botocore' in sys.modules)\n"
        "print(getattr(s, 'bucket', ''), getattr(s, 'prefix', ''), s.client.meta.endpoint_url if hasattr(s, 'bucket') else '')"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "wittyagent.settings", **given}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return said.stdout.split()


def test_boto3_is_only_there_when_files_are_in_a_bucket():
    assert start_up() == ["FileSystemStorage", "False", "False"]
    given = {"S3_BUCKET": "b-1", "S3_ENDPOINT_URL": "http://127.0.0.1:9", "S3_PREFIX": "p/", "S3_REGION": "us-east-1"}
    assert start_up(**given) == ["S3Files", "False", "False", "b-1", "p", "http://127.0.0.1:9"]
