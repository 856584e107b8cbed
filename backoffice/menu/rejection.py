"""The rejection of what came from the menu's editor."""

from wittybots.menu.tree import Problem


class DraftRejected(Exception):
    """What came cannot be taken: in words, with the HTTP status and where it is wrong."""

    def __init__(self, words: str, status: int, problems: list[Problem] | None = None) -> None:
        super().__init__(words)
        self.words, self.status, self.problems = words, status, problems or []
