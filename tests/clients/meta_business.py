"""What a program made with Meta's own SDK does with a page (Messenger or Instagram): stdin in, what came of it out."""

import json
import sys
from pathlib import Path

from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

told = json.load(sys.stdin)
FacebookSession.GRAPH = told["url"]
api = FacebookAdsApi.init(access_token=told["token"], api_version="v25.0")
page, who, said = Page(told["line"]), {"id": told["to"]}, {}


def send(message, **more):
    params = {"recipient": who, "messaging_type": "RESPONSE", "message": message, **more}
    return page.create_message(params=params)["message_id"]


def refuse(message, **more):
    try:
        send(message, **more)
    except FacebookRequestError as error:
        return [error.api_error_code(), error.api_error_subcode()]


said["text"] = send({"text": "Hola"})
said["quote"] = send({"text": "¿Esto?"}, reply_to={"mid": told["message"]})
quick = [{"content_type": "text", "title": "Sí", "payload": "yes"}]
said["buttons"] = send({"text": "¿Sí?", "quick_replies": quick})
said["link"] = send({"attachment": {"type": "image", "payload": {"url": told["link"]}}})
with (Path(told["files"]) / "a.png").open("rb") as picture:
    form = {"recipient": json.dumps(who), "message": json.dumps({"attachment": {"type": "image", "payload": {}}})}
    answer = api.call("POST", (told["line"], "messages"), params=form, files={"filedata": picture})
    said["image"] = answer.json()["message_id"]
page.create_message(params={"recipient": who, "sender_action": "typing_on"})
said["name"] = page.api_get(fields=["name"])["name"]
said["refused"] = {
    "long": refuse({"text": "x" * 2001}),
    "empty": refuse({"text": ""}),
    "tag": refuse({"text": "a"}, messaging_type="MESSAGE_TAG", tag="ACCOUNT_UPDATE"),
    "link": refuse({"attachment": {"type": "image", "payload": {"url": told["nowhere"]}}}),
    "kind": refuse({"attachment": {"type": "video", "payload": {"url": told["link"]}}}),
}
print(json.dumps(said))
