"""The menu bot: a pure function from menu, memory and message to an answer. No database, no clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from wittybots.menu import answers, intents
from wittybots.menu.intents import BACK, HOME, PERSON, fold_words
from wittybots.menu.memory import MISFITS, Step, memory_of, read_count, recall_step, way_before, way_with
from wittybots.menu.option_matching import find_labelled, find_path, pick_option
from wittybots.menu.placeholders import fill_placeholders
from wittybots.menu.tree import Menu, Node, Question

__all__ = ("Answer", "Choice", "Known", "Menu", "Node", "Question", "answer_message", "fold_words", "pick_option")

# how much of a message is looked at
MAX_READ_CHARS = 2_000


@dataclass(frozen=True)
class Choice:
    """A button under what the bot says: a node's id or "volver", and its label."""

    id: str
    label: str


@dataclass(frozen=True)
class Known:
    """What the bot may know besides. `opens(tray id; None: General)`: '' while that tray is open, else when it opens
    ("mañana a las 9:00"); `tray_name`: of the same, '' for none. `minute`: of the epoch; 0 counts nothing.
    """

    name: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    opens: Callable[[int | None], str] = lambda _tray_id: ""
    tray_name: Callable[[int | None], str] = lambda _tray_id: ""
    minute: int = 0
    most_per_minute: int = 30


@dataclass(frozen=True)
class Answer:
    """What the bot says (the offer stands under the last text), what it keeps in mind, whether it hands over (to tray
    None: General), the whole way gone so far, and what it was told, to be kept as attributes. `chosen`: the message
    said nothing but which option it means. `how`, `node`: as Step's, of a turn that leads somewhere."""

    texts: tuple[str, ...]
    memory: dict[str, Any]
    offer: tuple[Choice, ...] = ()
    hand_over: bool = False
    tray_id: int | None = None
    path: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    chosen: bool = False
    how: str = ""
    node: str = ""


def answer_message(menu: Menu, memory: Any, text: str, payload: str = "", known: Known | None = None) -> Answer:
    """One turn. A fresh memory greets; two messages in a row that fit nothing hand over."""
    known = known or Known()
    here = recall_step(menu, memory)
    step = Step(texts=(menu.greeting,), how="greeted") if here is None else _take_step(menu, here, text, payload)
    texts = _fill_texts(step, known)
    said = len(texts)
    if known.minute and isinstance(memory, dict) and memory.get("minute") == known.minute:
        said += read_count(memory.get("said"))
    if known.minute and said > known.most_per_minute and not step.hand_over:
        step = _to_people(menu, step, "pace")
        texts = _fill_texts(step, known)
    path = tuple(label for label, _level in step.way)
    chosen = here is not None and _only_chooses(menu, here, text, payload)
    if step.hand_over:
        return Answer(texts, {}, (), True, step.tray_id, path, step.attributes, chosen, step.how, step.node)
    pace = {"minute": known.minute, "said": said} if known.minute else {}
    offer = _offer_choices(menu, step)
    memory = memory_of(step) | pace
    return Answer(texts, memory, offer, False, None, path, step.attributes, chosen, step.how, step.node)


def _only_chooses(menu: Menu, here: Step, text: str, payload: str) -> bool:
    """Whether a message is a button, the number or the name of an option, or "volver": no words of its own."""
    said = fold_words(text[:MAX_READ_CHARS])
    if find_path(menu.options, payload) or payload in (BACK, HOME, PERSON) or intents.way_command(said):
        return True
    options = here.options(menu) if here.asking is None else ()
    number = intents.number_of(said)
    return find_labelled(options, said) is not None or (number is not None and 1 <= number <= len(options))


def _fill_texts(step: Step, known: Known) -> tuple[str, ...]:
    """The texts, filled; whoever is handed over outside hours is told when somebody will read it."""
    attributes = {**known.attributes, **step.attributes}
    texts = tuple(filled for text in step.texts if (filled := fill_placeholders(text, known.name, attributes)).strip())
    if not step.hand_over:
        return texts or (_ask_to_choose(),)
    when = known.opens(step.tray_id)
    if not when:
        return texts
    name = known.tray_name(step.tray_id)
    if name:
        line = _("%(tray)s abre %(when)s. Tu mensaje queda ahí y te responden en ese horario.")
    else:
        line = _("Abrimos %(when)s. Tu mensaje queda guardado y te respondemos en ese horario.")
    return (*texts, line % {"tray": name, "when": when})


# --- the steps -----------------------------------------------------------------------------------


def _take_step(menu: Menu, here: Step, text: str, payload: str) -> Step:
    """What a message leads to. A button goes where it goes, also one of an earlier message."""
    tapped = find_path(menu.options, payload) if payload else ()
    if tapped:
        return _follow_button(menu, here, tapped)
    said = fold_words(text[:MAX_READ_CHARS])
    wanted = payload if payload in (BACK, HOME, PERSON) else intents.way_command(said)
    options = here.options(menu)
    # an option that is called just so comes first
    if wanted and (payload == wanted or here.asking is not None or not find_labelled(options, said)):
        return _follow_command(menu, here, wanted)
    if here.asking is not None:
        return _take_answer(menu, here, here.asking, said, text)
    if here.trail and intents.number_of(said) == len(options) + 1 and not find_labelled(options, said):
        return _follow_command(menu, here, BACK)
    node = pick_option(options, said)
    if intents.asks_for_a_person(said) and not (node and (node.tray_id or find_labelled(options, said))):
        return _follow_command(menu, here, PERSON)
    if node is not None:
        return _enter_node(menu, here.trail, here.way, node)
    return _follow_command(menu, here, PERSON) if intents.names_a_person(said) else _answer_misfit(menu, here)


def _follow_button(menu: Menu, here: Step, found: tuple[Node, ...]) -> Step:
    *above, node = found
    trail = tuple(above)
    if trail == here.trail and here.asking is None:
        return _enter_node(menu, trail, here.way, node)
    return _enter_node(menu, trail, tuple((one.label, level) for level, one in enumerate(trail)), node)


def _follow_command(menu: Menu, here: Step, wanted: str) -> Step:
    """What is understood at any point: BACK one level up, HOME to the main menu, PERSON."""
    if wanted == PERSON:
        way = way_with(here.way, _("Hablar con una persona"), len(here.trail))
        return _to_people(menu, replace(here, way=way), "person")
    if wanted == HOME:
        return Step(texts=(menu.greeting,), how="back")
    trail = here.trail[:-1]
    way, node = way_before(here.way, len(here.trail)), trail[-1].id if trail else ""
    return Step(trail, way=way, texts=(_prompt_of(menu, trail),), how="back", node=node)


def _enter_node(menu: Menu, trail: tuple[Node, ...], way: tuple[tuple[str, int], ...], node: Node) -> Step:
    texts = (node.reply,) if node.reply else ()
    step = Step((*trail, node), way=way_with(way, node.label, len(trail)), texts=texts, how="option", node=node.id)
    if node.questions:
        return replace(step, asking=0, texts=(*step.texts, node.questions[0].text))
    return _arrive_at_end(menu, step)


def _arrive_at_end(menu: Menu, step: Step, *, asked: bool = False) -> Step:
    """All is said and asked at the node at the end of the trail: to a tray, to its options, or back to its menu."""
    node, above = step.trail[-1], step.trail[:-1]
    if node.tray_id is not None:
        texts = (menu.farewell,) if asked else step.texts
        return replace(step, texts=texts, hand_over=True, tray_id=node.tray_id)
    if node.options:
        return replace(step, texts=step.texts or (_ask_to_choose(),))
    usual = _("Gracias, quedó anotado.") if asked else _prompt_of(menu, above)
    return replace(step, trail=above, texts=step.texts or (usual,))


def _take_answer(menu: Menu, here: Step, asking: int, said: str, text: str) -> Step:
    """A question waits: its answer, somebody asked for, or nothing that it takes."""
    node, question = here.trail[-1], here.trail[-1].questions[asking]
    value = answers.read_answer(question.kind, text)
    if intents.asks_for_a_person(said) or (value is None and intents.names_a_person(said)):
        return _follow_command(menu, here, PERSON)
    if value is None:
        return _answer_misfit(menu, here, f"{answers.hint_for(question.kind)}\n{question.text}")
    step = Step(here.trail, way=here.way, attributes={question.attribute: value})
    if asking + 1 < len(node.questions):
        return replace(step, asking=asking + 1, texts=(node.questions[asking + 1].text,))
    return _arrive_at_end(menu, step, asked=True)


def _answer_misfit(menu: Menu, here: Step, words_for_it: str = "") -> Step:
    if here.misfits + 1 >= MISFITS:
        return _to_people(menu, here, "misfit")
    return replace(here, misfits=here.misfits + 1, texts=(words_for_it or menu.misfit,))


def _to_people(menu: Menu, here: Step, how: str) -> Step:
    return replace(here, how=how, texts=(menu.farewell,), hand_over=True, tray_id=menu.fallback_tray_id)


# --- what is offered -----------------------------------------------------------------------------


def _offer_choices(menu: Menu, step: Step) -> tuple[Choice, ...]:
    """The buttons of the menu in which the customer stands; a question has none."""
    if step.asking is not None:
        return ()
    offered = tuple(Choice(node.id, node.label) for node in step.options(menu))
    return (*offered, Choice(BACK, _("Volver"))) if step.trail else offered


def _prompt_of(menu: Menu, trail: tuple[Node, ...]) -> str:
    """What stands above a menu that is offered again. What is said before questions would promise them anew."""
    if not trail:
        return menu.greeting
    return trail[-1].reply if trail[-1].reply and not trail[-1].questions else _ask_to_choose()


def _ask_to_choose() -> str:
    return _("Elegí una opción:")
