"""Addresses of a list as it would be with one thing about it changed, its search kept."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django import template

from inbox.row_filters import RowFilters

register = template.Library()


def _address(filters: RowFilters, q: str) -> str:
    words = f"q={quote(q)}" if q else ""
    return f"{filters.query}&{words}" if filters.query and words else filters.query or f"?{words}"


@register.simple_tag
def list_turn(filters: RowFilters, name: str, q: str = "") -> str:
    """With this filter on where it is off, and the other way round."""
    turned: dict[str, Any] = {name: not getattr(filters, name)}
    return _address(replace(filters, **turned), q)


@register.simple_tag
def list_line(filters: RowFilters, line: int | None, q: str = "") -> str:
    """Of this line alone; None: of all."""
    return _address(replace(filters, line=line), q)


@register.simple_tag
def list_tag(filters: RowFilters, tag: int | None, q: str = "") -> str:
    """With this tag alone; None: with any and none."""
    return _address(replace(filters, tag=tag), q)


@register.simple_tag
def list_order(filters: RowFilters, order: str, q: str = "") -> str:
    return _address(replace(filters, order=order), q)


@register.simple_tag
def list_without(filters: RowFilters, q: str = "") -> str:
    """All of it, in the same order."""
    usual: dict[str, Any] = {"unanswered": False, "ends_soon": False, "line": None, "tag": None, "mentions_me": False}
    return _address(replace(filters, **usual), q)


@register.simple_tag
def list_after(filters: RowFilters, after: str, q: str = "") -> str:
    """Its next page."""
    address = _address(filters, q)
    return f"{address}{'' if address == '?' else '&'}after={quote(after)}"
