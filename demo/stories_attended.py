"""Stories whose chats an agent holds, has closed, or that expired."""

from common.errors import Failure
from demo.steps import (  # fmt: skip
    answer_score,
    ask_reminder,
    ask_score,
    assign_chat,
    begin_draft,
    block_contact,
    close_chat,
    comes_to,
    customer_says,
    give_back,
    join_card,
    leave_note,
    pick_option,
    quote_ours,
    react_to_ours,
    reply_text,
    schedule_reply,
    send_document,
    send_location,
    send_photo,
    send_template,
    send_to_tray,
    send_unsupported,
    send_voice,
    snooze_chat,
    sweep_forgotten,
    take_chat,
    undo_move,
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

# as origins/graph_errors.py says them
NOT_ON_WHATSAPP = "El mensaje no se puede entregar a este contacto. Puede no tener WhatsApp o no estar disponible."
NO_PROMOTIONS = "Meta no entrega más promociones a este contacto por ahora. Probá después de 24 horas."

HELD = [
    whatsapp_story(
        "Gustavo Peralta", "+54 9 11 5555-0118", 21 * HOUR,
        "Buenas, necesito precio por 12 lavarropas para un edificio", pick_option("Ventas"), send_voice(), 9,
        take_chat("bruno"),
        leave_note("Cuenta mayorista: usar lista B. Entrega en dos tandas."), 20,
        send_to_tray("Soporte"), 0.1, undo_move("bruno"), give_back(), 20 * HOUR - 20, take_chat("ana"),
        reply_text("Hola Gustavo, sigo yo. Te armo la cotización mayorista: 12 unidades, entrega en dos tandas."), 6,
        quote_ours("Perfecto. ¿La primera puede ser el 27?"), 4, reply_text("Acá está.", "Cotizacion-2291.pdf"),
        react_to_ours("👍"), 1,
        reply_text("Sí, el viernes 27 a la mañana."), comes_to("delivered"), 2,
        reply_text("Te reservo el stock hasta el lunes."), comes_to("failed", NOT_ON_WHATSAPP, Failure.FINAL, "131026"),
    ),
    messenger_story(
        "Vanesa Torres", 55,
        "Hola, ¿hacen envíos a Villa María?", pick_option("Ventas"), 7, take_chat("ana"),
        reply_text("Hola Vanesa, sí: sale $ 9.800."), 3,
        "Y cuánto demora?", 2, reply_text("Dos días hábiles."), comes_to("read"), 5, "Perfecto, ¿cómo lo pago?", 2,
        schedule_reply("Vanesa, te paso el enlace de pago: con eso despachamos hoy.", 4),
    ),
    web_story(
        "Iván Molina", 23 * HOUR + 5,
        "Hola, quiero devolver un microondas", pick_option("Ventas"), 11, take_chat("ana"),
        reply_text("Hola Iván, ¿hace cuánto lo compraste?"), 4, "El martes", 2,
        leave_note("Dentro de los 10 días. @sofia ¿le aceptamos la devolución sin la factura?"),
        ask_reminder(26, "Pedirle la foto de la factura"), 1,
        begin_draft("Iván, para recibirlo necesito una foto de la factura. ¿Me la"),
    ),
    telegram_story(
        "Agustina Bravo", "@agusbravo", 70,
        "Hola! ¿Tienen aire acondicionado frío calor?", pick_option("Ventas"), 6, take_chat("bruno"),
        reply_text("Hola Agustina, sí. ¿De cuántos metros es el ambiente?"), 4, "5 x 4, en planta alta", 3,
        reply_text("Con 3.000 frigorías estás bien. Te paso la ficha."), 2, snooze_chat(18),
    ),
    whatsapp_story(
        "Federico Luna", "+54 9 2954 55-0116", 4 * DAY,
        "Buenas, cotizame un termotanque", pick_option("Ventas"), 15, take_chat("bruno"),
        reply_text("Hola Federico. El de 80 litros está $ 389.000."), 10, "Lo hablo en casa y te digo",
        4 * DAY - 3 * HOUR,
        send_template("bruno", "retomar_conversacion", nombre="Federico", agente="Bruno"), comes_to("read"),
    ),
    http_story(
        "Lorena Ibarra", "+54 9 11 5555-0147", 3 * HOUR,
        "Me llegó otro modelo", pick_option("Soporte"), send_photo("etiqueta.jpg"), 8, take_chat("caio"),
        reply_text("Hola Lorena, lamento el error. Lo cambiamos sin cargo."), 3, "Bueno, ¿cuándo pasan?", 5,
        reply_text("El lunes entre las 9 y las 13."), 90, "¿A la tarde sería posible?",
    ),
    web_story(
        "Emilia Núñez", 40,
        "hola, el control del aire no responde", pick_option("Soporte"), 6, take_chat("caio"),
        reply_text("Hola Emilia. ¿Probaste cambiarle las pilas?"), 3, "Sí, y nada",
        reply_text("¿Se ve algo en la pantalla del control?"),
    ),
    http_story(
        "Ernesto Quiroga", "+54 9 264 555-0139", 95,
        "Buen día", pick_option("Otra consulta"), "¿Tienen local en San Juan?", 5, take_chat("dora"),
        reply_text("Buen día Ernesto. Todavía no, enviamos desde Mendoza."), 4, "Y retiran el viejo?",
        send_location("Mendoza 540 sur, San Juan", -31.5411, -68.5249),
    ),
    http_story(
        "Cooperativa Sur", "+54 9 2902 55-0113", 6 * HOUR,
        "Buenas, por la cuenta corriente", pick_option("Administración"), 12, take_chat("sofia"),
        reply_text("Buenas, la revisamos hoy."), 6,
        send_document("Orden-de-compra-0931.pdf", "Falta imputar este pago"),
        5 * HOUR, reply_text("Ya está imputado. Les mando la factura.", "Factura-A-00012877.pdf"),
        comes_to("delivered"),
    ),
]  # fmt: skip

CLOSED = [
    http_story(
        "Martina Correa", "+54 9 261 555-0121", 5 * HOUR,
        "Hola, ¿llegó mi pedido?", pick_option("Ventas"), 6, take_chat("ana"),
        reply_text("Hola Martina, sí: está listo para retirar."), 3, "Genial, paso hoy", react_to_ours("❤️"), 10,
        close_chat(), 1, ask_score, 4, answer_score(5),
    ),
    telegram_story(
        "Diego Santillán", "@dsantillan", 8 * HOUR,
        "¿Hasta qué hora atienden?", pick_option("Otra consulta"), 4, take_chat("dora"),
        reply_text("Hola Diego, hasta las 19."), 2,
        "Gracias", 3, close_chat(),
    ),
    web_story(
        "", 10 * HOUR,
        "tienen repuestos de licuadora?", pick_option("Soporte"), 9, assign_chat("caio"),
        reply_text("Hola. De esa marca ya no, disculpá."), 5, "bueno gracias igual", 2, close_chat(),
    ),
    whatsapp_story(
        "Sandra Videla", "+54 9 11 5555-0152", 12 * HOUR,
        "Necesito la garantía del lavarropas", pick_option("Soporte"), 10, take_chat("caio"),
        reply_text("Hola Sandra, acá va.", "Garantia-7731-0042.pdf"), 4, "Mil gracias!", 6, close_chat(),
    ),
    http_story(
        "Pablo Andrade", "+54 9 2966 55-0145", 15 * HOUR,
        "Hola, ¿hay stock del freezer?", pick_option("Ventas"), 8, take_chat("bruno"),
        reply_text("Hola Pablo, entra el jueves."), 5,
        "Ok, espero", 2, leave_note("Avisarle el jueves."), close_chat(),
    ),
    http_story(
        "Laura Benedetti", "+54 9 341 555-0192", 18 * HOUR,
        "Hola, quiero la factura a nombre de la empresa", pick_option("Administración"), 10, take_chat("sofia"),
        30, sweep_forgotten, 30, sweep_forgotten, 12, take_chat("sofia"),
        reply_text("Hola Laura, pasame el CUIT y la razón social."), 6, "30-71234567-8, Benedetti Hnos.", 15,
        reply_text("Listo.", "Factura-A-00012877.pdf"), 3, "Perfecto", 5, close_chat(),
    ),
    instagram_story(
        "Catalina Rey", "@cata.rey", 20 * HOUR,
        "Se puede comprar por la web y retirar en el local?", pick_option("Ventas"), 7, take_chat("ana"),
        reply_text("Hola Catalina, sí, elegí “retiro” al pagar."), join_card("ana", "Cata Rey"), 2, "Buenísimo", 3,
        close_chat(),
    ),
    whatsapp_story(
        "Rubén Lagos", "+54 9 223 555-0166", 16 * HOUR,
        "Pasame con el dueño", pick_option("Otra consulta"), 5, take_chat("dora"),
        reply_text("Hola Rubén, contame en qué te ayudo."), 2, "Son todos unos inútiles", 1, close_chat(),
        block_contact("dora", "insultos"), 30, "Contesten!!",
    ),
    messenger_story(
        "Raúl Ojeda", 22 * HOUR,
        "Hola", pick_option("Mi pedido"), "48231", pick_option("Hablar con una persona"),
        "Me equivoqué de número de pedido",
        5, take_chat("dora"),
        send_to_tray("Administración", "corregir el pedido"), 12, take_chat("sofia"),
        reply_text("Hola Raúl, ya está corregido: 48213."), 4,
        "Gracias", 3, close_chat(),
    ),
]  # fmt: skip

EXPIRED = [
    http_story(
        "Pedidos App Norte", "cliente 20771", 30 * HOUR,
        customer_says("Pedido 47988 demorado", late=26),
    ),
    whatsapp_story(
        "Mónica Salas", "+54 9 11 5555-0180", 2 * DAY,
        "Hola, ¿la oferta es hasta hoy?", pick_option("Ventas"), 20, take_chat("ana"),
        reply_text("Hola Mónica, hasta el domingo."),
        comes_to("delivered"),
    ),
    web_story("", 3 * DAY, "buenas", pick_option("Soporte"), "no me anda el secador"),
    http_story(
        "Gonzalo Prat", "+54 9 280 555-0134", 5 * DAY,
        "Buenas", pick_option("Ventas"), "¿Venden por mayor?", 15, take_chat("bruno"),
        reply_text("Hola Gonzalo, desde 6 unidades."), 6,
        "Lo pienso", 30, close_chat(),
    ),
    messenger_story("Elsa Romero", 26 * HOUR, "Hola, me interesa la cocina", "la que está en vidriera"),
    whatsapp_story(
        "Consorcio Mitre 850", "+54 9 11 5555-0138", 7 * DAY,
        "Buen día, por el mantenimiento de los equipos", pick_option("Administración"), 25, take_chat("sofia"),
        reply_text("Buen día, les paso el presupuesto.", "Cotizacion-2291.pdf"), 20, "Lo llevamos a la reunión",
        3 * DAY, send_template("sofia", "retomar_conversacion", nombre="Mitre 850", agente="Sofía"),
        comes_to("failed", NO_PROMOTIONS, Failure.FINAL, "131049"),
    ),
    http_story(
        "Adriana Mena", "+54 9 370 555-0127", 8 * DAY,
        "Hola, compré el ventilador y vino sin las aspas", pick_option("Soporte"), send_unsupported("vista única"), 10,
        take_chat("caio"),
        reply_text("Hola Adriana, te las mandamos mañana."), 4, "Gracias", 2 * DAY,
        send_template("caio", "Pedido listo", nombre="Adriana", pedido="47102"), 30, "Ya me llegaron, gracias!", 5,
        close_chat(),
    ),
    telegram_story(
        "Cata Rey", "@catarey", 6 * DAY,
        "Hola, ¿la heladera se puede ver en el local?", pick_option("Ventas"), 12, take_chat("ana"),
        reply_text("Hola, sí, de lunes a viernes de 9 a 19."), 3, close_chat(),
    ),
    instagram_story(
        "Santiago Ferrer", "@santiferrer", 4 * DAY, "Precio del smart de 50?", pick_option("Ventas"), "Y en cuotas?",
    ),
]  # fmt: skip

STORIES = HELD + CLOSED + EXPIRED
