"""A list that is chosen by boxes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString


class Boxes(forms.CheckboxSelectMultiple):
    """Says that it was on the page: of boxes that are all off a browser sends nothing, as a form without them does."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        boxes = super().render(name, value, attrs, renderer)
        return format_html('<input type="hidden" name="{}" value="">{}', name, boxes)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        return [value for value in super().value_from_datadict(data, files, name) or () if value]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data
