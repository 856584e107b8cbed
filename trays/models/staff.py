"""Agents, the trays in which chats wait, and who has access to which."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trays.models import asking, watching

# Django's own, so that who is signed in stays so with a new version
SESSION_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
MAX_CAPACITY = 200


class AgentManager(UserManager["Agent"]):
    """Makes agents only together with their personal tray."""

    def _create_user(self, username: str, email: str | None, password: str | None, **extra: object) -> "Agent":
        extra.pop("is_staff", None)
        if extra.get("is_superuser"):
            extra.setdefault("role", Agent.Role.SUPERVISOR)
        return hire(username=username, email=email or "", password=password, **extra)


class Agent(AbstractUser):
    """A person who attends chats; a supervisor also creates trays, gives access and oversees."""

    class Role(models.TextChoices):
        AGENT = "agent", _("Agente")
        SUPERVISOR = "supervisor", _("Supervisor")

    # what supervisors may do in the admin; everything else there is the administrator's
    SUPERVISOR_MAY: ClassVar[frozenset[str]] = frozenset(
        f"{app}.{verb}_{model}"
        for app, model, verbs in (
            ("trays", "tray", "view add change"),
            ("trays", "agent", "view add change"),
            ("trays", "membership", "view add change delete"),
            ("trays", "opening", "view add change delete"),
            ("trays", "holiday", "view add change delete"),
            ("origins", "origin", "view add change"),
            ("wittybots", "bot", "view add change delete"),
            ("wittybots", "menuversion", "view add change"),
            ("wittybots", "endpoint", "view add change delete"),
            # a token is revoked, never changed
            ("wittybots", "token", "view add"),
            ("wittybots", "event", "view"),
            ("wittybots", "reception", "view add change delete"),
            ("chats", "template", "view add change delete"),
            # archived, never deleted
            ("contacts", "tag", "view add change"),
            ("contacts", "attributedefinition", "view add change"),
        )
        for verb in verbs.split()
    )

    is_staff = property(lambda self: self.is_active and (self.is_supervisor or self.is_superuser))
    role = models.CharField(_("rol"), max_length=12, choices=Role.choices, default=Role.AGENT)
    is_available = models.BooleanField(_("disponible"), default=True)
    available_since = models.DateTimeField(_("desde"), default=timezone.now)
    # in a few words, of who is away
    away_reason = models.CharField(_("motivo"), max_length=60, blank=True, default="", db_default="")
    # asked for when a chat is taken (chats/locks.py)
    capacity = models.PositiveSmallIntegerField(
        _("chats a la vez"),
        null=True,
        blank=True,
        validators=(MinValueValidator(1), MaxValueValidator(MAX_CAPACITY)),
        help_text=_("El máximo que atiende a la vez. Vacío: sin límite. A un supervisor no le impide tomar uno más."),
    )
    # grows when the agent is deactivated: no session of before is worth anything again, also once they are back
    sessions_ended = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # since when there is something in the audit log that this person is to be told (trays/own_notices.py)
    untold_since = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AgentManager()  # type: ignore[misc]
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("agente")
        verbose_name_plural = _("agentes")
        ordering = ("first_name", "username")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="agent_mail_is_one_persons",
                condition=~Q(email=""),
                violation_error_message=_("Ya hay alguien con ese mail."),
            ),
            models.CheckConstraint(name="agent_role_is_known", condition=Q(role__in=("agent", "supervisor"))),
            models.CheckConstraint(
                name="who_is_available_has_no_reason", condition=Q(away_reason="") | Q(is_available=False)
            ),
            models.CheckConstraint(
                name="agent_capacity_is_some",
                condition=Q(capacity__isnull=True) | Q(capacity__gte=1, capacity__lte=MAX_CAPACITY),
            ),
        )

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def is_supervisor(self) -> bool:
        return self.role == self.Role.SUPERVISOR

    @property
    def short_name(self) -> str:
        """The first name, as customers and lines in the conversation say it."""
        return self.first_name or self.username

    @property
    def needs_two_steps(self) -> bool:
        """Whether a password alone does not let this person in (TWO_STEPS_FOR)."""
        is_above = self.is_supervisor or self.is_superuser
        return settings.TWO_STEPS_FOR == "all" or (settings.TWO_STEPS_FOR == "supervisors" and is_above)

    def get_session_auth_hash(self) -> str:
        """What a session has to carry: it changes with the password, with each deactivation, and as soon as the person
        needs two steps: who came in before that with one comes in anew."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._session_hash, settings.SECRET_KEY_FALLBACKS)

    def _session_hash(self, secret: str | None) -> str:
        signed = f"{self.password}.{self.sessions_ended}" if self.sessions_ended else self.password
        signed += ".two-steps" if self.needs_two_steps else ""
        return salted_hmac(SESSION_SALT, signed, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        if not self.is_active:
            return False
        return self.is_superuser or (self.is_supervisor and perm in self.SUPERVISOR_MAY)

    def has_module_perms(self, app_label: str) -> bool:
        if not self.is_active:
            return False
        return self.is_superuser or (
            self.is_supervisor and any(p.startswith(f"{app_label}.") for p in self.SUPERVISOR_MAY)
        )


class TrayQuerySet(models.QuerySet["Tray"]):
    def open_to(self, agent: Agent) -> Self:
        """The trays whose chats this agent may see and take."""
        if not agent.is_active:
            return self.none()
        may = Q(kind__in=(Tray.Kind.GENERAL, Tray.Kind.CLOSED)) | Q(
            kind=Tray.Kind.CUSTOM, id__in=Membership.objects.filter(agent=agent).values("tray")
        )
        personal = Q(kind=Tray.Kind.PERSONAL)
        return self.filter(may | (personal if agent.is_supervisor else personal & Q(owner=agent)))

    def queue_of(self, agent: Agent) -> Self:
        """The trays from which "take next" gives: General, the given ones and one's own."""
        given = Membership.objects.filter(agent=agent).values("tray")
        return self.in_use().filter(Q(kind=Tray.Kind.GENERAL) | Q(owner=agent) | Q(kind=Tray.Kind.CUSTOM, id__in=given))

    def in_use(self) -> Self:
        return self.filter(archived_at=None)

    def in_order(self) -> Self:
        """General, one's personal, created ones by their order, Cerradas last."""
        rank = models.Case(
            *(models.When(kind=kind, then=models.Value(i)) for i, kind in enumerate(Tray.Kind.values)),
            output_field=models.IntegerField(),
        )
        return self.alias(_rank=rank).order_by("_rank", "position", "name", "id")

    def general(self) -> "Tray":
        return self.get(kind=Tray.Kind.GENERAL)

    def closed(self) -> "Tray":
        return self.get(kind=Tray.Kind.CLOSED)

    def hold(self, *pks: int) -> None:
        """Keep these trays from being archived until the transaction ends.

        Archiving takes FOR NO KEY UPDATE, which this share lock waits for. Always before the
        chat's own lock, so that the two can never wait for each other.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM trays_tray WHERE id = ANY(%s) ORDER BY id FOR SHARE", [list(pks)])


class Tray(watching.Watching, asking.Asking):
    """Where chats wait for an agent (*bandeja*)."""

    class Kind(models.TextChoices):
        GENERAL = "general", _("General")
        PERSONAL = "personal", _("Personal")
        CUSTOM = "custom", _("Creada")
        CLOSED = "closed", _("Conversaciones Cerradas")

    class Icon(models.TextChoices):
        INBOX = "inbox", _("Bandeja")
        STORE = "building-store", _("Tienda")
        CART = "shopping-cart", _("Carrito")
        HEADSET = "headset", _("Auriculares")
        RECEIPT = "receipt", _("Recibo")
        PACKAGE = "package", _("Paquete")
        TRUCK = "truck", _("Camión")
        TOOL = "tool", _("Herramienta")
        CASH = "cash", _("Dinero")
        GIFT = "gift", _("Regalo")
        PHONE = "phone", _("Teléfono")
        TAG = "tag", _("Etiqueta")
        HEART = "heart", _("Corazón")
        HOME = "home", _("Casa")
        STAR = "star", _("Estrella")
        WORLD = "world", _("Mundo")
        MESSAGE = "message-circle", _("Mensaje")
        USERS = "users", _("Personas")
        CALENDAR = "calendar", _("Agenda")
        MAIL = "mail", _("Sobre")
        PLACE = "map-pin", _("Lugar")
        CAR = "car", _("Auto")
        PLANE = "plane", _("Avión")
        SCHOOL = "school", _("Escuela")
        PAW = "paw", _("Huella")
        CUTLERY = "tools-kitchen-2", _("Cubiertos")
        SHIRT = "shirt", _("Ropa")
        MOBILE = "device-mobile", _("Celular")
        HEALTH = "stethoscope", _("Salud")
        ARCHIVE = "archive", _("Archivo")
        USER = "user", _("Persona")

    kind = models.CharField(_("tipo"), max_length=10, choices=Kind.choices, default=Kind.CUSTOM, editable=False)
    name = models.CharField(_("nombre"), max_length=60)
    icon = models.CharField(_("ícono"), max_length=24, choices=Icon.choices, default=Icon.INBOX)
    position = models.PositiveSmallIntegerField(_("orden"), default=100)
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="personal_tray",
        verbose_name=_("dueño"),
    )
    archived_at = models.DateTimeField(_("archivada"), null=True, blank=True, editable=False)
    members: models.ManyToManyField = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="trays", verbose_name=_("con acceso")
    )

    objects = TrayQuerySet.as_manager()

    class Meta:
        verbose_name = _("bandeja")
        verbose_name_plural = _("bandejas")
        ordering = ("position", "name")
        constraints = (
            *watching.CONSTRAINTS,
            *asking.CONSTRAINTS,
            models.UniqueConstraint(name="only_one_general", fields=("kind",), condition=Q(kind="general")),
            models.UniqueConstraint(name="only_one_closed", fields=("kind",), condition=Q(kind="closed")),
            models.CheckConstraint(
                name="personal_has_an_owner_and_only_it",
                condition=Q(kind="personal", owner__isnull=False) | (~Q(kind="personal") & Q(owner__isnull=True)),
            ),
            models.CheckConstraint(
                name="tray_kind_is_known", condition=Q(kind__in=("general", "personal", "custom", "closed"))
            ),
            models.CheckConstraint(
                name="default_trays_are_never_archived",
                condition=Q(archived_at__isnull=True) | Q(kind__in=("custom", "personal")),
            ),
            models.CheckConstraint(name="tray_has_a_name", condition=~Q(name="")),
            models.UniqueConstraint(
                Lower("name"),
                name="tray_name_is_free",
                condition=Q(archived_at__isnull=True) & ~Q(kind="personal"),
                violation_error_message=_("Ya hay una bandeja con ese nombre."),
            ),
        )

    def __str__(self) -> str:
        if self.kind == self.Kind.PERSONAL:
            return _("Personal de %(name)s") % {"name": self.owner}
        return self.name


class Membership(models.Model):
    """The access of one agent to one created tray."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("agente"))
    tray = models.ForeignKey(
        Tray, models.CASCADE, limit_choices_to={"kind": Tray.Kind.CUSTOM}, verbose_name=_("bandeja")
    )

    class Meta:
        verbose_name = _("acceso")
        verbose_name_plural = _("accesos")
        constraints = (models.UniqueConstraint(name="access_is_given_once", fields=("agent", "tray")),)

    def __str__(self) -> str:
        return f"{self.agent} · {self.tray}"


@transaction.atomic
def hire(*, username: str, password: str | None = None, **fields: Any) -> Agent:
    """Create an agent and the personal tray. Raises IntegrityError if the name is taken."""
    agent = Agent(username=Agent.normalize_username(username), **fields)
    agent.password = make_password(password)
    agent.save(force_insert=True)
    give_personal_tray(agent)
    return agent


def give_personal_tray(agent: Agent) -> Tray:
    tray, _made = Tray.objects.get_or_create(
        owner=agent, kind=Tray.Kind.PERSONAL, defaults={"name": gettext("Personal"), "icon": "user"}
    )
    return tray
