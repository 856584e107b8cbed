"""How a file leaves by each network."""

import pytest

from common.errors import OriginError
from origins.capabilities import CAPABILITIES, MB
from origins.file_rules import FileFacts, plan_file
from origins.file_words import NAMED, explain_type, explain_types

OFFICE = "application/vnd.openxmlformats-officedocument."
WORD, EXCEL = f"{OFFICE}wordprocessingml.document", f"{OFFICE}spreadsheetml.sheet"
NETWORKS = ("whatsapp", "telegram", "messenger", "instagram", "web", "http")


def plan(network, mime, *traits, size=5, voice=False):
    found = plan_file(CAPABILITIES[network], network.title(), FileFacts(mime, frozenset(traits), size, voice))
    return found.kind, found.becomes or found.mime


@pytest.mark.parametrize(
    ("mime", "expected"),
    [
        (WORD, {"instagram": None}),
        (EXCEL, {"instagram": None}),
        ("application/msword", {"instagram": None}),
        ("application/pdf", {}),
        ("text/csv", {"whatsapp": ("document", "text/plain"), "instagram": None}),
        ("text/plain", {"instagram": None}),
        ("application/zip", {"whatsapp": None, "instagram": None}),
        ("application/octet-stream", {"whatsapp": None, "instagram": None}),
        ("application/vnd.oasis.opendocument.text", {"whatsapp": None, "instagram": None}),
    ],
)
def test_a_document_leaves_where_it_is_taken_and_is_refused_in_words_where_not(mime, expected):
    for network in NETWORKS:
        wanted = expected.get(network, ("document", mime))
        if wanted is None:
            with pytest.raises(OriginError, match="no toma"):
                plan(network, mime)
        else:
            assert plan(network, mime) == wanted, network


@pytest.mark.parametrize("network", NETWORKS)
def test_what_networks_do_not_show_is_a_photo_for_the_customer(network):
    for mime in ("image/heic", "image/avif", "image/bmp", "image/tiff"):
        kept = ("image", mime if network == "http" else "image/jpeg")
        assert plan(network, mime) == kept
    assert plan(network, "image/png") == ("image", "image/png")


def test_a_picture_that_moves_goes_on_moving():
    found = {network: plan(network, "image/gif", "moving") for network in NETWORKS}
    assert found.pop("whatsapp") == ("video", "video/mp4")
    assert set(found.values()) == {("image", "image/gif")}
    assert plan("whatsapp", "image/gif") == ("image", "image/jpeg")
    assert plan("telegram", "image/webp") == ("image", "image/webp")
    assert plan("telegram", "image/webp", "moving") == ("video", "video/mp4")


def test_a_photo_that_is_too_large_is_made_smaller():
    assert plan("whatsapp", "image/jpeg", size=5 * MB) == ("image", "image/jpeg")
    found = plan_file(CAPABILITIES["whatsapp"], "WhatsApp", FileFacts("image/jpeg", size=6 * MB))
    assert (found.kind, found.becomes, found.most) == ("image", "image/jpeg", 5 * MB)
    assert plan("telegram", "image/jpeg", size=20 * MB) == ("image", "image/jpeg")


@pytest.mark.parametrize(
    ("network", "target"),
    [
        ("whatsapp", "audio/ogg"), ("telegram", "audio/ogg"), ("http", "audio/ogg"), ("messenger", "audio/mp4"),
        ("instagram", "audio/mp4"), ("web", "audio/mp4"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("mime", "traits"),
    [("audio/webm", ("opus",)), ("audio/mp4", ("aac",)), ("audio/mp4", ("opus",)), ("audio/ogg", ("opus",)),
     ("audio/ogg", ("opus", "stereo")), ("video/webm", ("opus",))],
)  # fmt: skip
def test_a_voice_note_leaves_as_what_the_network_plays(network, target, mime, traits):
    assert plan(network, mime, *traits, voice=True) == ("audio", target)


def test_a_voice_note_in_two_channels_is_made_anew_where_one_is_asked_for():
    def becomes(network):
        facts = FileFacts("audio/ogg", frozenset({"opus", "stereo"}), 5, is_voice=True)
        return plan_file(CAPABILITIES[network], network, facts).becomes

    assert becomes("whatsapp") == "audio/ogg"
    assert becomes("telegram") == ""


def test_a_song_keeps_what_it_is_where_that_is_taken():
    assert plan("whatsapp", "audio/mpeg") == ("audio", "audio/mpeg")
    assert plan("whatsapp", "audio/wav") == ("audio", "audio/mp4")
    assert plan("whatsapp", "audio/ogg", "vorbis") == ("audio", "audio/mp4")
    assert plan("telegram", "audio/wav") == ("document", "audio/wav")
    assert plan("instagram", "audio/mpeg") == ("audio", "audio/mp4")


def test_a_film_goes_into_the_box_that_is_taken():
    assert plan("whatsapp", "video/quicktime", "h264", "aac") == ("video", "video/mp4")
    assert plan("whatsapp", "video/mp4", "hevc", "aac") == ("video", "video/mp4")
    assert plan("telegram", "video/quicktime", "aac", "h264") == ("video", "video/mp4")
    assert plan("telegram", "video/webm", "opus", "vp9") == ("document", "video/webm")


def test_what_is_too_large_says_how_much_is_taken():
    with pytest.raises(OriginError, match="25 MB"):
        plan("messenger", "application/pdf", size=26 * MB)
    with pytest.raises(OriginError, match="100 MB"):
        plan("whatsapp", "application/pdf", size=101 * MB)


def test_the_composer_says_before_what_will_become_of_a_file():
    def said(network, mime):
        return explain_type(CAPABILITIES[network], network.title(), mime)

    assert said("whatsapp", "image/gif") == {"says": "Sale como video, si se mueve; si no, sale como foto JPEG"}
    assert said("telegram", "image/gif") == {}
    assert said("whatsapp", "image/heic") == {"says": "Sale como foto JPEG"}
    assert said("whatsapp", "text/csv") == {"says": "Sale como documento de texto"}
    assert "ZIP" in said("whatsapp", "application/zip")["refused"]
    assert said("telegram", "application/zip") == {}


def test_the_composer_says_that_a_heavy_photo_is_made_smaller():
    told = explain_types("whatsapp", "WhatsApp")
    assert told[".jpg"] == {"over": {"bytes": 5 * MB, "says": "Se achica para que entre, como foto JPEG"}}
    assert "over" not in explain_types("http", "HTTP").get(".jpg", {})
    assert "over" not in told[".heic"]


def test_what_the_composer_says_is_what_the_server_does():
    for network in NETWORKS:
        told = explain_types(network, network.title())
        for name, mime in NAMED.items():
            try:
                plan(network, mime)
            except OriginError as error:
                assert told[name] == {"refused": str(error)}
            else:
                assert "refused" not in told.get(name, {})
