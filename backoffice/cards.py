"""Tags and attributes of contacts: made by supervisors, archived and never deleted. What contacts have is not here."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import Act, HouseAdmin
from backoffice.chips import InUse, archived_word
from chats import publish
from contacts.models import AttributeDefinition, Tag
from contacts.models.card import MAX_CHOICE_CHARS, MAX_CHOICES


def _archive(request: HttpRequest, thing: Any) -> str:
    thing.archived_at = timezone.now()
    thing.save(update_fields=["archived_at"])
    # every open page shows it
    publish.trays_changed()
    return _("archivado; las fichas lo conservan")


def _restore(request: HttpRequest, thing: Any) -> str:
    thing.archived_at = None
    thing.save(update_fields=["archived_at"])
    publish.trays_changed()
    return _("restaurado")


class Archived(HouseAdmin):
    acts: ClassVar = (
        Act("archive", gettext_lazy("Archivar"), _archive, fits=lambda thing: not thing.archived_at, is_in_bar=True),
        Act("restore", gettext_lazy("Restaurar"), _restore, fits=lambda thing: thing.archived_at, is_in_bar=True),
    )
    list_filter = (InUse,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Cards keep what they have."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        publish.trays_changed()


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ("word", "color")

    def clean_word(self) -> str:
        word = " ".join(str(self.cleaned_data["word"]).split())
        if Tag.objects.filter(word__iexact=word).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Ya hay una etiqueta “%(word)s”.") % {"word": word})
        return word


@admin.register(Tag)
class TagAdmin(Archived):
    form = TagForm
    list_display = ("word", "color", archived_word(gettext_lazy("En uso"), gettext_lazy("Archivada")))
    new_label, another_label = gettext_lazy("Nueva etiqueta"), gettext_lazy("Guardar y crear otra")
    search_fields = ("word__folds",)
    ordering = ("word",)


class LinesField(forms.CharField):
    """A list, one to a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        typed = self.prepare_value(value) or ""
        return list(dict.fromkeys(words for line in typed.splitlines() if (words := " ".join(line.split()))))

    def validate(self, value: Any) -> None:
        if len(value) > MAX_CHOICES:
            raise forms.ValidationError(_("Entran %(most)s opciones.") % {"most": MAX_CHOICES})
        if any(len(one) > MAX_CHOICE_CHARS for one in value):
            raise forms.ValidationError(_("Cada opción tiene hasta %(most)s letras.") % {"most": MAX_CHOICE_CHARS})

    def run_validators(self, value: Any) -> None:
        """Those of one text are for none of a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class AttributeForm(forms.ModelForm):
    choices = LinesField(
        label=gettext_lazy("opciones"), required=False, help_text=gettext_lazy("De una lista: una en cada renglón.")
    )

    class Meta:
        model = AttributeDefinition
        fields = ("label", "key", "kind", "choices", "position")
        help_texts: ClassVar = {
            "key": gettext_lazy("Así la llaman los archivos y las respuestas rápidas. No se cambia después."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if "key" in self.fields and not found.get("key"):
            found["key"] = slugify(found.get("label", ""))[:40]
            if not found["key"] or AttributeDefinition.objects.filter(key=found["key"]).exists():
                self.add_error("key", _("Escribí una clave que no esté usada, con letras, números y guiones."))
        kind = found.get("kind", self.instance.kind)
        if kind == AttributeDefinition.Kind.CHOICE:
            if not found.get("choices") and "choices" not in self.errors:
                self.add_error("choices", _("Escribí al menos una opción."))
        else:
            found["choices"] = []
        return found


WORD = archived_word(gettext_lazy("En uso"), gettext_lazy("Archivado"))


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(Archived):
    form = AttributeForm
    list_display = ("label", "key", "kind", "position", "shown_choices", WORD)
    new_label = gettext_lazy("Nuevo atributo")
    search_fields = ("label__folds", "key")
    ordering = ("position", "label")

    @admin.display(description=gettext_lazy("opciones"))
    def shown_choices(self, definition: AttributeDefinition) -> SafeString:
        return format_html("{}", ", ".join(definition.choices)[:80])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What values are written by stays as it was."""
        return ("key", "kind") if obj else ()
