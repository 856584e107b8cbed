"""Cards that may be of the same person: the same address on another line, the same e-mail or phone among the
attributes, or the end of the phone with nearly the same name. What agents joined or told apart is not among them.

Of cards alone, which every agent sees: nothing here reads a chat.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, F, FloatField, Func, OuterRef, Q, Value
from django.db.models.functions import Greatest, Least, Lower
from django.utils.translation import gettext as _

from common.phones import canonical_form
from contacts.models import AttributeValue, Contact, Distinction, Joining
from contacts.models.card import MAX_VALUE_CHARS

MAX_LIKELY = 5
# that each kind of evidence is asked for
MAX_FOUND = 30
# of a person, wherever they write to; the ids of other networks are of one line, or of nobody
SHARED_KINDS = ["wa_id", "phone", "bsuid", "telegram"]
PHONE_KINDS = ("wa_id", "phone")
MAX_PHONES = 4
# by which phones are looked for, and of how many a number is one
END_DIGITS, MIN_DIGITS, MAX_DIGITS = 7, 8, 15
# of names, by trigrams
NEAR = 0.4
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s().\-/]+", re.ASCII)

_SAME_ADDRESS = """
SELECT theirs.contact_id FROM contacts_address mine
CROSS JOIN origins_origin line
JOIN contacts_address theirs ON theirs.origin_id = line.id AND theirs.kind = mine.kind AND theirs.value = mine.value
WHERE mine.contact_id = %s AND mine.kind = ANY(%s) AND mine.revoked_at IS NULL AND theirs.revoked_at IS NULL
  AND theirs.contact_id <> mine.contact_id
LIMIT %s
"""


@dataclass(frozen=True)
class Likely:
    """A card, and why it may be the same person's, in words."""

    contact: Contact
    why: str


def find_likely(contact: Contact) -> list[Likely]:
    """The few that are most likely, with their lines. Seven statements at most, each by an index and bounded."""
    values = list(AttributeValue.objects.filter(contact=contact).values_list("value", flat=True)[:100])
    addresses = contact.addresses.filter(revoked_at=None, kind__in=PHONE_KINDS).values_list("value", flat=True)
    phones = _read_phones([*addresses[:MAX_FOUND], contact.shown_address, *values])
    # the strongest evidence last: it is what is said
    reasons: dict[int, str] = {}
    if phones:
        reasons |= _find_by_phone(contact, phones)
    reasons |= dict.fromkeys(_find_by_values(contact, values, phones), _("Tiene el mismo dato en su ficha"))
    reasons |= dict.fromkeys(_find_by_addresses(contact), _("La misma dirección en otra línea"))
    found = _without_known(contact, reasons)
    return [Likely(one, reasons[one.pk]) for one in found]


def _read_phones(texts: Iterable[str]) -> list[str]:
    """Those that are phones, as digits in their canonical form."""
    found = []
    for text in texts:
        digits = re.sub(r"\D", "", text, flags=re.ASCII)
        if _PHONE.fullmatch(text) and MIN_DIGITS <= len(digits) <= MAX_DIGITS:
            found.append(canonical_form(digits))
    return list(dict.fromkeys(found))[:MAX_PHONES]


def _find_by_addresses(contact: Contact) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_SAME_ADDRESS, [contact.pk, SHARED_KINDS, MAX_FOUND])
        return [pk for (pk,) in cursor.fetchall()]


def _find_by_values(contact: Contact, values: Iterable[str], phones: Iterable[str]) -> list[int]:
    """Who has the same e-mail or phone among its attributes."""
    telling = {value.lower() for value in values if _EMAIL.fullmatch(value) or _read_phones([value])}
    telling |= {form for phone in phones for form in (phone, f"+{phone}")}
    if not telling:
        return []
    same = AttributeValue.objects.alias(low=Lower("value")).filter(low__in=[one[:MAX_VALUE_CHARS] for one in telling])
    return list(same.exclude(contact=contact).values_list("contact", flat=True)[:MAX_FOUND])


def _find_by_phone(contact: Contact, phones: list[str]) -> dict[int, str]:
    """Whose address is the same phone; or ends as it, under nearly the same name."""
    ends = Q(*(Q(searched__folds=phone[-END_DIGITS:]) for phone in phones), _connector=Q.OR)
    near = Func(_folded(F("name")), _folded(Value(contact.name)), function="similarity", output_field=FloatField())
    found = Contact.objects.filter(ends).exclude(pk=contact.pk).annotate(near=near)
    reasons = {}
    for pk, address, nearness in found.values_list("pk", "shown_address", "near")[:MAX_FOUND]:
        theirs = _read_phones([address])
        if theirs and theirs[0] in phones:
            reasons[pk] = _("El mismo teléfono")
        elif theirs and nearness >= NEAR and any(theirs[0].endswith(phone[-END_DIGITS:]) for phone in phones):
            reasons[pk] = _("Casi el mismo nombre y el mismo final de teléfono")
    return reasons


def _folded(what: F | Value) -> Func:
    return Func(what, function="fold_text")


def _without_known(contact: Contact, reasons: dict[int, str]) -> list[Contact]:
    """Those of whom nobody has said whether they are the same person, last active first."""
    if not reasons:
        return []
    pair = {"one": Least(OuterRef("pk"), contact.pk), "other": Greatest(OuterRef("pk"), contact.pk)}
    person = Joining.objects.filter(contact=contact).values("person")
    joined = Joining.objects.filter(contact=OuterRef("pk"), person__in=person)
    found = Contact.objects.known().filter(pk__in=reasons).exclude(state="").select_related("origin")
    unknown = found.exclude(Exists(Distinction.objects.filter(**pair))).exclude(Exists(joined))
    return list(unknown.order_by("-active_at", "-id")[:MAX_LIKELY])
