"""The page of a menu's editor, besides the tree: trays, versions, what it stands on, plain rows."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.menu.rejection import DraftRejected
from trays.models import Tray
from wittybots.menu import tree, versions
from wittybots.models import Bot, MenuVersion

MAX_VERSIONS = 50
State = MenuVersion.State

LIMITS = {
    "label": tree.MAX_LABEL_CHARS,
    "reply": tree.MAX_TEXT_CHARS,
    "greeting": tree.MAX_TEXT_CHARS,
    "misfit": tree.MAX_TEXT_CHARS,
    "farewell": tree.MAX_TEXT_CHARS,
    "attribute": tree.MAX_ATTRIBUTE_CHARS,
    "text": tree.MAX_TEXT_CHARS,
    "questions": tree.MAX_QUESTIONS,
    "depth": tree.MAX_LEVELS,
    "nodes": tree.MAX_OPTIONS,
}


def question_kinds() -> list[tuple[str, str]]:
    return [("text", _("un texto")), ("number", _("un número")), ("email", _("un email")), ("phone", _("un teléfono"))]


def trays_for(menu: dict[str, Any]) -> list[dict[str, Any]]:
    """{id, name, gone} of each tray that may be chosen, and of those that the menu names although they are gone."""
    usable = Tray.objects.filter(pk__in=versions.tray_ids()).in_order()
    found = {tray.pk: {"id": tray.pk, "name": str(tray), "gone": False} for tray in usable}
    named = tree.trays_of(tree.read(menu)) - found.keys()
    for tray in Tray.objects.filter(pk__in=named).select_related("owner"):
        found[tray.pk] = {"id": tray.pk, "name": str(tray), "gone": True}
    return list(found.values())


def basis_of(bot: Bot) -> str:
    """What a page is built on: it changes with each draft that is saved and each version that is published."""
    current = bot.versions.filter(state__in=(State.DRAFT, State.PUBLISHED)).order_by("number")
    return " ".join(f"{one.state}-{one.number}-{one.saved_at.timestamp()}" for one in current)


def stand_of(bot: Bot) -> dict[str, str]:
    """`basis`, and in words what the editor holds (`standing`)."""
    draft = bot.versions.filter(state=State.DRAFT).select_related("saved_by").first()
    words = ""
    if draft is not None:
        saved = {
            "n": draft.number,
            "at": f"{timezone.localtime(draft.saved_at):%d/%m %H:%M}",
            "who": draft.saved_by or "–",
        }
        words = _("Borrador (versión %(n)s), guardado el %(at)s por %(who)s") % saved
    elif version := versions.published_version(bot):
        words = _("Lo publicado (versión %(n)s), sin borrador") % {"n": version.number}
    return {"basis": basis_of(bot), "standing": words}


def check_basis(bot: Bot, basis: Any) -> None:
    """Raises Unfit (409) if somebody else has saved or published since the page was loaded. The bot is locked."""
    if basis == basis_of(bot):
        return
    last = bot.versions.select_related("saved_by").order_by("-saved_at", "-number").first()
    if last is None:
        raise DraftRejected(_("El menú cambió desde que abriste esta página. No se guardó nada."), 409)
    what = {"who": last.saved_by or _("Alguien"), "n": last.number, "at": f"{timezone.localtime(last.saved_at):%H:%M}"}
    if last.state == State.DRAFT:
        words = _("%(who)s guardó el borrador (versión %(n)s) a las %(at)s, después de que abriste esta página.")
    else:
        words = _("%(who)s publicó la versión %(n)s a las %(at)s, después de que abriste esta página.")
    raise DraftRejected(
        words % what + " " + _("No se guardó lo tuyo: copiá lo que quieras conservar y cargá lo último."), 409
    )


def list_versions(bot: Bot) -> dict[str, Any]:
    found = list(bot.versions.defer("tree").select_related("saved_by").order_by("-number")[:MAX_VERSIONS])
    return {"versions": found, "older": max(0, bot.versions.count() - MAX_VERSIONS)}


def plain_tree(menu: dict[str, Any]) -> dict[str, Any]:
    """The tree for a page without scripts."""
    names = {tray["id"]: tray["name"] for tray in trays_for(menu)}
    read = tree.read(menu)

    def branch(nodes: Iterable[tree.Node]) -> list[dict[str, Any]]:
        return [{"label": n.label, "what": _node_in_words(n, names), "options": branch(n.options)} for n in nodes]

    return {"greeting": read.greeting, "options": branch(read.options)}


def _node_in_words(node: tree.Node, names: dict[int, str]) -> str:
    said = [_("pregunta «%(name)s»") % {"name": question.attribute} for question in node.questions]
    if node.options:
        said.append(_("submenú de %(n)s") % {"n": len(node.options)})
    if node.tray_id:
        said.append("→ " + names.get(node.tray_id, _("una bandeja que no existe")))
    return " · ".join(said or [_("responde")])
