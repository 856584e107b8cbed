"""{% import_map request.csp_nonce "common" "inbox" %}: the ES modules of a page."""

from django import template

from common.import_map import render_import_map

register = template.Library()
register.simple_tag(render_import_map, name="import_map")
