"""The demo's quick replies: of all, of trays, and of some agents, with how often Ana has used hers."""

from collections.abc import Mapping
from dataclasses import replace

from django.core.files.uploadedfile import SimpleUploadedFile

from demo.files import make_file
from inbox.models import QuickReply, QuickReplyUse
from inbox.quick_replies import scopes, writing
from trays.models import Agent, Tray

# whose ("todos", a tray, or an agent's user name): title, shortcut, text
REPLIES = (
    ("Ventas", "Envío al interior", "envio-interior", "Hola {nombre}, el envío a {localidad} tarda de 3 a 5 días"
     " hábiles y sale {tarifa}. Te paso el seguimiento cuando despache."),
    ("todos", "Envío sin cargo", "envio-gratis", "Desde $ 180.000 el envío va sin cargo a todo el país."),
    ("ana", "Reenviar la factura", "reenvio-factura", "{nombre}, te reenvío la factura {número de factura}."
     " Cualquier cosa, avisame."),
    ("Ventas", "Pedido en viaje", "en-viaje", "Tu pedido {pedido} ya está en viaje. Llega entre mañana y pasado."),
    ("todos", "Horario del local", "horario", "Atendemos de lunes a viernes de 9 a 18 y los sábados de 9 a 13, en"
     " Rivadavia 1450."),
    ("Soporte", "Pedir datos de garantía", "garantia", "¿Me pasás una foto de la etiqueta con el número de serie y de"
     " la factura de compra?"),
    ("Ventas", "Cuotas sin interés", "cuotas", "Con {banco} tenés {cuotas} cuotas sin interés."),
    ("Ventas", "Alta mayorista", "mayorista", "Para darte la lista B necesito CUIT y constancia de inscripción."),
    ("ana", "Gracias por escribir", "gracias", "Gracias {nombre}, cualquier cosa estoy por acá."),
    ("ana", "Vuelvo en un rato", "ausente", "{nombre}, salgo 20 minutos y te contesto."),
    ("todos", "Saludo", "hola", "{saludo} {nombre}, soy {mi nombre}, de Almacén Norte. ¿En qué te ayudo?"),
    ("Administración", "Datos para transferir", "cbu", "{nombre}, los datos son: Almacén Norte SA, CBU"
     " 0170 0990 2000 0008 8812. Mandame el comprobante por acá."),
    ("Soporte", "Visita del técnico", "tecnico", "{nombre}, el técnico puede pasar el {día} entre las {desde} y las"
     " {hasta}. ¿Te sirve?"),
    ("sofia", "Te llama el encargado", "encargado", "{nombre}, en un rato te llama el encargado de {bandeja}."),
)  # fmt: skip
# what goes along, by shortcut
FILES = {"envio-interior": ("Tarifas-interior.pdf",)}
# of Ana
USED = {"envio-interior": 41, "gracias": 33, "hola": 28, "en-viaje": 12, "reenvio-factura": 5, "horario": 3}


def write_replies(agents: Mapping[str, Agent], trays: Mapping[str, Tray]) -> None:
    chief = agents["sofia"]
    for whose, title, shortcut, text in REPLIES:
        writer = agents.get(whose, chief)
        if whose in agents:
            scope = scopes.own_scope(writer)
        elif whose in trays:
            scope = scopes.tray_scope(trays[whose])
        else:
            scope = scopes.all_scope()
        given = {"titulo": title, "atajo": shortcut, "texto": text}
        uploads = [SimpleUploadedFile(name, make_file(name)) for name in FILES.get(shortcut, ())]
        writing.add_reply(writer, replace(writing.read_draft(given, scope), uploads=uploads))
    hers = QuickReply.objects.visible_to(agents["ana"])
    uses = [
        QuickReplyUse(agent=agents["ana"], reply=one, times=USED[one.shortcut]) for one in hers if one.shortcut in USED
    ]
    QuickReplyUse.objects.bulk_create(uses)
