"""Stories whose chats an agent holds, has closed, or that expired."""

from demo.steps import (  # fmt: skip
    close,
    comes_to,
    give_back,
    note,
    paper,
    photo,
    pick,
    place,
    quotes,
    reacts,
    reply,
    says,
    send,
    take,
    template,
    unsupported,
    voice,
)
from demo.stories import DAY, HOUR, instagram, line, messenger, site, telegram, whatsapp

# as origins/graph_errors.py says them
NOT_ON_WHATSAPP = "El mensaje no se puede entregar a este contacto. Puede no tener WhatsApp o no estar disponible."
NO_PROMOTIONS = "Meta no entrega más promociones a este contacto por ahora. Probá después de 24 horas."

HELD = [
    whatsapp(
        "Gustavo Peralta", "+54 9 11 5555-0118", 21 * HOUR,
        "Buenas, necesito precio por 12 lavarropas para un edificio", pick("Ventas"), voice(), 9, take("bruno"),
        note("Cuenta mayorista: usar lista B. Entrega en dos tandas."), 20, give_back(), 20 * HOUR - 20, take("ana"),
        reply("Hola Gustavo, sigo yo. Te armo la cotización mayorista: 12 unidades, entrega en dos tandas."), 6,
        quotes("Perfecto. ¿La primera puede ser el 27?"), 4, reply("Acá está.", "Cotizacion-2291.pdf"), reacts("👍"), 1,
        reply("Sí, el viernes 27 a la mañana."), comes_to("delivered"), 2,
        reply("Te reservo el stock hasta el lunes."), comes_to("failed", NOT_ON_WHATSAPP),
    ),
    messenger(
        "Vanesa Torres", 55,
        "Hola, ¿hacen envíos a Villa María?", pick("Ventas"), 7, take("ana"),
        reply("Hola Vanesa, sí: sale $ 9.800."), 3,
        "Y cuánto demora?", 2, reply("Dos días hábiles."), comes_to("read"), 5, "Perfecto, ¿cómo lo pago?",
    ),
    site(
        "Iván Molina", 23 * HOUR + 5,
        "Hola, quiero devolver un microondas", pick("Ventas"), 11, take("ana"),
        reply("Hola Iván, ¿hace cuánto lo compraste?"), 4, "El martes", 2,
        note("Dentro de los 10 días. Esperar la foto de la factura antes de que expire."),
    ),
    telegram(
        "Agustina Bravo", "@agusbravo", 70,
        "Hola! ¿Tienen aire acondicionado frío calor?", pick("Ventas"), 6, take("bruno"),
        reply("Hola Agustina, sí. ¿De cuántos metros es el ambiente?"), 4, "5 x 4, en planta alta", 3,
        reply("Con 3.000 frigorías estás bien. Te paso la ficha."),
    ),
    whatsapp(
        "Federico Luna", "+54 9 2954 55-0116", 4 * DAY,
        "Buenas, cotizame un termotanque", pick("Ventas"), 15, take("bruno"),
        reply("Hola Federico. El de 80 litros está $ 389.000."), 10, "Lo hablo en casa y te digo", 4 * DAY - 3 * HOUR,
        template("bruno", "retomar_conversacion", nombre="Federico", agente="Bruno"), comes_to("read"),
    ),
    line(
        "Lorena Ibarra", "+54 9 11 5555-0147", 3 * HOUR,
        "Me llegó otro modelo", pick("Soporte"), photo("etiqueta.jpg"), 8, take("caio"),
        reply("Hola Lorena, lamento el error. Lo cambiamos sin cargo."), 3, "Bueno, ¿cuándo pasan?", 5,
        reply("El lunes entre las 9 y las 13."), 90, "¿A la tarde sería posible?",
    ),
    site(
        "Emilia Núñez", 40,
        "hola, el control del aire no responde", pick("Soporte"), 6, take("caio"),
        reply("Hola Emilia. ¿Probaste cambiarle las pilas?"), 3, "Sí, y nada",
        reply("¿Se ve algo en la pantalla del control?"),
    ),
    line(
        "Ernesto Quiroga", "+54 9 264 555-0139", 95,
        "Buen día", pick("Otra consulta"), "¿Tienen local en San Juan?", 5, take("dora"),
        reply("Buen día Ernesto. Todavía no, enviamos desde Mendoza."), 4, "Y retiran el viejo?",
        place("Mendoza 540 sur, San Juan", -31.5411, -68.5249),
    ),
    line(
        "Cooperativa Sur", "+54 9 2902 55-0113", 6 * HOUR,
        "Buenas, por la cuenta corriente", pick("Administración"), 12, take("sofia"),
        reply("Buenas, la revisamos hoy."), 6, paper("Orden-de-compra-0931.pdf", "Falta imputar este pago"),
        5 * HOUR, reply("Ya está imputado. Les mando la factura.", "Factura-A-00012877.pdf"), comes_to("delivered"),
    ),
]  # fmt: skip

CLOSED = [
    line(
        "Martina Correa", "+54 9 261 555-0121", 5 * HOUR,
        "Hola, ¿llegó mi pedido?", pick("Ventas"), 6, take("ana"),
        reply("Hola Martina, sí: está listo para retirar."), 3, "Genial, paso hoy", reacts("❤️"), 10, close(),
    ),
    telegram(
        "Diego Santillán", "@dsantillan", 8 * HOUR,
        "¿Hasta qué hora atienden?", pick("Otra consulta"), 4, take("dora"), reply("Hola Diego, hasta las 19."), 2,
        "Gracias", 3, close(),
    ),
    site(
        "", 10 * HOUR,
        "tienen repuestos de licuadora?", pick("Soporte"), 9, take("caio"),
        reply("Hola. De esa marca ya no, disculpá."), 5, "bueno gracias igual", 2, close(),
    ),
    whatsapp(
        "Sandra Videla", "+54 9 11 5555-0152", 12 * HOUR,
        "Necesito la garantía del lavarropas", pick("Soporte"), 10, take("caio"),
        reply("Hola Sandra, acá va.", "Garantia-7731-0042.pdf"), 4, "Mil gracias!", 6, close(),
    ),
    line(
        "Pablo Andrade", "+54 9 2966 55-0145", 15 * HOUR,
        "Hola, ¿hay stock del freezer?", pick("Ventas"), 8, take("bruno"), reply("Hola Pablo, entra el jueves."), 5,
        "Ok, espero", 2, note("Avisarle el jueves."), close(),
    ),
    line(
        "Laura Benedetti", "+54 9 341 555-0192", 18 * HOUR,
        "Hola, quiero la factura a nombre de la empresa", pick("Administración"), 10, take("sofia"),
        reply("Hola Laura, pasame el CUIT y la razón social."), 6, "30-71234567-8, Benedetti Hnos.", 15,
        reply("Listo.", "Factura-A-00012877.pdf"), 3, "Perfecto", 5, close(),
    ),
    instagram(
        "Catalina Rey", "@cata.rey", 20 * HOUR,
        "Se puede comprar por la web y retirar en el local?", pick("Ventas"), 7, take("ana"),
        reply("Hola Catalina, sí, elegí “retiro” al pagar."), 2, "Buenísimo", 3, close(),
    ),
    messenger(
        "Raúl Ojeda", 22 * HOUR,
        "Hola", pick("Mi pedido"), "48231", pick("Hablar con una persona"), "Me equivoqué de número de pedido",
        5, take("dora"),
        send("Administración", "corregir el pedido"), 12, take("sofia"),
        reply("Hola Raúl, ya está corregido: 48213."), 4,
        "Gracias", 3, close(),
    ),
]  # fmt: skip

EXPIRED = [
    line(
        "Pedidos App Norte", "cliente 20771", 30 * HOUR,
        says("Pedido 47988 demorado", late=26),
    ),
    whatsapp(
        "Mónica Salas", "+54 9 11 5555-0180", 2 * DAY,
        "Hola, ¿la oferta es hasta hoy?", pick("Ventas"), 20, take("ana"), reply("Hola Mónica, hasta el domingo."),
        comes_to("delivered"),
    ),
    site("", 3 * DAY, "buenas", pick("Soporte"), "no me anda el secador"),
    line(
        "Gonzalo Prat", "+54 9 280 555-0134", 5 * DAY,
        "Buenas", pick("Ventas"), "¿Venden por mayor?", 15, take("bruno"), reply("Hola Gonzalo, desde 6 unidades."), 6,
        "Lo pienso", 30, close(),
    ),
    messenger("Elsa Romero", 26 * HOUR, "Hola, me interesa la cocina", "la que está en vidriera"),
    whatsapp(
        "Consorcio Mitre 850", "+54 9 11 5555-0138", 7 * DAY,
        "Buen día, por el mantenimiento de los equipos", pick("Administración"), 25, take("sofia"),
        reply("Buen día, les paso el presupuesto.", "Cotizacion-2291.pdf"), 20, "Lo llevamos a la reunión",
        3 * DAY, template("sofia", "retomar_conversacion", nombre="Mitre 850", agente="Sofía"),
        comes_to("failed", NO_PROMOTIONS),
    ),
    line(
        "Adriana Mena", "+54 9 370 555-0127", 8 * DAY,
        "Hola, compré el ventilador y vino sin las aspas", pick("Soporte"), unsupported("vista única"), 10,
        take("caio"),
        reply("Hola Adriana, te las mandamos mañana."), 4, "Gracias", 2 * DAY,
        template("caio", "Pedido listo", nombre="Adriana", pedido="47102"), 30, "Ya me llegaron, gracias!", 5, close(),
    ),
    instagram("Santiago Ferrer", "@santiferrer", 4 * DAY, "Precio del smart de 50?", pick("Ventas"), "Y en cuotas?"),
]  # fmt: skip

STORIES = HELD + CLOSED + EXPIRED
