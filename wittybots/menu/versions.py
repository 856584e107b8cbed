"""Versions of a menu: the draft that is being edited, what is published, and going back to an earlier one."""

import copy
import json
import math
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from trays.models import Agent, Tray
from wittybots.menu import tree as trees
from wittybots.menu.tree import Menu, Problem
from wittybots.models import Bot, MenuVersion

State = MenuVersion.State
# of a tree: a menu has MAX_LEVELS, each of which is a list and an object
_MAX_DEPTH = 40


class Faulty(Exception):
    """This tree cannot be published. `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.words}" for problem in problems))
        self.problems = problems


# --- reading -------------------------------------------------------------------------------------


def published_version(bot: Bot) -> MenuVersion | None:
    return bot.versions.filter(state=State.PUBLISHED).first()


def menu_of(bot: Bot) -> Menu:
    """What the bot offers: the published version, else the trays that exist."""
    found = bot.versions.filter(state=State.PUBLISHED).values_list("pk", "tree").first()
    return cached_menu(*found) if found else unpublished_menu(bot)


def unpublished_menu(bot: Bot) -> Menu:
    """What a bot offers before anything is published: the trays that exist."""
    return trees.read(default_tree(bot))


def cached_menu(version_id: int, tree: Any) -> Menu:
    """The menu of a published version, which never changes: read once a process. `tree`: the JSON or its text."""
    kept = _menu_slot(version_id)
    if not kept:
        kept.append(trees.read(json.loads(tree) if isinstance(tree, str) else tree))
    return kept[0]


def known_menu(version_id: int) -> Menu | None:
    """The menu of a published version that this process has read before."""
    return next(iter(_menu_slot(version_id)), None)


@lru_cache(maxsize=256)
def _menu_slot(_version_id: int) -> list[Menu]:
    """Where the menu of this version is put at its first reading."""
    return []


def draft_of(bot: Bot) -> dict[str, Any]:
    """What the editor begins with: the draft, else what is published, else a fresh tree of the trays that exist."""
    found = bot.versions.filter(state=State.DRAFT).first() or published_version(bot)
    tree = found.tree if found else default_tree(bot)
    return copy.deepcopy(tree) if isinstance(tree, dict) else default_tree(bot)


def default_tree(bot: Bot | None = None) -> dict[str, Any]:
    """A menu of the trays that exist, General last."""
    trays = list(Tray.objects.in_use().filter(kind=Tray.Kind.CUSTOM).order_by("position", "name"))
    options = [
        trees.option(
            f"tray-{tray.pk}", tray.name[: trees.MAX_LABEL_CHARS], tray.pk,
            reply=_("Te paso con %(tray)s. Contame qué necesitás así ganamos tiempo.") % {"tray": tray.name},
        )
        for tray in trays[: trees.MAX_OPTIONS - 1]
    ]  # fmt: skip
    general = Tray.objects.general().pk
    others = _("Te paso con una persona del equipo. Contame qué necesitás así ganamos tiempo.")
    tree = trees.new([*options, trees.option(f"tray-{general}", _("Otra consulta"), general, reply=others)])
    return tree | ({"farewell": str(bot.farewell)} if bot and bot.farewell else {})


def tray_ids() -> set[int]:
    """The trays to which a menu can hand over."""
    usable = Tray.objects.in_use().filter(kind__in=(Tray.Kind.GENERAL, Tray.Kind.CUSTOM))
    return set(usable.values_list("pk", flat=True))


def trays_named() -> dict[int, list[str]]:
    """The trays that published menus name, each with the names of those bots: what to know before archiving one."""
    named: dict[int, list[str]] = {}
    published_ones = MenuVersion.objects.filter(state=State.PUBLISHED).select_related("bot").order_by("bot__name", "pk")
    for version in published_ones:
        for tray_id in trees.trays_of(cached_menu(version.pk, version.tree)):
            named.setdefault(tray_id, []).append(version.bot.name)
    return named


# --- writing -------------------------------------------------------------------------------------


@transaction.atomic
def save_draft(bot: Bot, tree: dict[str, Any], agent: Agent | None) -> MenuVersion:
    """Keep the tree as the bot's draft, as it is: a draft may have faults. Two at once: the later one stays."""
    _lock_bot(bot)
    draft = bot.versions.filter(state=State.DRAFT).first() or MenuVersion(bot=bot, number=_next_number(bot))
    draft.tree, draft.saved_at, draft.saved_by = _storable_json(tree), timezone.now(), agent
    draft.save()
    return draft


@transaction.atomic
def publish_draft(bot: Bot, agent: Agent | None) -> MenuVersion:
    """The draft is what customers get from now on. Raises Faulty. Without a draft what is published stays."""
    _lock_bot(bot)
    draft = bot.versions.filter(state=State.DRAFT).first()
    if draft is None:
        return published_version(bot) or _publish_version(
            MenuVersion(bot=bot, number=_next_number(bot), tree=default_tree(bot)), agent
        )
    return _publish_version(draft, agent)


@transaction.atomic
def go_back(version: MenuVersion, agent: Agent | None) -> MenuVersion:
    """Publish an earlier version's tree, as a version of its own; the draft stays. Raises Faulty."""
    _lock_bot(version.bot)
    return _publish_version(
        MenuVersion(bot=version.bot, number=_next_number(version.bot), tree=copy.deepcopy(version.tree)), agent
    )


def _publish_version(version: MenuVersion, agent: Agent | None) -> MenuVersion:
    problems = trees.check(version.tree, tray_ids())
    if problems:
        raise Faulty(problems)
    now = timezone.now()
    # first: only one of a bot's versions is published at any time
    version.bot.versions.filter(state=State.PUBLISHED).update(state=State.RETIRED)
    version.state, version.published_at = State.PUBLISHED, now
    version.saved_at, version.saved_by = now, agent
    version.save()
    return version


def _lock_bot(bot: Bot) -> None:
    """One at a time on a bot's versions; who only names the bot does not wait."""
    Bot.objects.select_for_update(no_key=True).get(pk=bot.pk)


def _next_number(bot: Bot) -> int:
    return (bot.versions.aggregate(last=Max("number"))["last"] or 0) + 1


def _storable_json(value: Any, level: int = 0) -> Any:
    """The JSON as PostgreSQL can keep it: without NUL, lone surrogates, NaN, and not without end."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return None
    if isinstance(value, (dict, list)) and level >= _MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {_storable_json(str(key)): _storable_json(one, level + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable_json(one, level + 1) for one in value]
    return value
