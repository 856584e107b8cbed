"""The invented shop's saved views: Ana's own, and one that the supervisor shares with all."""

from collections.abc import Mapping

from inbox.saved_views import save_view
from trays.models import Agent, Tray


def save_views(agents: Mapping[str, Agent], trays: Mapping[str, Tray]) -> None:
    ana, sofia = agents["ana"], agents["sofia"]
    save_view(ana, trays["Ventas"], "Vencen pronto", "?vencen=1", is_shared=False)
    save_view(ana, trays["Ventas"], "Ventas sin responder", "?sin=1&orden=respuesta", is_shared=False)
    save_view(sofia, Tray.objects.general(), "Los que más esperan respuesta", "?orden=respuesta", is_shared=True)
