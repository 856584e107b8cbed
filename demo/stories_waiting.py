"""Stories whose chats are with the bot or wait in a tray."""

from demo.steps import (  # fmt: skip
    answers_story,
    close_chat,
    comes_to,
    correct_last,
    customer_says,
    from_ad,
    give_back,
    leave_note,
    pick_option,
    quote_ours,
    react_to_ours,
    relocate_chat,
    reply_text,
    send_contact_card,
    send_document,
    send_location,
    send_photo,
    send_sticker,
    send_template,
    send_to_tray,
    send_unsupported,
    send_video,
    send_voice,
    take_chat,
    withdraw_last,
)
from demo.stories import (
    DAY,
    HOUR,
    http_story,
    instagram_story,
    messenger_story,
    telegram_story,
    web_story,
    whatsapp_story,
)

WITH_THE_BOT = [
    http_story(
        "Renata Ibáñez", "+54 9 341 555-0163", 6 * DAY,
        "Hola, busco un lavarropas de 6 kg", pick_option("Ventas"), 9, take_chat("ana"),
        reply_text("Hola Renata, el de 6 kg entra la semana que viene. ¿Te aviso?"), 4, "Dale, gracias", 8,
        close_chat(),
        6 * DAY - 30, "Hola, quiero comprar un lavarropas", 3, "Puede ser el que vimos la otra vez",
    ),
    web_story("", 2, "hola"),
    telegram_story(
        "Matías Funes", "@matiasfunes", 7,
        "Buenas tardes", "Es por el pedido que hice el lunes", correct_last("Es por el pedido que hice el martes"),
    ),
    whatsapp_story("Carolina Vega", "+54 9 11 5555-0171", 15 * HOUR, "Hola, hay alguien?"),
    web_story("Bautista Herrera", 23 * HOUR, "Hacen envíos a Tandil?", 2, "hola?"),
]  # fmt: skip

IN_GENERAL = [
    http_story(
        "Ferretería Don Julio", "+54 9 221 555-0102", 39,
        "Buen día, mañana es feriado, atienden?", "Necesito saber el horario de mañana",
        "No es nada de eso, es por el horario",
    ),
    web_story("Lucas Arce", 28, "Hola", pick_option("Otra consulta"), "¿Tienen estacionamiento para descargar?"),
    whatsapp_story(
        "Yamila Correa", "@yamila.correa", 19,
        "Hola! Me recomendaron el local", pick_option("Otra consulta"),
        "Me pasaron el contacto de un instalador, ¿trabajan con él?",
        send_contact_card("Instalaciones Rubén Paz", "+54 9 261 555-0177"),
    ),
    http_story(
        "Óscar Maidana", "+54 9 379 555-0154", 13,
        "Buenas", "otra consulta", "¿Dan capacitaciones para técnicos?", send_unsupported("encuesta"),
    ),
    web_story("", 6, "buenas, una pregunta", "4", "Puedo pagar con tarjeta de otra persona?"),
    http_story(
        "Estudio Bianchi", "+54 9 11 5555-0126", 75,
        "Hola, somos proveedores", pick_option("Administración"), 10, take_chat("sofia"),
        reply_text("Hola, ¿por qué producto sería?"), 6, "Por el servicio de limpieza del local", 50,
        send_to_tray("General", "no es de Administración"),
    ),
]  # fmt: skip

IN_VENTAS = [
    http_story(
        "Florencia Giménez", "+54 9 341 555-0142", 38,
        "Hola! buenas tardes", pick_option("Ventas"), send_photo("comprobante.png", "Este es el comprobante"), 1,
        "¿Me confirmás si el envío a Rosario sale mañana? Lo necesito antes del fin de semana",
    ),
    http_story(
        "Distribuidora El Ceibo", "+54 9 221 555-0106", 27,
        "Buen día, les paso la orden de compra", "ventas", send_document("Orden-de-compra-0931.pdf"),
        "Avisen cuándo la podemos retirar",
    ),
    http_story(
        "Nicolás Paz", "+54 9 11 5555-0184", 23 * HOUR + 10,
        "Hola, tienen heladeras de 350 litros?", pick_option("Ventas"), 14, take_chat("bruno"),
        reply_text("Hola Nicolás, sí: me quedan dos. ¿Es para retirar o con envío?"), 5,
        "Retiro yo. Dale, quedo atento. Lo necesito para hoy si se puede", 2,
        leave_note("@ana queda reservada hasta mañana a la noche, ¿la cerrás vos?"), 22 * HOUR + 30, give_back(),
    ),
    web_story(
        "Valeria Quiroga", 21,
        "Hola, ¿tienen cocinas con horno eléctrico?", pick_option("Ventas"), "De 60 cm, blanca",
    ),
    whatsapp_story("Ramiro Etcheverry", "+54 9 291 555-0119", 17, "Buenas", pick_option("Ventas"), send_voice()),
    instagram_story(
        "Julieta Sosa", "@juli.sosa", 12,
        "Buen día, quería saber si hacen factura A y cuánto tarda", pick_option("Ventas"), "Es para un comercio",
        "Perdón, esto era para otra persona", withdraw_last(),
    ),
    whatsapp_story(
        "", "+54 9 351 555-0177", 8,
        from_ad(
            "Hola! vi la publicación del lavarropas, sigue disponible?",
            "Lavarropas 8 kg", "12 cuotas sin interés, envío sin cargo en Córdoba",
        ), pick_option("Ventas"), send_photo("lavarropas.jpg"),
    ),
    web_story("", 3, "cuanto sale el microondas blanco", "ventas"),
]  # fmt: skip

IN_SOPORTE = [
    whatsapp_story(
        "Camila Rojas", "+54 9 11 5555-0195", 33,
        "Hola, me llegó la heladera con un golpe", pick_option("Soporte"),
        send_photo("golpe.jpg", "Es en la puerta de abajo"),
        send_photo("etiqueta.jpg", "Y esta es la etiqueta"),
    ),
    http_story(
        "Hugo Barrios", "+54 9 387 555-0161", 26,
        "El lavarropas hace ruido al centrifugar", pick_option("Soporte"), send_video("Así suena"),
    ),
    instagram_story(
        "Milagros Ortiz", "@mili.ortiz", 20,
        answers_story("No me anda el horno de esa promo"), pick_option("Soporte"), "Prende y se apaga",
    ),
    http_story(
        "Taller Los Hermanos", "+54 9 221 555-0131", 2 * HOUR,
        "Buen día, necesitamos un repuesto", pick_option("Ventas"), 10, take_chat("bruno"),
        reply_text("Buen día. ¿De qué equipo y qué serie?"), 8, "Secarropas, serie 7731-0042", 70,
        send_to_tray("Soporte", "repuesto de secarropas, lo ven ustedes"), 5, "Lo necesitamos para el jueves",
    ),
    telegram_story(
        "Gladys Peralta", "@gladysperalta", 10,
        "Hola, quiero que pase un técnico", pick_option("Soporte"),
        send_location("Av. Sarmiento 1450, Resistencia", -27.4512, -58.9866),
    ),
    web_story("", 5, "se me rompio la manija", "soporte"),
]  # fmt: skip

IN_ADMINISTRACION = [
    http_story(
        "Contadora Alicia Prieto", "+54 9 11 5555-0110", 31,
        "Buenas tardes, soy la contadora de Ceibo", pick_option("Administración"),
        send_document("Factura-A-00012877.pdf", "Esta factura tiene mal el CUIT"), "La necesito corregida antes del 25",
    ),
    http_story(
        "Tomás Villalba", "+54 9 343 555-0158", 24,
        "Hola, me debitaron dos veces", pick_option("Administración"), send_photo("comprobante.png"),
        customer_says("Son 184.500 cada uno"),
    ),
    web_story("Inés Larralde", 16, "Necesito el resumen de cuenta", pick_option("Administración")),
    http_story(
        "Norma Aguirre", "+54 9 299 555-0165", 9, "Hola", "administracion", "¿A nombre de quién va la transferencia?",
    ),
]  # fmt: skip

IN_PERSONAL_TRAYS = [
    http_story(
        "Hernán Villalba", "+54 9 11 5555-0135", 5 * HOUR,
        "Hola Ana, soy Hernán, por el repuesto", pick_option("Ventas"), 4, take_chat("ana"),
        reply_text("Hola Hernán, lo pido hoy y te aviso."), 3, "Quedo a la espera del repuesto entonces",
        react_to_ours("👍"),
        4 * HOUR + 20, leave_note("El repuesto entra a las 15."), send_to_tray("ana", "para seguirlo yo"),
    ),
    http_story(
        "Paula Medina", "+54 9 11 5555-0190", 3 * HOUR,
        "Buenas, quiero cambiar el pedido", pick_option("Ventas"), 6, take_chat("bruno"),
        reply_text("Hola Paula, ¿qué cambiamos?"), 4,
        "Que sea la de dos puertas", 2 * HOUR + 20, send_to_tray("ana", "la conoce, arrancó con ella"),
    ),
    instagram_story(
        "Joaquín Ledesma", "@joacoledesma", 2 * HOUR,
        "Hola, pasó mi cuñado por el local", pick_option("Ventas"), 5, take_chat("ana"),
        reply_text("Hola Joaquín, ¿con quién habló?"), 3, "Con Bruno, por la cotización", 85, send_to_tray("bruno"),
    ),
    web_story(
        "Delfina Suárez", 100,
        "Hola, hablé ayer con Caio", pick_option("Soporte"), 7, take_chat("caio"),
        reply_text("Hola Delfina, ¿llegó el técnico?"), 4,
        "Todavía no, lo espero a la tarde", 60, send_to_tray("caio"),
    ),
    http_story(
        "Marcos Ríos", "+54 9 388 555-0137", 90,
        "Buenas", pick_option("Otra consulta"), "¿Puedo ver la heladera en el local?", 4, take_chat("dora"),
        reply_text("Hola Marcos, sí, hasta las 19. ¿A qué hora venís?"), 5, "A las 18 estoy", 50,
        send_to_tray("dora", "viene 18 h"),
    ),
    http_story(
        "Rosa Galván", "+54 9 385 555-0143", 80,
        "Hola, necesito hablar con Dora", pick_option("Otra consulta"), 3, take_chat("dora"),
        reply_text("Soy yo, Rosa. Decime."), 5,
        "Te mando el sticker que te gustó", send_sticker(), 55, send_to_tray("dora"),
    ),
    http_story(
        "Hotel Las Lomas", "+54 9 11 5555-0101", 4 * HOUR,
        "Buen día, queremos equipar 14 habitaciones", pick_option("Ventas"), 8, take_chat("bruno"),
        reply_text("Buen día. Lo ve nuestra supervisora, les escribe hoy."), 5, "Perfecto, gracias", 3 * HOUR + 20,
        send_to_tray("sofia", "venta grande"),
    ),
    web_story(
        "Pedro Ponce", 70,
        "No puedo entrar a mi cuenta de la tienda", pick_option("Soporte"), 6, take_chat("caio"),
        reply_text("Hola Pedro, ¿qué te dice al entrar?"), 4, "Que el usuario no existe", 35,
        send_to_tray("admin", "es de la página, no del pedido"),
    ),
    messenger_story(
        "Belén Ocampo", 50,
        "Hola, ¿tienen cuotas sin interés?", pick_option("Ventas"), 4, take_chat("bruno"),
        reply_text("Hola Belén: 6 cuotas con todas las tarjetas."), 3, quote_ours("¿Y con débito hay descuento?"), 10,
        send_to_tray("bruno"), 8, relocate_chat("sofia", "Ventas"),
    ),
    whatsapp_story(
        "Silvina Costa", "+54 9 2966 55-0104", 2 * DAY,
        "Hola, me pasás el catálogo?", pick_option("Ventas"), 12, take_chat("ana"),
        reply_text("Hola Silvina, acá va.", "Cotizacion-2291.pdf"), comes_to("delivered"), 44 * HOUR,
        send_template("ana", "retomar_conversacion", nombre="Silvina", agente="Ana"),
        60, "Sí! perdón, recién lo veo. ¿Sigue la promo?", 2 * HOUR + 25, give_back(),
    ),
]  # fmt: skip

STORIES = WITH_THE_BOT + IN_GENERAL + IN_VENTAS + IN_SOPORTE + IN_ADMINISTRACION + IN_PERSONAL_TRAYS
