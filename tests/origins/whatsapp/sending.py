"""Addresses and messages of a WhatsApp line that sends."""

from origins.facts import Outgoing, TemplateCall

TO = (("wa_id", "5491155550101"), ("bsuid", "AR.4455001"))


def out(kind="text", text="", **more):
    return Outgoing(**{"uuid": "u-1", "to": TO, "kind": kind, "text": text, **more})


def template(variables, components=(), shape="positional", **more):
    call = TemplateCall("promo", "es_AR", variables, shape, components, is_local=False)
    return out("template", template=call, **more)
