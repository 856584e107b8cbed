"""How a customer of Messenger or Instagram came: by an ad, a link (m.me, ig.me), a product or a form."""

from collections.abc import Iterator
from typing import Any

from common.parsing import object_of, read_if_text
from origins.facts import CameFrom, Fact, Ignored
from origins.meta.event_fields import MetaEvent
from origins.readable import safe_url

# of the name that we gave a link or an ad
MAX_REF_CHARS = 200


def read_referral(value: Any) -> dict[str, str]:
    value = object_of(value)
    ad, product = object_of(value.get("ads_context_data")), object_of(value.get("product"))
    found = {
        "source_type": read_if_text(value.get("source"), 60).strip() or ("PRODUCT" if product else ""),
        "source_id": read_if_text(value.get("ad_id") or value.get("ref") or product.get("id"), 200),
        "source_url": read_if_text(value.get("referer_uri"), 2000),
        "headline": read_if_text(ad.get("ad_title"), 300),
        "image_url": safe_url(ad.get("photo_url")),
        "video_url": safe_url(ad.get("video_url")),
        "ref": read_if_text(value.get("ref"), MAX_REF_CHARS).strip(),
    }
    return {name: text for name, text in found.items() if text}


def read_arrival(event: MetaEvent, value: dict[str, Any]) -> Iterator[Fact]:
    """A link (m.me, ig.me), an ad or a form that brought somebody, with the name that we gave it.

    Beside a message or a tap it belongs to that one, which comes with the same sender.
    """
    came = read_referral(value)
    if "optin" in event.said and (kind := read_if_text(value.get("type"), 60)):
        came = {"source_type": kind, **came} if came else came
    if not came:
        yield Ignored("an arrival that names nothing")
    elif not object_of(event.said.get("sender")).get("id"):
        yield Ignored("an arrival of somebody who has no id yet")
    else:
        yield CameFrom(event.person("sender"), event.kind, came, event.at)
