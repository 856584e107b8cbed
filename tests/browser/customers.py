"""A customer with the web chat open in a browser."""

import re

from playwright.sync_api import expect

from chats.messages import replies
from chats.models import Chat, Message
from tests import people


class Customer:
    """A browser on a page that holds the web chat."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        page.goto(url)
        self.launcher = page.get_by_role("button", name=re.compile("el chat"))
        self.panel = page.frame_locator("witty-chat iframe")
        self.log = self.panel.get_by_role("log", name="Mensajes")
        self.text = self.panel.get_by_label("Mensaje", exact=True)

    def opens(self):
        self.launcher.click()
        expect(self.text).to_be_visible()
        return self

    def says(self, text):
        self.text.fill(text)
        self.text.press("Enter")
        expect(self.log.locator(".is-me").filter(has_text=text).last).to_be_visible()

    def bubble(self, text):
        return self.log.locator(".w-msg").filter(has_text=text)

    def sends_file(self, name, mime, data, text=""):
        # until its script is there nobody hears that a file was chosen
        self.panel.locator("form:not([inert])").wait_for()
        self.panel.locator("input[type=file]").set_input_files({"name": name, "mimeType": mime, "buffer": data})
        self.text.fill(text)
        self.panel.get_by_role("button", name="Enviar").click()

    @property
    def said(self):
        """The texts in the log, in order, without their times."""
        return self.log.locator(".w-text").all_inner_texts()

    @property
    def chat(self):
        return people.fresh(Chat.objects.get())


def answers(belen, ana, text, **more):
    return replies.send_reply(belen.chat.pk, ana, text, **more)


def status_of(message):
    return Message.objects.get(pk=message.pk).status


def stored(direction="in"):
    return list(Message.objects.filter(direction=direction).order_by("pk").values_list("text", flat=True))
