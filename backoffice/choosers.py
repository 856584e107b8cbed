"""What is chosen by looking: icons as pictures, people and trays by a switch each."""

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from backoffice.boxes import Boxes
from backoffice.presence_log import describe_presence
from trays.models import Agent, TrayQuerySet
from trays.presence import presence_of


class OwnTemplate:
    """Drawn by the product's templates: those of forms know Django's only."""

    own_template: str

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        return render_to_string(self.own_template, context)


class Icons(OwnTemplate, forms.RadioSelect):
    own_template = "backoffice/_icons.html"
    # a group of radio buttons has no one field that a label could be of
    use_fieldset = True


class Switches(OwnTemplate, Boxes):
    """A list with a search, a switch each. Without script all of them show and the search does not. Options have an
    `agent` or an `icon`, a `title` and what is said below it, `sub`."""

    own_template = "backoffice/_switches.html"
    find: Any
    of: Any
    none: Any

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return context | {"find": self.find, "of": self.of, "none": self.none}


class People(Switches):
    find, of, none = gettext_lazy("Buscar persona"), gettext_lazy("Personas"), gettext_lazy("Nadie se llama así.")

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        agent = value.instance
        sub = f"{agent.username} · {agent.get_role_display()} · {describe_presence(agent)}"
        return option | {"agent": agent, "title": str(agent), "sub": sub}


class AgentsField(forms.ModelMultipleChoiceField):
    """Active agents, by name and user name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", People)
        people = Agent.objects.filter(is_active=True).annotate(how=presence_of())
        super().__init__(people, required=False, **kwargs)

    def label_from_instance(self, agent: Agent) -> str:
        return f"{agent} ({agent.username})"


class Trays(Switches):
    """Their queryset says of each how many `people` see it (`with_people`)."""

    find, of, none = gettext_lazy("Buscar bandeja"), gettext_lazy("Bandejas"), gettext_lazy("Ninguna se llama así.")

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        tray = value.instance
        return option | {"icon": tray.icon, "title": tray.name, "sub": say_people(tray.people)}


def with_people(trays: TrayQuerySet) -> TrayQuerySet:
    """`people`: how many active agents have access to each."""
    return trays.annotate(people=Count("membership", filter=Q(membership__agent__is_active=True)))


def say_people(number: int) -> str:
    return ngettext("%(n)s persona", "%(n)s personas", number) % {"n": number}
