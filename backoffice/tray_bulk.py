"""What is given to several trays at once from their list: access to people, and a week's hours. It is asked before,
done to each in a transaction of its own with the tray held, and noted as a change by hand is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.audited import ChangeMessage
from backoffice.base import HouseAdmin, in_words
from backoffice.choosers import AgentsField, say_people, with_people
from backoffice.history import Change
from backoffice.hours import MAX_STRETCHES, OpeningForm, OpeningFormSet
from chats import access, jobs, publish
from chats.errors import Rejected, Rejection
from common.parsing import parse_id
from trays.models import Opening, Tray

Kind = Tray.Kind
Stretch = tuple[int, time, time]


class AccessForm(forms.Form):
    agents = AgentsField(label=gettext_lazy("A quién"))

    def clean_agents(self) -> Any:
        if not self.cleaned_data["agents"]:
            raise ValidationError(_("Elegí al menos una persona."))
        return self.cleaned_data["agents"].order_by("pk")


class WeekOfMany(OpeningFormSet):
    """A week that is nobody's yet. One without hours is refused: it would open all of them for ever, unnoticed."""

    forms: list[Any]
    needs_hours = True

    def clean(self) -> None:
        super().clean()
        if not any(form.errors for form in self.forms) and not self.list_stretches():
            raise ValidationError(_("Cargá al menos un tramo."))

    def list_stretches(self) -> list[Stretch]:
        said = [form.cleaned_data for form in self.forms if form.has_changed() and not form.is_emptied()]
        return [(one["weekday"], one["opens"], one["closes"]) for one in said]


_Week = forms.inlineformset_factory(
    Tray, Opening, form=OpeningForm, formset=WeekOfMany, max_num=MAX_STRETCHES, validate_max=True, can_delete=False
)


@dataclass(frozen=True)
class BulkAct:
    """`make` the form to fill in from what was posted, or an empty one; `refuses`: in words why not for this tray, ''
    where it may; `warns`: of each what stands now; `run` says what was done, and notes it."""

    name: str
    label: Any
    make: Callable[[Any], Any]
    refuses: Callable[[Tray], str]
    warns: Callable[[Sequence[Any]], Mapping[int, str]]
    run: Callable[[HouseAdmin, HttpRequest, Tray, Any], str]
    template_name: str

    @property
    def asked(self) -> str:
        return f"{self.label}…"


def _refuse_access(tray: Tray) -> str:
    if tray.kind == Kind.PERSONAL:
        return _("es personal: la ve su agente")
    if tray.kind != Kind.CUSTOM:
        return _("la ve todo el equipo")
    return _say_archived(tray)


def _refuse_hours(tray: Tray) -> str:
    if tray.kind == Kind.PERSONAL:
        return _("es personal: no lleva horario")
    if tray.kind == Kind.CLOSED:
        return _("ahí nadie espera: no lleva horario")
    return _say_archived(tray)


def _say_archived(tray: Tray) -> str:
    return _("está archivada: restaurala antes") if tray.archived_at else ""


def _say_who_sees(trays: Sequence[Any]) -> dict[int, str]:
    return {tray.pk: say_people(tray.people) for tray in trays}


def _say_week(trays: Sequence[Any]) -> dict[int, str]:
    with_hours = set(Opening.objects.filter(tray__in=trays).values_list("tray", flat=True))
    return {
        tray.pk: _("el horario que tiene se reemplaza") if tray.pk in with_hours else _("hoy siempre abierta")
        for tray in trays
    }


def _give(model_admin: HouseAdmin, request: HttpRequest, tray: Tray, form: AccessForm) -> str:
    given = access.give_access(tray, form.cleaned_data["agents"])
    if not given:
        return _("ya la veían")
    words = in_words(_("Acceso dado a"), given)
    model_admin.log_access(request, tray, words, [(tray, agent) for agent in given], ())
    return words


def _put_hours(model_admin: HouseAdmin, request: HttpRequest, tray: Tray, week: WeekOfMany) -> str:
    wanted, gone = set(week.list_stretches()), list[Opening]()
    for one in tray.openings.all():
        stretch = (one.weekday, one.opens, one.closes)
        if stretch in wanted:
            wanted.remove(stretch)
        else:
            gone.append(one)
    if not (wanted or gone):
        return _("ya tenía ese horario")
    Opening.objects.filter(pk__in=[one.pk for one in gone]).delete()
    made = [Opening(tray=tray, weekday=day, opens=opens, closes=closes) for day, opens, closes in sorted(wanted)]
    Opening.objects.bulk_create(made)
    kind = str(Opening._meta.verbose_name)
    said = ChangeMessage(
        {what: {"name": kind, "object": str(one)}}
        for what, those in (("added", made), ("deleted", gone))
        for one in those
    )
    said.changes = [*(Change(kind, "", str(one)) for one in made), *(Change(kind, str(one), "") for one in gone)]
    model_admin.log_change(request, tray, said)
    return _("quedó con ese horario")


BULK_ACTS = (
    BulkAct(
        "give_access", gettext_lazy("Dar acceso"), AccessForm, _refuse_access, _say_who_sees, _give,
        "backoffice/give_access.html",
    ),
    BulkAct(
        "put_hours", gettext_lazy("Poner horario"), lambda data: _Week(data, instance=Tray()), _refuse_hours, _say_week,
        _put_hours, "backoffice/put_hours.html",
    ),
)  # fmt: skip


def tell_changed(tray: Tray) -> None:
    """Whoever has it on the screen asks again, and one that assigns looks whether it can."""
    publish.trays_changed()
    if tray.assigns:
        jobs.assign_chats(tray.pk)


class ActsOnMany(HouseAdmin):
    bulk_acts: ClassVar[tuple[BulkAct, ...]] = BULK_ACTS

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if IS_POPUP_VAR in request.GET or not self.may_act(request):
            return actions
        return {act.name: (_list_action(act), act.name, act.asked) for act in self.bulk_acts} | actions

    def ticked(self, request: HttpRequest, chosen: Any) -> list[Any]:
        """Once it was asked, those that were named: one that the list's filter shows no more is answered too."""
        if "confirmed" in request.POST:
            named = [pk for one in request.POST.getlist(ACTION_CHECKBOX_NAME) if (pk := parse_id(one)) is not None]
            chosen = with_people(Tray.objects.filter(pk__in=named).in_order())
        return list(chosen)

    def ask_bulk(self, request: HttpRequest, act: BulkAct, trays: Sequence[Any], form: Any) -> HttpResponse:
        stands = act.warns(trays)
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "act": act,
            "things": [(tray, act.refuses(tray) or stands[tray.pk]) for tray in trays],
            "listed": True,
            "form": form,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, act.template_name, context)

    def do_bulk(self, request: HttpRequest, act: BulkAct, trays: Sequence[Tray], form: Any) -> None:
        for one in trays:
            try:
                with transaction.atomic():
                    # as the form of one tray holds it
                    tray = Tray.objects.select_for_update(no_key=True, of=("self",)).get(pk=one.pk)
                    if not self.may_act(request, tray):
                        raise PermissionDenied
                    if why := act.refuses(tray):
                        raise Rejected(Rejection.CONFLICT, why)
                    words = act.run(self, request, tray, form)
                    tell_changed(tray)
            except Rejected as refusal:
                messages.error(request, f"{one}: {refusal.message}")
            else:
                messages.success(request, f"{one}: {words}")


def _list_action(act: BulkAct) -> Callable[..., HttpResponse | None]:
    def run(model_admin: ActsOnMany, request: HttpRequest, chosen: Any) -> HttpResponse | None:
        trays = model_admin.ticked(request, chosen)
        if request.POST.get("confirmed") != act.name:
            return model_admin.ask_bulk(request, act, trays, act.make(None))
        form = act.make(request.POST)
        if not form.is_valid():
            return model_admin.ask_bulk(request, act, trays, form)
        model_admin.do_bulk(request, act, trays, form)
        return None

    return run
