"""Stories whose chats are with the bot or wait in a tray."""

from demo.steps import (  # fmt: skip
    answers_story,
    card,
    close,
    comes_to,
    corrects,
    film,
    from_ad,
    give_back,
    note,
    paper,
    photo,
    pick,
    place,
    quotes,
    reacts,
    relocate,
    reply,
    says,
    send,
    sticker,
    take,
    takes_back,
    template,
    unsupported,
    voice,
)
from demo.stories import DAY, HOUR, instagram, line, messenger, site, telegram, whatsapp

WITH_THE_BOT = [
    line(
        "Renata Ibáñez", "+54 9 341 555-0163", 6 * DAY,
        "Hola, busco un lavarropas de 6 kg", pick("Ventas"), 9, take("ana"),
        reply("Hola Renata, el de 6 kg entra la semana que viene. ¿Te aviso?"), 4, "Dale, gracias", 8, close(),
        6 * DAY - 30, "Hola, quiero comprar un lavarropas", 3, "Puede ser el que vimos la otra vez",
    ),
    site("", 2, "hola"),
    telegram(
        "Matías Funes", "@matiasfunes", 7,
        "Buenas tardes", "Es por el pedido que hice el lunes", corrects("Es por el pedido que hice el martes"),
    ),
    whatsapp("Carolina Vega", "+54 9 11 5555-0171", 15 * HOUR, "Hola, hay alguien?"),
    site("Bautista Herrera", 23 * HOUR, "Hacen envíos a Tandil?", 2, "hola?"),
]  # fmt: skip

IN_GENERAL = [
    line(
        "Ferretería Don Julio", "+54 9 221 555-0102", 39,
        "Buen día, mañana es feriado, atienden?", "Necesito saber el horario de mañana",
        "No es nada de eso, es por el horario",
    ),
    site("Lucas Arce", 28, "Hola", pick("Otra consulta"), "¿Tienen estacionamiento para descargar?"),
    whatsapp(
        "Yamila Correa", "@yamila.correa", 19,
        "Hola! Me recomendaron el local", pick("Otra consulta"),
        "Me pasaron el contacto de un instalador, ¿trabajan con él?",
        card("Instalaciones Rubén Paz", "+54 9 261 555-0177"),
    ),
    line(
        "Óscar Maidana", "+54 9 379 555-0154", 13,
        "Buenas", "otra consulta", "¿Dan capacitaciones para técnicos?", unsupported("encuesta"),
    ),
    site("", 6, "buenas, una pregunta", "4", "Puedo pagar con tarjeta de otra persona?"),
    line(
        "Estudio Bianchi", "+54 9 11 5555-0126", 75,
        "Hola, somos proveedores", pick("Administración"), 10, take("sofia"),
        reply("Hola, ¿por qué producto sería?"), 6, "Por el servicio de limpieza del local", 50,
        send("General", "no es de Administración"),
    ),
]  # fmt: skip

IN_VENTAS = [
    line(
        "Florencia Giménez", "+54 9 341 555-0142", 38,
        "Hola! buenas tardes", pick("Ventas"), photo("comprobante.png", "Este es el comprobante"), 1,
        "¿Me confirmás si el envío a Rosario sale mañana? Lo necesito antes del fin de semana",
    ),
    line(
        "Distribuidora El Ceibo", "+54 9 221 555-0106", 27,
        "Buen día, les paso la orden de compra", "ventas", paper("Orden-de-compra-0931.pdf"),
        "Avisen cuándo la podemos retirar",
    ),
    line(
        "Nicolás Paz", "+54 9 11 5555-0184", 23 * HOUR + 10,
        "Hola, tienen heladeras de 350 litros?", pick("Ventas"), 14, take("bruno"),
        reply("Hola Nicolás, sí: me quedan dos. ¿Es para retirar o con envío?"), 5,
        "Retiro yo. Dale, quedo atento. Lo necesito para hoy si se puede", 2,
        note("Reservada hasta mañana a la noche."), 22 * HOUR + 30, give_back(),
    ),
    site(
        "Valeria Quiroga", 21,
        "Hola, ¿tienen cocinas con horno eléctrico?", pick("Ventas"), "De 60 cm, blanca",
    ),
    whatsapp("Ramiro Etcheverry", "+54 9 291 555-0119", 17, "Buenas", pick("Ventas"), voice()),
    instagram(
        "Julieta Sosa", "@juli.sosa", 12,
        "Buen día, quería saber si hacen factura A y cuánto tarda", pick("Ventas"), "Es para un comercio",
        "Perdón, esto era para otra persona", takes_back(),
    ),
    whatsapp(
        "", "+54 9 351 555-0177", 8,
        from_ad(
            "Hola! vi la publicación del lavarropas, sigue disponible?",
            "Lavarropas 8 kg", "12 cuotas sin interés, envío sin cargo en Córdoba",
        ), pick("Ventas"), photo("lavarropas.jpg"),
    ),
    site("", 3, "cuanto sale el microondas blanco", "ventas"),
]  # fmt: skip

IN_SOPORTE = [
    whatsapp(
        "Camila Rojas", "+54 9 11 5555-0195", 33,
        "Hola, me llegó la heladera con un golpe", pick("Soporte"), photo("golpe.jpg", "Es en la puerta de abajo"),
        photo("etiqueta.jpg", "Y esta es la etiqueta"),
    ),
    line(
        "Hugo Barrios", "+54 9 387 555-0161", 26,
        "El lavarropas hace ruido al centrifugar", pick("Soporte"), film("Así suena"),
    ),
    instagram(
        "Milagros Ortiz", "@mili.ortiz", 20,
        answers_story("No me anda el horno de esa promo"), pick("Soporte"), "Prende y se apaga",
    ),
    line(
        "Taller Los Hermanos", "+54 9 221 555-0131", 2 * HOUR,
        "Buen día, necesitamos un repuesto", pick("Ventas"), 10, take("bruno"),
        reply("Buen día. ¿De qué equipo y qué serie?"), 8, "Secarropas, serie 7731-0042", 70,
        send("Soporte", "repuesto de secarropas, lo ven ustedes"), 5, "Lo necesitamos para el jueves",
    ),
    telegram(
        "Gladys Peralta", "@gladysperalta", 10,
        "Hola, quiero que pase un técnico", pick("Soporte"),
        place("Av. Sarmiento 1450, Resistencia", -27.4512, -58.9866),
    ),
    site("", 5, "se me rompio la manija", "soporte"),
]  # fmt: skip

IN_ADMINISTRACION = [
    line(
        "Contadora Alicia Prieto", "+54 9 11 5555-0110", 31,
        "Buenas tardes, soy la contadora de Ceibo", pick("Administración"),
        paper("Factura-A-00012877.pdf", "Esta factura tiene mal el CUIT"), "La necesito corregida antes del 25",
    ),
    line(
        "Tomás Villalba", "+54 9 343 555-0158", 24,
        "Hola, me debitaron dos veces", pick("Administración"), photo("comprobante.png"),
        says("Son 184.500 cada uno"),
    ),
    site("Inés Larralde", 16, "Necesito el resumen de cuenta", pick("Administración")),
    line("Norma Aguirre", "+54 9 299 555-0165", 9, "Hola", "administracion", "¿A nombre de quién va la transferencia?"),
]  # fmt: skip

IN_PERSONAL_TRAYS = [
    line(
        "Hernán Villalba", "+54 9 11 5555-0135", 5 * HOUR,
        "Hola Ana, soy Hernán, por el repuesto", pick("Ventas"), 4, take("ana"),
        reply("Hola Hernán, lo pido hoy y te aviso."), 3, "Quedo a la espera del repuesto entonces", reacts("👍"),
        4 * HOUR + 20, note("El repuesto entra a las 15."), send("ana", "para seguirlo yo"),
    ),
    line(
        "Paula Medina", "+54 9 11 5555-0190", 3 * HOUR,
        "Buenas, quiero cambiar el pedido", pick("Ventas"), 6, take("bruno"), reply("Hola Paula, ¿qué cambiamos?"), 4,
        "Que sea la de dos puertas", 2 * HOUR + 20, send("ana", "la conoce, arrancó con ella"),
    ),
    instagram(
        "Joaquín Ledesma", "@joacoledesma", 2 * HOUR,
        "Hola, pasó mi cuñado por el local", pick("Ventas"), 5, take("ana"),
        reply("Hola Joaquín, ¿con quién habló?"), 3, "Con Bruno, por la cotización", 85, send("bruno"),
    ),
    site(
        "Delfina Suárez", 100,
        "Hola, hablé ayer con Caio", pick("Soporte"), 7, take("caio"), reply("Hola Delfina, ¿llegó el técnico?"), 4,
        "Todavía no, lo espero a la tarde", 60, send("caio"),
    ),
    line(
        "Marcos Ríos", "+54 9 388 555-0137", 90,
        "Buenas", pick("Otra consulta"), "¿Puedo ver la heladera en el local?", 4, take("dora"),
        reply("Hola Marcos, sí, hasta las 19. ¿A qué hora venís?"), 5, "A las 18 estoy", 50, send("dora", "viene 18 h"),
    ),
    line(
        "Rosa Galván", "+54 9 385 555-0143", 80,
        "Hola, necesito hablar con Dora", pick("Otra consulta"), 3, take("dora"), reply("Soy yo, Rosa. Decime."), 5,
        "Te mando el sticker que te gustó", sticker(), 55, send("dora"),
    ),
    line(
        "Hotel Las Lomas", "+54 9 11 5555-0101", 4 * HOUR,
        "Buen día, queremos equipar 14 habitaciones", pick("Ventas"), 8, take("bruno"),
        reply("Buen día. Lo ve nuestra supervisora, les escribe hoy."), 5, "Perfecto, gracias", 3 * HOUR + 20,
        send("sofia", "venta grande"),
    ),
    site(
        "Pedro Ponce", 70,
        "No puedo entrar a mi cuenta de la tienda", pick("Soporte"), 6, take("caio"),
        reply("Hola Pedro, ¿qué te dice al entrar?"), 4, "Que el usuario no existe", 35,
        send("admin", "es de la página, no del pedido"),
    ),
    messenger(
        "Belén Ocampo", 50,
        "Hola, ¿tienen cuotas sin interés?", pick("Ventas"), 4, take("bruno"),
        reply("Hola Belén: 6 cuotas con todas las tarjetas."), 3, quotes("¿Y con débito hay descuento?"), 10,
        send("bruno"), 8, relocate("sofia", "Ventas"),
    ),
    whatsapp(
        "Silvina Costa", "+54 9 2966 55-0104", 2 * DAY,
        "Hola, me pasás el catálogo?", pick("Ventas"), 12, take("ana"),
        reply("Hola Silvina, acá va.", "Cotizacion-2291.pdf"), comes_to("delivered"), 44 * HOUR,
        template("ana", "retomar_conversacion", nombre="Silvina", agente="Ana"),
        60, "Sí! perdón, recién lo veo. ¿Sigue la promo?", 2 * HOUR + 25, give_back(),
    ),
]  # fmt: skip

STORIES = WITH_THE_BOT + IN_GENERAL + IN_VENTAS + IN_SOPORTE + IN_ADMINISTRACION + IN_PERSONAL_TRAYS
