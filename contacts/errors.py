"""Refusals of what is written on a card, in words for whoever asked; edges choose the status (inbox/cards.py)."""


class CardRefused(Exception):
    """It makes no sense, or is past a limit. `message` is Spanish, for the agent."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CardConflict(CardRefused):
    """Somebody else has changed it meanwhile. `standing`: what it is now, as it is kept; `tried`: what was wanted."""

    def __init__(self, message: str, *, standing: str, tried: str) -> None:
        super().__init__(message)
        self.standing, self.tried = standing, tried
