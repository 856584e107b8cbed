"""What a program made with pywa does with WhatsApp: reads where and whom from stdin, prints what came of each call."""

import json
import sys
from pathlib import Path

import httpx
from pywa import WhatsApp, types
from pywa.errors import WhatsAppError
from pywa.types.templates import BodyText, TemplateLanguage

told = json.load(sys.stdin)
files = Path(told["files"])


def to_sandbox(request):
    request.url = request.url.copy_with(scheme="http", host=told["host"], port=told["port"])


client = WhatsApp(
    phone_id=told["line"], token=told["token"], session=httpx.Client(event_hooks={"request": [to_sandbox]}),
    waba_id=told["account"],
)  # fmt: skip
to, said = told["to"], {}
said["text"] = client.send_message(to, "Hola").id
said["quote"] = client.send_message(to, "¿Esto?", reply_to_message_id=told["message"]).id
buttons = [types.Button("Sí", callback_data="yes"), types.Button("No", callback_data="no")]
said["buttons"] = client.send_message(to, "¿Seguimos?", footer="Almacén", buttons=buttons).id
rows = [types.SectionRow(f"Opción {number}", callback_data=f"o{number}") for number in range(10)]
sections = types.SectionList("Ver", sections=[types.Section("Todo", rows=rows)])
said["list"] = client.send_message(to, "Elegí", buttons=sections).id
said["image"] = client.send_image(to, files / "a.png", caption="mirá").id
said["image_buttons"] = client.send_image(to, files / "a.png", caption="¿Va?", buttons=buttons).id
said["document"] = client.send_document(to, files / "a.pdf", filename="presupuesto.pdf").id
said["voice"] = client.send_voice(to, files / "a.ogg", mime_type="audio/ogg").id
said["link"] = client.send_image(to, told["link"]).id
said["location"] = client.send_location(to, -34.9, -56.1, name="Mercado").id
said["reaction"] = client.send_reaction(to, "👍", told["message"]).id
body = BodyText("Hola {{nombre}}, soy {{agente}}", nombre="Marta", agente="Ana")
said["template"] = client.send_template(
    to, "retomar_conversacion", TemplateLanguage.SPANISH, [body.params(nombre="Marta", agente="Ana")]
).id
said["read"] = bool(client.mark_message_as_read(told["message"]))
said["typing"] = bool(client.indicate_typing(told["message"]))
media = client.upload_media(files / "a.png", mime_type="image/png")
said["upload"] = client.get_media_url(media.id).mime_type
said["refused"] = {}
for name, call in {
    "long": lambda: client.send_message(to, "x" * 4097),
    "titles": lambda: client.send_message(to, "a", buttons=[types.Button("x" * 21, callback_data="a")]),
    "type": lambda: client.upload_media(b"PK", mime_type="application/zip", filename="a.zip"),
    "template": lambda: client.send_template(to, "nada", TemplateLanguage.SPANISH, []),
}.items():
    try:
        call()
    except WhatsAppError as error:
        said["refused"][name] = error.code
print(json.dumps(said))
