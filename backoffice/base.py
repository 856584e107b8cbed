"""The base of all admins here: acts with a confirmation, names that race, and lookups that tell nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget, RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.addresses import LeadsElsewhere
from backoffice.audited import Audited
from backoffice.history import describe_changes, name_who_changed
from backoffice.last_changes import list_changes_of
from backoffice.opened_pages import KeepsOthersChanges, KeepsOthersRows, sign_page
from chats import publish
from chats.errors import Rejected, Rejection
from gateway.status import diversions

# a filter by one of these would read it, letter by letter, out of the number of results
UNREAD = frozenset({"password", "secret", "previous_secret", "access_token", "verify_token", "raw", "digest"})


@dataclass(frozen=True)
class Act:
    """Something that is done to one or many: a button on the page and an action of the list.

    `run` does it and says in words what happened, for the person and for the history; it may raise
    Rejected. `warns` says before what will follow. `fits`: whether it makes sense for this one. `is_above`: it is not
    for supervisors. `concerns`: to whom else it does something, beside an agent that it is for; they are told.
    `is_in_bar`: its button stands at the other end of the bar that saves.
    """

    name: str
    label: Any
    run: Callable[[HttpRequest, Any], str]
    warns: Callable[[Any], str] = lambda thing: ""
    fits: Callable[[Any], bool] = lambda thing: True
    is_above: bool = False
    concerns: Callable[[Any], Iterable[Any]] = lambda thing: ()
    is_in_bar: bool = False

    @property
    def asked(self) -> str:
        """On its button: it asks first."""
        return f"{self.label}…"

    def is_for(self, request: HttpRequest) -> bool:
        return request.user.is_superuser or not self.is_above


class Plain:
    """Fields without the admin's extras: no little buttons that open another page, short boxes for texts."""

    formfield_overrides: ClassVar[Any] = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})}}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class HouseAdmin(Plain, Audited):
    formfield_overrides: ClassVar[Any] = Plain.formfield_overrides
    acts: ClassVar[tuple[Act, ...]] = ()
    change_form_template = "backoffice/change_form.html"
    list_per_page = 50
    # over the list; under the form of a new one
    new_label: Any = ""
    another_label: Any = gettext_lazy("Guardar y crear otro")
    # each would be a count over a table that may be large
    show_facets = admin.ShowFacets.NEVER
    save_on_top = False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return UNREAD.isdisjoint(lookup.split("__")) and super().lookup_allowed(lookup, value, request)

    # --- only what its person changed (opened_pages.py) ---------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Locked where it is about to be written, so that what is compared is what is written over."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not transaction.get_connection().in_atomic_block:
            return found
        list(self.rows_to_lock(found).select_for_update(no_key=True, of=("self",)).order_by("pk"))
        return super().get_object(request, object_id, from_field)

    def rows_to_lock(self, thing: Any) -> QuerySet[Any]:
        return self.model._base_manager.filter(pk=thing.pk)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (KeepsOthersChanges, made), {"who_changed": partial(name_who_changed, obj)})

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        for made, inline in super().get_formsets_with_inlines(request, obj):
            own = {"who_changed": partial(name_who_changed, obj)}
            yield type(made.__name__, (KeepsOthersRows, made), own), inline

    def get_inline_formsets(self, request: HttpRequest, formsets: Any, inline_instances: Any, obj: Any = None) -> Any:
        shown = [one.to_show() for one in formsets]
        return super().get_inline_formsets(request, shown, inline_instances, obj)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        said: Any = super().construct_change_message(request, form, formsets, add)
        for part in said:
            if "name" not in part.get("changed", {"name": ""}):
                part["changed"]["fields"] = describe_changes(form)
                if isinstance(form, LeadsElsewhere) and (led := form.diversion()):
                    part["changed"][diversions.KEY] = led
        return said

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Administrators hear at once of a new address (gateway/status/diversions.py)."""
        for part in message if isinstance(message, list) else ():
            if led := part.get("changed", {}).get(diversions.KEY):
                words = _("%(who)s cambió la dirección de %(what)s: de %(old)s a %(new)s") % {
                    "who": request.user, "what": obj, "old": led["old"] or _("nada"), "new": led["new"] or _("nada"),
                }  # fmt: skip
                publish.administrators_told(_("Otra dirección"), words, self.url("change", obj))
        return super().log_change(request, obj, message)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        for words in form.kept:
            messages.info(request, _("Mientras tenías la página abierta, %(words)s. Quedó así.") % {"words": words})
        return super().save_form(request, form, change)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            # the rest may be another's, or the system's
            written = [field.name for field in obj._meta.concrete_fields if field.name in form.changed_data]
            obj.save(update_fields=written)
        else:
            obj.save()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # somebody took the name since the form looked: now the form itself sees it and says so
            return super().changeform_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        own = {"title": capfirst(self.opts.verbose_name_plural), "new_label": self.new_label}
        return super().changelist_view(request, own | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        thing = kwargs.get("obj")
        if thing is not None and self.has_change_permission(request, thing):
            formsets = [one.formset for one in context["inline_admin_formsets"]]
            context["opened"] = sign_page(context["adminform"].form, formsets)
        if thing is None:
            context |= {"title": self.new_label or context["title"], "another_label": self.another_label}
        elif IS_POPUP_VAR not in request.GET:
            context |= {
                "tools": self.tools(request, thing),
                "in_bar": self.list_acts(request, thing, is_in_bar=True),
                "changes": list_changes_of(thing),
                "now": timezone.now(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def may_act(self, request: HttpRequest, thing: Any = None) -> bool:
        return self.has_change_permission(request, thing)

    def tools(self, request: HttpRequest, thing: Any) -> list[tuple[str, str]]:
        """(address, label) of the buttons at the top of the page."""
        return self.list_acts(request, thing, is_in_bar=False)

    def list_acts(self, request: HttpRequest, thing: Any, *, is_in_bar: bool) -> list[tuple[str, str]]:
        if not self.may_act(request, thing):
            return []
        acts = [act for act in self.acts if act.is_in_bar == is_in_bar and act.is_for(request) and act.fits(thing)]
        return [(self.url(act.name, thing), act.asked) for act in acts]

    def url(self, page: str, *things: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=[thing.pk for thing in things])

    # --- acts ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{act.name}/",
                self.admin_site.admin_view(partial(self.act_page, act=act)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{act.name}",
            )
            for act in self.acts
        ]
        return own + super().get_urls()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if IS_POPUP_VAR not in request.GET and self.may_act(request):
            actions |= {act.name: (_list_action(act), act.name, act.asked) for act in self.acts if act.is_for(request)}
        return actions

    def ticked(self, request: HttpRequest, chosen: QuerySet[Any]) -> list[Any]:
        """Those that an action of the list is for, in the order in which it is done to them."""
        return list(chosen)

    def found(self, request: HttpRequest, object_id: str) -> Any:
        """The one that an address names, for who may change it."""
        thing = self.get_object(request, unquote(object_id))
        if thing is None:
            raise Http404
        if not self.may_act(request, thing):
            raise PermissionDenied
        return thing

    def act_page(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponse:
        """The button: asks first, does it on POST."""
        thing = self.found(request, object_id)
        if not act.is_for(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.ask(request, act, [thing])
        self.do(request, act, [thing])
        return HttpResponseRedirect(self.url("change", thing))

    def ask(self, request: HttpRequest, act: Act, things: Sequence[Any], *, listed: bool = False) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "act": act,
            "things": [(thing, act.warns(thing)) for thing in things],
            "listed": listed,
            "back": self.url("changelist") if listed else self.url("change", *things),
        }
        return TemplateResponse(request, "backoffice/confirm_action.html", context)

    def do(self, request: HttpRequest, act: Act, things: Sequence[Any]) -> None:
        for thing in things:
            try:
                with transaction.atomic():
                    if not (self.may_act(request, thing) and act.fits(thing)):
                        raise Rejected(Rejection.CONFLICT, _("no corresponde"))
                    words = act.run(request, thing)
                    self.log_act(request, thing, str(act.label), words, act.concerns(thing))
            except Rejected as refusal:
                messages.error(request, f"{thing}: {refusal.message}")
            else:
                messages.success(request, f"{thing}: {words}")


def _list_action(act: Act) -> Callable[..., HttpResponse | None]:
    """The act as an action of the list."""

    def run(model_admin: HouseAdmin, request: HttpRequest, chosen: QuerySet[models.Model]) -> HttpResponse | None:
        things = model_admin.ticked(request, chosen)
        if request.POST.get("confirmed") != act.name:
            return model_admin.ask(request, act, things, listed=True)
        if not things:
            messages.error(request, _("No elegiste ninguno."))
            return None
        model_admin.do(request, act, things)
        return None

    return run


def set_apart(names: Sequence[str], parts: Sequence[tuple[str, Sequence[str]]], side: Sequence[str]) -> Any:
    """Fieldsets of those fields that the page has, by (title, names); those of `side` stand at its side."""
    found = [(title, [name for name in names if name in part], part == side) for title, part in parts]
    return [
        (title, {"fields": fields, "classes": ["adm-side"] if is_side else []})
        for title, fields, is_side in found
        if fields
    ]


def shorten_text(text: str, most: int = 80) -> str:
    """For a cell of a list."""
    return text if len(text) <= most else f"{text[:most]}…"


def in_words(label: str, people: Sequence[Any]) -> str:
    """'Acceso dado a Ana Ferreyra, Bruno Paz', '' for nobody."""
    return f"{label} {', '.join(str(one) for one in people)}" if people else ""
