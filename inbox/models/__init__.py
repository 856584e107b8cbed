"""What belongs to an agent's desk."""

from inbox.models.settings import AgentSettings

__all__ = ["AgentSettings"]
