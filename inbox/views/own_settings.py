"""Mis ajustes: what an agent sets for itself. Each part of the page is a form that saves alone."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from chats import publish
from chats.errors import Rejected, Rejection
from inbox.account.zones import is_zone, list_zones, show_zone
from inbox.addresses import asking_page
from inbox.models import AgentSettings, PushKey
from inbox.models.settings import HeldAs
from inbox.notices import pushing
from inbox.notices.kinds import Sound, Way, read_chosen
from inbox.pages import begin_agent_page
from live.pages import render_page
from trays.requests import AgentRequest

# the cookie of static/common/theme.js; without it the system decides
THEMES = ("light", "dark")
THEME_SECONDS = 365 * 24 * 3600


class NoticesForm(forms.ModelForm):
    """What one is told of, how it sounds, and when not."""

    class Meta:
        model = AgentSettings
        fields = ("sound", "volume", "is_quiet", "quiet_from", "quiet_until", "shows_text")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        try:
            self.instance.notices = read_chosen(self.data.getlist("on"))  # type: ignore[attr-defined]
        except ValueError:
            self.add_error(None, _("Hay un aviso que no existe. Recargá la página"))
        return found


class KeysForm(forms.ModelForm):
    class Meta:
        model = AgentSettings
        fields = ("has_single_keys",)


class RowsForm(forms.ModelForm):
    class Meta:
        model = AgentSettings
        fields = ("is_compact",)


class HeldForm(forms.ModelForm):
    class Meta:
        model = AgentSettings
        fields = ("held_as",)


class FoldForm(forms.ModelForm):
    class Meta:
        model = AgentSettings
        fields = ("is_held_folded",)


class ZoneForm(forms.ModelForm):
    class Meta:
        model = AgentSettings
        fields = ("time_zone",)

    def clean_time_zone(self) -> str:
        chosen: str = self.cleaned_data["time_zone"]
        if chosen and not is_zone(chosen):
            raise forms.ValidationError(_("no existe. Recargá la página"))
        return chosen


class SpeedForm(forms.ModelForm):
    class Meta:
        model = AgentSettings
        fields = ("sound_speed",)


FORMS: dict[str, type[forms.ModelForm]] = {
    "notices": NoticesForm, "keys": KeysForm, "rows": RowsForm, "held": HeldForm, "fold": FoldForm, "zone": ZoneForm,
    "speed": SpeedForm,
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def show_settings(request: AgentRequest) -> HttpResponse:
    """GET: the page. POST saves the part that it names (`part`); HTMX gets no answer but that it is done."""
    if request.method == "POST":
        return _save_part(request)
    context = begin_agent_page(request)
    now = timezone.now()
    context |= {
        "ways": list(Way),
        "sounds": Sound,
        "push_key": PushKey.current().public,
        "held_choices": HeldAs.choices,
        "zones": list_zones(now),
        "usual_zone": show_zone(settings.TIME_ZONE, now),
    }
    return render_page(request, "inbox/settings.html", context)


def _save_part(request: AgentRequest) -> HttpResponse:
    part = request.POST.get("part", "")
    # folding the list of held chats is asked for where it stands
    page = asking_page(request) if part == "fold" else ""
    response = HttpResponse(status=204) if request.htmx else redirect(page or "settings")
    if part == "theme":
        _choose_theme(request, response)
        return response
    if part not in FORMS:
        raise Rejected(Rejection.INVALID, _("Ese ajuste no existe. Recargá la página"))
    own = AgentSettings.of(request.user)
    form = FORMS[part](request.POST, instance=own)
    if not form.is_valid():
        raise Rejected(Rejection.INVALID, _first_error(form))
    own.changed_at = timezone.now()
    # the other part may be saved at this instant
    changed = [*form.fields, *(["notices"] if part == "notices" else []), "changed_at"]
    values = {name: getattr(own, name) for name in changed}
    AgentSettings.objects.update_or_create(agent=request.user, defaults=values)
    if part == "notices":
        pushing.note_all_told(request.user.pk)
    publish.settings_changed(request.user, own.for_script())
    return trigger_client_event(response, "own-settings", own.for_script()) if request.htmx else response


def _first_error(form: Any) -> str:
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    return f"{label}: {errors[0]}" if label else str(errors[0])


def _choose_theme(request: HttpRequest, response: HttpResponse) -> None:
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=THEME_SECONDS, samesite="Lax", secure=request.is_secure())
    elif theme == "system":
        response.delete_cookie("theme", samesite="Lax")
    else:
        raise Rejected(Rejection.INVALID, _("Ese tema no existe. Recargá la página"))
