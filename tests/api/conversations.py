"""Conversations of a bot, as tests of the API begin and read them."""

# ASCII: JSON writes anything else as an escape
SECRET = "mi tarjeta es la 4111"


def of(chat, rest=""):
    return f"/conversations/{chat.pk}{rest}"
