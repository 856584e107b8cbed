"""Acts on the endpoint of a bot or an integration: its secret, switching it on and off."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.base import Act
from backoffice.bot_forms import NEEDS, endpoint_of
from chats.errors import Rejected, Rejection
from gateway.endpoints.circuit_breaker import end_waiting
from wittybots.models import Bot, Endpoint, Event
from wittybots.signing import new_secret

SECRETS_TO_SHOW = "endpoint_secrets_to_show"


def on_endpoint(run: Callable[[HttpRequest, Endpoint], str]) -> Callable[[HttpRequest, Any], str]:
    """An act of a bot or an integration that is one of its endpoint, as the database has it, locked."""

    def act(request: HttpRequest, thing: Bot | Endpoint) -> str:
        endpoint = endpoint_of(thing)
        found = (
            Endpoint.objects.select_for_update().filter(pk=endpoint.pk, removed_at=None).first() if endpoint else None
        )
        if found is None:
            raise Rejected(Rejection.CONFLICT, _("no corresponde"))
        return run(request, found)

    return act


def of_endpoint(test: Callable[[Endpoint], bool]) -> Callable[[Any], bool]:
    def fits(thing: Bot | Endpoint) -> bool:
        endpoint = endpoint_of(thing)
        return endpoint is not None and test(endpoint)

    return fits


def is_signed(endpoint: Endpoint) -> bool:
    return endpoint.bot is None or NEEDS[endpoint.bot.kind].signs


def change_secret(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoint.previous_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.save(update_fields=("secret", "previous_secret"))
    show_secret_once(request, endpoint)
    return _("secreto cambiado; el anterior también firma hasta que lo olvides")


def show_secret_once(request: HttpRequest, endpoint: Endpoint) -> None:
    request.session[SECRETS_TO_SHOW] = [*request.session.get(SECRETS_TO_SHOW, []), endpoint.pk]


def forget_secret(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoint.previous_secret = ""
    endpoint.save(update_fields=("previous_secret",))
    return _("el secreto anterior ya no firma")


def switch_on(request: HttpRequest, endpoint: Endpoint) -> str:
    # what came in at the very moment of switching it off
    end_waiting(endpoint.pk, Event.State.DROPPED, _("Estaba desactivado"))
    endpoint.is_active, endpoint.switched_off_at, endpoint.failing_since, endpoint.trouble = True, None, None, ""
    endpoint.save(update_fields=("is_active", "switched_off_at", "failing_since", "trouble"))
    return _("encendido de nuevo")


def switch_off(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoint.is_active = False
    endpoint.save(update_fields=("is_active",))
    end_waiting(endpoint.pk, Event.State.DROPPED, _("El webhook se desactivó"))
    return _("desactivado")


CHANGE_SECRET = Act(
    "secret",
    gettext_lazy("Cambiar el secreto"),
    on_endpoint(change_secret),
    lambda thing: _("el de ahora sigue firmando, junto al nuevo, hasta que lo olvides"),
    of_endpoint(is_signed),
)


FORGET_SECRET = Act(
    "forget",
    gettext_lazy("Olvidar el anterior"),
    on_endpoint(forget_secret),
    lambda thing: _("quien todavía verifica con el secreto anterior rechaza lo que le llegue"),
    of_endpoint(lambda endpoint: bool(endpoint.previous_secret)),
)


SWITCH_ON = Act(
    "on",
    gettext_lazy("Encender de nuevo"),
    on_endpoint(switch_on),
    lambda thing: _("se le vuelve a avisar desde ahora; lo que pasó mientras estuvo apagado no se le cuenta"),
    of_endpoint(lambda endpoint: not endpoint.is_active),
)
