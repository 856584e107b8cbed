"""Who is behind cards: whom we do not hear (blocks), and which cards are one person's (joinings) or are not."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.contact import Contact

MAX_REASON_CHARS = 200
# of one person
MAX_CARDS = 10


class Block(models.Model):
    """A contact was blocked: by whom, when and why; and by whom and when that was lifted. Every agent may read it."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="blocks", db_index=False, verbose_name=_("contacto")
    )
    at = models.DateTimeField(_("desde"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("quién"))
    reason = models.CharField(_("motivo"), max_length=MAX_REASON_CHARS)
    # what waited for an answer when it began, and does so again when it ends
    unread = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(_("hasta"), null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("quién lo levantó")
    )

    class Meta:
        verbose_name = _("bloqueo")
        verbose_name_plural = _("bloqueos")
        constraints = (
            models.UniqueConstraint(
                name="one_block_stands_of_a_contact", fields=("contact",), condition=Q(lifted_at__isnull=True)
            ),
            models.CheckConstraint(
                name="a_block_is_lifted_by_somebody",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_at__gte=F("at"), lifted_by__isnull=False),
            ),
            models.CheckConstraint(name="a_block_has_a_reason", condition=~Q(reason="")),
        )
        indexes = (models.Index("contact", F("id").desc(), name="blocks_of_a_contact"),)


class Person(models.Model):
    """Somebody who has several cards."""

    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")


class Joining(models.Model):
    """A card is a person's: by whom it was joined to the others, and when. `number`: among its cards, bounds them."""

    contact = models.OneToOneField(Contact, models.CASCADE, related_name="joining", verbose_name=_("contacto"))
    person = models.ForeignKey(Person, models.CASCADE, related_name="joinings", db_index=False)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(_("desde"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("quién"))

    class Meta:
        verbose_name = _("tarjeta unida")
        verbose_name_plural = _("tarjetas unidas")
        constraints = (
            models.UniqueConstraint(name="a_number_is_one_card_of_a_person", fields=("person", "number")),
            models.CheckConstraint(name="a_person_has_few_cards", condition=Q(number__gte=1, number__lte=MAX_CARDS)),
        )


class Distinction(models.Model):
    """That two cards are not of the same person: an agent said so, or separated them. `one` is the older card."""

    one = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False, verbose_name=_("contacto"))
    other = models.ForeignKey(Contact, models.CASCADE, related_name="+", verbose_name=_("el otro contacto"))
    at = models.DateTimeField(_("desde"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("quién"))

    class Meta:
        verbose_name = _("tarjetas distintas")
        verbose_name_plural = _("tarjetas distintas")
        constraints = (
            models.UniqueConstraint(name="two_cards_are_told_apart_once", fields=("one", "other")),
            models.CheckConstraint(name="the_older_card_stands_first", condition=Q(one__lt=F("other"))),
        )
