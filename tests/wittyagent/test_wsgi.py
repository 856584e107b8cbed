"""The handler of what machines call: its own short list of middleware, put together as Django does its own."""

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from wittyagent.wsgi import MachineHandler


def parts(handler):
    """What a handler was put together to: every attribute, hooks and layers by the class that they are of."""
    found = {}
    for name, value in vars(handler).items():
        if isinstance(value, list):
            found[name] = [hook.__self__.__class__ for hook in value]
    layers, layer = [], handler._middleware_chain
    while layer is not None:
        layer = getattr(layer, "__wrapped__", layer)
        layers.append(layer.__class__)
        layer = getattr(layer, "get_response", None)
    return found | {"layers": layers}


def test_it_is_put_together_as_django_would(settings):
    ours = MachineHandler()
    settings.MIDDLEWARE = settings.EDGE_MIDDLEWARE
    theirs = WSGIHandler()
    assert vars(ours).keys() == vars(theirs).keys()
    assert parts(ours) == parts(theirs)
    assert len(parts(ours)["layers"]) == len(settings.EDGE_MIDDLEWARE) + 1


def test_the_settings_stay_as_they_are():
    before = list(settings.MIDDLEWARE)
    MachineHandler()
    assert before == settings.MIDDLEWARE


def test_a_hook_that_it_would_not_call_is_an_error(settings):
    settings.EDGE_MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
    with pytest.raises(TypeError, match="CsrfViewMiddleware"):
        MachineHandler()
