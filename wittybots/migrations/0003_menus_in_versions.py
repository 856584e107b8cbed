"""Each menu becomes the first published version of its bot; one that nobody has changed goes on offering the trays."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import migrations
from django.utils import timezone

from wittybots.menu import intents, limits

GREETING = "¡Hola! Soy el asistente. ¿En qué te ayudo?"
MISFIT = "No te entendí. Elegí una de estas opciones:"
FAREWELL = "Te paso con una persona del equipo."
TO_TRAY = "Te paso con %s. Contame qué necesitás así ganamos tiempo."
TO_GENERAL = "Te paso con una persona del equipo. Contame qué necesitás así ganamos tiempo."


def tree_of(bot: Any, options: Sequence[Any], trays: Sequence[Any], general: int | None) -> dict[str, Any] | None:
    """The tree of a bot of before, such as can be published; None where the trays that exist say the same.

    `options` and `trays` (created ones, in use) in their order; `general`: the id of General.
    """
    fallback = bot.fallback_tray_id if bot.fallback_tray_id in {tray.pk for tray in trays} else None
    greeting, misfit = _text(bot.greeting) or GREETING, _text(bot.misfit) or MISFIT
    if not options and (greeting, misfit, fallback) == (GREETING, MISFIT, None):
        return None
    usable = {*(tray.pk for tray in trays), general}
    nodes = _of_options(options, usable, general) if options else _of_trays(trays, general)
    return {
        "greeting": greeting,
        "misfit": misfit,
        "farewell": _text(bot.farewell) or FAREWELL,
        "fallback_tray": fallback,
        "options": _told_apart(nodes),
    }


def _of_options(options: Iterable[Any], usable: Collection[int | None], general: int | None) -> list[dict[str, Any]]:
    # to a tray that was archived meanwhile it went to General
    return [
        _node(
            str(option.pk),
            option.label,
            option.reply,
            option.tray_id if option.tray_id is None or option.tray_id in usable else general,
            option.keywords.split(","),
        )
        for option in options
    ]


def _of_trays(trays: Sequence[Any], general: int | None) -> list[dict[str, Any]]:
    """What the bot without options offered: the trays, General last."""
    most = limits.MAX_OPTIONS - 1
    nodes = [_node(f"tray-{tray.pk}", tray.name, TO_TRAY % tray.name, tray.pk) for tray in trays[:most]]
    return nodes + ([] if general is None else [_node(f"tray-{general}", "Otra consulta", TO_GENERAL, general)])


def _node(id: str, label: str, reply: str, tray: int | None, keywords: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "id": id,
        "label": label,
        "keywords": [word.strip() for word in keywords if word.strip()],
        "reply": _text(reply),
        "questions": [],
        "tray": tray,
        "options": [],
    }


def _text(text: str, most: int = limits.MAX_TEXT_CHARS) -> str:
    return text.strip()[:most].strip()


def _told_apart(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as a menu takes, with labels and keywords by which one can be told from another."""
    nodes = nodes[: limits.MAX_OPTIONS]
    owner: dict[str, int] = {}
    for place, node in enumerate(nodes, 1):
        node["label"] = _label(node["label"], place, owner)
        owner[intents.fold_words(node["label"])] = place
    for place, node in enumerate(nodes, 1):
        node["keywords"] = _keywords(node["keywords"], place, owner)
    return nodes


def _label(given: str, place: int, owner: dict[str, int]) -> str:
    """Its own, or with its number where another has it or the bot means something else by it."""
    label = _text(given, limits.MAX_LABEL_CHARS)
    number = place
    while (
        not label
        or intents.fold_words(label) in (owner.keys() - {""})
        or intents.way_command(intents.fold_words(label))
    ):
        label = _text(f"{number}. {given.strip() or 'Opción'}", limits.MAX_LABEL_CHARS)
        number += 1
    return label


def _keywords(given: Iterable[str], place: int, owner: dict[str, int]) -> list[str]:
    """Those that fit, whole words of one that is too long, and none that another option has or the bot itself."""
    most = limits.MAX_KEYWORD_CHARS
    kept = []
    for word in given:
        short = word if len(word) <= most else (word[: most + 1].rsplit(" ", 1)[0][:most]).strip()
        folded = intents.fold_words(short)
        if intents.way_command(folded) or (folded and owner.setdefault(folded, place) != place):
            continue
        kept.append(short)
    return kept[: limits.MAX_KEYWORDS]


def to_versions(apps: Any, schema_editor: Any) -> None:
    Bot = apps.get_model("wittybots", "Bot")
    MenuVersion = apps.get_model("wittybots", "MenuVersion")
    in_use = apps.get_model("trays", "Tray").objects.filter(archived_at=None)
    trays = list(in_use.filter(kind="custom").order_by("position", "name"))
    general = in_use.filter(kind="general").values_list("pk", flat=True).first()
    # those that have versions were here before
    for bot in Bot.objects.filter(versions=None):
        tree = tree_of(bot, list(bot.options.order_by("position", "id")), trays, general)
        if tree is None:
            continue
        now = timezone.now()
        MenuVersion.objects.create(bot=bot, number=1, state="published", tree=tree, saved_at=now, published_at=now)


class Migration(migrations.Migration):
    dependencies = [("wittybots", "0002_outside"), ("trays", "0002_default_trays")]

    operations = [migrations.RunPython(to_versions, migrations.RunPython.noop)]
