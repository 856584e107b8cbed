"""What a browser is called by people, of how it names itself."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

# the first that is found: most of them claim to be others as well
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
PHONES = ("iPhone", "iPad", "Android")


@dataclass(frozen=True)
class Device:
    name: str
    is_phone: bool


def read_device(named: str) -> Device:
    """Chrome, Windows; nothing of what is not known."""
    browser = next((name for sign, name in BROWSERS if sign in named), "")
    system = next((name for sign, name in SYSTEMS if sign in named), "")
    return Device(", ".join(filter(None, (browser, system))) or _("Otro programa"), system in PHONES)
