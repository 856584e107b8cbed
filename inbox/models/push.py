"""The browsers that an agent is told in while no page is open, and the key that we tell them with."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import web_push
from common.sealing import SealedField, Unreadable

MAX_ENDPOINT_CHARS = 1000


class PushKey(models.Model):
    """The key of this installation as a sender of pushes: one row, made when it is first needed."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    private = SealedField(_("clave privada"))
    # while a worker tells with it, when that claim runs out
    told_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("clave de push")
        verbose_name_plural = _("claves de push")
        constraints = (models.CheckConstraint(name="one_push_key", condition=models.Q(id=1)),)

    def __str__(self) -> str:
        return self.public

    @classmethod
    def current(cls) -> "PushKey":
        """Made anew where it was sealed with another SECRET_KEY: browsers that knew the old one have to agree again."""
        key, _made = cls.objects.get_or_create(pk=cls.ONLY, defaults={"private": web_push.make_private_key()})
        if isinstance(key.private, Unreadable):
            key.private = web_push.make_private_key()
            key.save(update_fields=("private",))
            PushSubscription.objects.all().delete()
        return key

    @property
    def public(self) -> str:
        return web_push.encode_bytes(web_push.public_bytes(web_push.read_private_key(self.private)))


class PushSubscription(models.Model):
    """A browser of an agent; it lasts as long as the login in which it was made."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("agente"))
    endpoint = models.CharField(_("dirección"), max_length=MAX_ENDPOINT_CHARS, unique=True)
    point = models.CharField(_("clave pública"), max_length=100)
    secret = SealedField(_("secreto"))
    session_key = models.CharField(max_length=40)
    made_at = models.DateTimeField(_("desde"), default=timezone.now)
    # kind → marks of what the agent has been told of, here or on a page (inbox/notices/news.py)
    told = models.JSONField(default=dict)
    # when something is to be sent, and while a worker sends, when its claim runs out; None: nothing is
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("navegador con push")
        verbose_name_plural = _("navegadores con push")
        indexes = (
            models.Index("due_at", name="pushes_by_time", condition=models.Q(due_at__isnull=False)),
            models.Index("session_key", name="pushes_of_a_login"),
        )

    def __str__(self) -> str:
        return f"{self.agent} · {self.made_at:%Y-%m-%d}"
