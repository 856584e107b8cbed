"""A contact's card: tags, attributes and notes, and the history of what agents changed in it.

It belongs to the contact, which every active agent sees (contacts/place.py). Written by contacts/card.py, and steps of
who is behind the card by contacts/joining.py and chats/messages/blocks.py.
"""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.contact import Contact

MAX_WORD_CHARS, MAX_VALUE_CHARS, MAX_NOTE_CHARS = 40, 300, 2_000
MAX_CHOICES, MAX_CHOICE_CHARS = 50, 80


class TagQuerySet(models.QuerySet["Tag"]):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)

    def in_order(self) -> Self:
        return self.order_by(Lower("word"), "id")


class Tag(models.Model):
    """A word with a colour, made by supervisors and given by agents. Archived, never deleted: cards keep it."""

    class Color(models.TextChoices):
        """Each a hue that is told from the others in both themes (static/common/base.css)."""

        BLUE = "a1", _("celeste")
        GREEN = "a2", _("verde")
        ORANGE = "a3", _("naranja")
        PURPLE = "a4", _("violeta")
        YELLOW = "a5", _("amarillo")
        PINK = "a6", _("rosa")

    word = models.CharField(_("palabra"), max_length=MAX_WORD_CHARS)
    color = models.CharField(_("color"), max_length=2, choices=Color.choices, default=Color.BLUE)
    archived_at = models.DateTimeField(_("archivada"), null=True, blank=True, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("etiqueta")
        verbose_name_plural = _("etiquetas")
        constraints = (
            models.UniqueConstraint(Lower("word"), name="tag_word_is_free"),
            models.CheckConstraint(name="tag_has_a_word", condition=~Q(word="")),
            models.CheckConstraint(
                name="tag_color_is_known", condition=Q(color__in=["a1", "a2", "a3", "a4", "a5", "a6"])
            ),
        )

    def __str__(self) -> str:
        return self.word


class ContactTag(models.Model):
    """That a contact has a tag: who gave it, and when."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="given_tags", db_index=False, verbose_name=_("contacto")
    )
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="given", db_index=False, verbose_name=_("etiqueta"))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("quién")
    )
    given_at = models.DateTimeField(_("cuándo"), default=timezone.now)

    class Meta:
        verbose_name = _("etiqueta de un contacto")
        verbose_name_plural = _("etiquetas de contactos")
        constraints = (models.UniqueConstraint(name="a_contact_has_a_tag_once", fields=("contact", "tag")),)
        indexes = (models.Index("tag", "contact", name="contacts_with_a_tag"),)

    def __str__(self) -> str:
        return str(self.tag)


class PastTag(models.Model):
    """That a contact had a tag until then. Without a person once it is erased: what reports count by tag stays."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False, verbose_name=_("contacto"))
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="+", db_index=False, verbose_name=_("etiqueta"))
    given_at = models.DateTimeField(_("desde"))
    taken_at = models.DateTimeField(_("hasta"))

    class Meta:
        verbose_name = _("etiqueta que un contacto tuvo")
        verbose_name_plural = _("etiquetas que tuvieron los contactos")
        constraints = (
            models.CheckConstraint(name="a_past_tag_ends_after_it_begins", condition=Q(taken_at__gte=F("given_at"))),
        )
        indexes = (models.Index("contact", name="past_tags_of_a_contact"),)

    def __str__(self) -> str:
        return str(self.tag)


class AttributeDefinitionQuerySet(models.QuerySet["AttributeDefinition"]):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)

    def in_order(self) -> Self:
        return self.order_by("position", Lower("label"), "id")


class AttributeDefinition(models.Model):
    """Something that supervisors want known of contacts, and of what type it is."""

    class Kind(models.TextChoices):
        TEXT = "text", _("texto")
        NUMBER = "number", _("número")
        DATE = "date", _("fecha")
        YES_NO = "yes_no", _("sí o no")
        CHOICE = "choice", _("lista")

    # what files, programs and quick replies call it; never changed
    key = models.SlugField(_("clave"), max_length=40, unique=True)
    label = models.CharField(_("nombre"), max_length=60)
    kind = models.CharField(_("tipo"), max_length=8, choices=Kind.choices, default=Kind.TEXT)
    choices = ArrayField(
        models.CharField(max_length=MAX_CHOICE_CHARS),
        default=list,
        blank=True,
        size=MAX_CHOICES,
        verbose_name=_("opciones"),
    )
    position = models.PositiveSmallIntegerField(_("orden"), default=0)
    archived_at = models.DateTimeField(_("archivado"), null=True, blank=True, editable=False)

    objects = AttributeDefinitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("atributo")
        verbose_name_plural = _("atributos")
        constraints = (
            models.CheckConstraint(name="attribute_has_a_name", condition=~Q(label="") & ~Q(key="")),
            models.CheckConstraint(
                name="attribute_kind_is_known", condition=Q(kind__in=["text", "number", "date", "yes_no", "choice"])
            ),
            models.CheckConstraint(name="only_lists_have_choices", condition=Q(kind="choice") ^ Q(choices=[])),
        )

    def __str__(self) -> str:
        return self.label


class AttributeValue(models.Model):
    """What is known of one contact. `value` as contacts/values.py writes it: "12.5", "2026-11-27", "yes"."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="attribute_values", db_index=False, verbose_name=_("contacto")
    )
    definition = models.ForeignKey(AttributeDefinition, models.PROTECT, related_name="+", verbose_name=_("atributo"))
    value = models.CharField(_("valor"), max_length=MAX_VALUE_CHARS)

    class Meta:
        verbose_name = _("atributo de un contacto")
        verbose_name_plural = _("atributos de contactos")
        constraints = (
            models.UniqueConstraint(name="a_contact_has_one_value_each", fields=("contact", "definition")),
            models.CheckConstraint(name="attribute_value_says_something", condition=~Q(value="")),
        )
        # who has the same e-mail or phone (contacts/likely.py)
        indexes = (models.Index(Lower("value"), name="contacts_with_a_value"),)

    def __str__(self) -> str:
        return self.value


class ContactNote(models.Model):
    """A note about a contact; it stays when the chat is closed. What customers wrote is not quoted in it."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="notes", db_index=False, verbose_name=_("contacto")
    )
    text = models.TextField(_("texto"), max_length=MAX_NOTE_CHARS)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    # compare and set: who saves says which one was read
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("nota del contacto")
        verbose_name_plural = _("notas de contactos")
        constraints = (models.CheckConstraint(name="contact_note_says_something", condition=~Q(text="")),)
        indexes = (models.Index("contact", F("id").desc(), name="notes_of_a_contact"),)

    def __str__(self) -> str:
        return self.text[:60]


class CardChange(models.Model):
    """One step of a card's history: who changed what, from and to. Gone only with the card (contacts/erasing.py)."""

    class Field(models.TextChoices):
        NAME = "name", _("Nombre")
        TAG = "tag", _("Etiqueta")
        ATTRIBUTE = "attribute", _("Atributo")
        NOTE = "note", _("Nota")
        BLOCK = "block", _("Bloqueo")
        CARD = "card", _("Otra tarjeta")
        VISITOR = "visitor", _("Chat web")
        OPT_OUT = "opt_out", _("Difusiones")

    # what such a step is called where it begins and where it ends
    STEPS = {
        Field.BLOCK: (_("Contacto bloqueado"), _("Contacto desbloqueado")),
        Field.CARD: (_("Tarjeta unida"), _("Tarjeta separada")),
        Field.VISITOR: (_("Se le cerró el chat web"), _("Se le cerró el chat web")),
        Field.OPT_OUT: (_("No quiere difusiones"), _("Vuelve a recibir difusiones")),
    }

    contact = models.ForeignKey(
        Contact, models.PROTECT, related_name="card_changes", db_index=False, verbose_name=_("contacto")
    )
    at = models.DateTimeField(_("cuándo"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("quién")
    )
    field = models.CharField(_("qué"), max_length=12)
    # which attribute; blank elsewhere
    definition = models.ForeignKey(
        AttributeDefinition, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("atributo")
    )
    before = models.TextField(_("antes"), blank=True, default="", db_default="")
    after = models.TextField(_("después"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("cambio de una ficha")
        verbose_name_plural = _("cambios de fichas")
        constraints = (
            models.CheckConstraint(name="card_change_says_what", condition=~Q(field="")),
            models.CheckConstraint(name="card_change_changes", condition=~Q(before=F("after"))),
        )
        indexes = (
            models.Index("contact", F("id").desc(), name="card_changes_of_a_contact"),
            # which histories name another card
            models.Index("at", name="card_steps_by_time", condition=Q(field="card")),
        )

    def __str__(self) -> str:
        return f"{self.field}: {self.before} → {self.after}"

    @property
    def what(self) -> str:
        """In words: which field of the card, or which step."""
        if self.is_step:
            begun, ended = self.STEPS[self.Field(self.field)]
            return str(begun if self.after else ended)
        return str(self.definition or self.Field(self.field).label)

    @property
    def is_step(self) -> bool:
        """Whether it is no new value: `after`, or where it ended `before`, says why or with whom."""
        return self.field in self.STEPS
