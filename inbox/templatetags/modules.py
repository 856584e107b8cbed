"""What the scripts of a page need: {% import_map request.csp_nonce "common" "inbox" %}, its modules; {% closings %}."""

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString

from common.import_map import render_import_map
from live.closings import CLOSINGS

register = template.Library()
register.simple_tag(render_import_map, name="import_map")


@register.simple_tag
def closings() -> SafeString:
    """The codes that a socket may end with, and what the page does then."""
    return json_script(CLOSINGS, "closings")
