"""Intents in customers' words, whatever the menu says: numbers, "volver", "inicio", "una persona"."""

import re
import unicodedata
from functools import lru_cache

BACK, HOME, PERSON = "volver", "inicio", "persona"

_BACK = frozenset({"volver", "volver atras", "atras", "ir atras", "regresar", "anterior", "menu anterior"})
_HOME = frozenset(
    {
        "inicio", "volver al inicio", "ir al inicio", "menu", "el menu", "ver menu", "ver el menu", "menu principal",
        "volver al menu", "volver al menu principal", "empezar de nuevo", "reiniciar", "start",
    }
)  # fmt: skip

_WHO = (
    "persona|humano|humana|agente|operador|operadora|asesor|asesora|representante|ejecutivo|ejecutiva|telefonista"
    "|human|agent|operator|atendente"
)
_ASK = (
    "hablar|hable|hablo|hablarle|chatear|charlar|comunicar|comunicarme|comunicame|comuniquen|comunicate|contactar"
    "|contactarme|contactame|contacten|atender|atienda|atiendan|atiende|pasar|pasame|paseme|pasen|pasenme|derivar"
    "|derivame|deriven|derivenme|transferir|transferime|transfieran|conectar|conectame|quiero|quisiera|necesito|dame"
    "|prefiero|busco|llamar|llamame|talk|speak|falar"
)
_BETWEEN = "a|al|con|un|una|el|la|algun|alguna|otra|otro|me|por|favor|to|with"
# somebody asked for in so many words
_ASKED = re.compile(rf"\b(?:{_ASK})\b(?: (?:{_BETWEEN}))*(?: (?:{_WHO}|alguien|gente))\b")
_ONLY = re.compile(rf"(?:(?:{_BETWEEN}) )*(?:{_WHO})(?: real| humana| humano| de verdad| por favor)*")
_NAMED = re.compile(rf"\b(?:{_WHO})\b")

_NUMBERS = ("un uno una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce")
_ORDINALS = ("primero primera primer", "segundo segunda", "tercero tercera tercer", "cuarto cuarta", "quinto quinta",
             "sexto sexta", "septimo septima", "octavo octava", "noveno novena", "decimo decima")  # fmt: skip
_SPELT = {word: n for words in (_NUMBERS, _ORDINALS) for n, of in enumerate(words, 1) for word in of.split()}
_BEFORE = re.compile(r"(?:(?:la|el|opcion|op|numero|nro|num|n) )+")


def fold_words(text: str) -> str:
    """Case, accents, punctuation and spaces do not matter: "¡Sopórte!" is "soporte"."""
    # twice: letters of fancy keyboards have a case only once they are plain
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", plain).strip()


@lru_cache(maxsize=4096)
def fold_menu_words(of_the_menu: str) -> str:
    """The same for the menu's own words, which come again with each message. Not for what customers say."""
    return fold_words(of_the_menu)


def number_of(said: str) -> int | None:
    """The number that folded words are: "2", "opcion 2", "la segunda", "dos". None: they are no number."""
    bare = _BEFORE.sub("", said, count=1) if _BEFORE.match(said) else said
    if bare.isdecimal():
        return int(bare) if len(bare) < 5 else None
    return _SPELT.get(bare)


def way_command(said: str) -> str:
    """BACK or HOME where folded words say just that, else ''."""
    bare = said.removeprefix("quiero ").removesuffix(" por favor")
    return BACK if bare in _BACK else HOME if bare in _HOME else ""


def asks_for_a_person(said: str) -> bool:
    """Folded words that ask for somebody: "una persona", "hablar con un asesor"."""
    return bool(_ONLY.fullmatch(said) or _ASKED.search(said))


def names_a_person(said: str) -> bool:
    """Folded words with somebody in them, who may or may not be asked for."""
    return bool(_NAMED.search(said))


def contains_words(said: str, word: str) -> bool:
    """Whether the folded words hold this word or these words, whole."""
    own = fold_menu_words(word)
    return bool(own) and f" {own} " in f" {said} "
