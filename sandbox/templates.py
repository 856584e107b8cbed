"""The templates of a WhatsApp account."""

from typing import Any

from sandbox.world import SandboxWorld


def _make_body(text: str, **example: Any) -> dict[str, Any]:
    return {"type": "BODY", "text": text, **({"example": example} if example else {})}


def _make_examples(**values: str) -> list[dict[str, str]]:
    return [{"param_name": name, "example": value} for name, value in values.items()]


def templates_of_new_account() -> list[dict[str, Any]]:
    """Templates of every sort: positional, named, with a picture, with buttons, paused, pending, refused."""
    url = {"type": "URL", "text": "Ver catálogo", "url": "https://example.com/c/{{1}}", "example": ["abc"]}
    found = [
        ("retomar_conversacion", "es", "APPROVED", "UTILITY", "NAMED", [
            _make_body("Hola {{nombre}}, soy {{agente}}. ¿Seguimos con tu consulta?",
                  body_text_named_params=_make_examples(nombre="Marta", agente="Ana")),
        ]),
        ("turno_confirmado", "es_AR", "APPROVED", "UTILITY", "POSITIONAL", [
            {"type": "HEADER", "format": "TEXT", "text": "Tu turno"},
            _make_body("Hola {{1}}, te esperamos el {{2}}.", body_text=[["Marta", "lunes 10:00"]]),
            {"type": "FOOTER", "text": "Respondé para cambiarlo"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Confirmo"}, {"type": "QUICK_REPLY", "text": "Necesito otro día"},
            ]},
        ]),
        ("promo_primavera", "es_AR", "APPROVED", "MARKETING", "POSITIONAL", [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://example.com/promo.jpg"]}},
            _make_body("Llegó la primavera, {{1}}: 20 % en toda la tienda.", body_text=[["Marta"]]),
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "No enviar más"}, url]},
        ]),
        ("hola", "es", "APPROVED", "UTILITY", "POSITIONAL", [_make_body("Hola, tenemos novedades sobre tu consulta.")]),
        ("hola", "es_AR", "APPROVED", "UTILITY", "POSITIONAL", [_make_body("Hola, tenemos novedades para vos.")]),
        ("pedido_en_camino", "es", "APPROVED", "UTILITY", "NAMED", [
            {"type": "HEADER", "format": "TEXT", "text": "Pedido {{pedido}}",
             "example": {"header_text_named_params": _make_examples(pedido="A-17")}},
            _make_body("{{nombre}}, tu pedido sale hoy.", body_text_named_params=_make_examples(nombre="Marta")),
        ]),
        ("vale_en_sucursal", "es", "APPROVED", "MARKETING", "POSITIONAL", [
            {"type": "HEADER", "format": "LOCATION"},
            _make_body("{{1}}, pasá con tu cupón.", body_text=[["Marta"]]),
            {"type": "BUTTONS", "buttons": [
                {"type": "COPY_CODE", "example": ["PRIMAVERA"]},
                {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+59829000000"},
            ]},
        ]),
        ("encuesta", "es", "PAUSED", "MARKETING", "POSITIONAL", [_make_body("¿Cómo te atendimos?")]),
        ("recordatorio_pago", "es", "PENDING", "UTILITY", "POSITIONAL", [
            _make_body("Tu factura vence el {{1}}.", body_text=[["5 de mayo"]])]),
        ("sorteo", "es", "REJECTED", "MARKETING", "POSITIONAL", [_make_body("Ganaste.")]),
    ]  # fmt: skip
    return [
        {
            "id": str(7_000_000_000_000_000 + number),
            "name": name,
            "language": language,
            "status": status,
            "category": category,
            "parameter_format": shape,
            "components": components,
            "quality_score": {"score": "GREEN" if status == "APPROVED" else "UNKNOWN"},
            "rejected_reason": "PROMOTIONAL" if status == "REJECTED" else "NONE",
        }
        for number, (name, language, status, category, shape, components) in enumerate(found)
    ]


def templates_of_account(world: SandboxWorld, account: str) -> list[dict[str, Any]]:
    return world.templates.setdefault(account, templates_of_new_account())
