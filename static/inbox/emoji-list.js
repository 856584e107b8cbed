// Emoji and what they are called in Spanish, the name first; loaded with the picker.
const ENTRIES = `
😀 cara feliz, sonrisa, alegre | 😃 sonrisa grande, feliz | 😄 risa, feliz, alegre | 😁 sonrisa con dientes, feliz
😆 carcajada, risa | 😅 risa nerviosa, uf, sudor | 😂 llorar de risa, jaja | 🤣 muerto de risa, jaja
🙂 sonrisa leve | 🙃 al revés, ironía | 😉 guiño | 😊 contento, sonrojado | 😇 ángel, santo
🥰 enamorado, cariño, corazones | 😍 ojos de corazón, encanta | 😘 beso | 😋 rico, delicioso
😎 lentes, genial, canchero | 🤩 estrellas, fascinado | 🥳 fiesta, festejo, cumpleaños | 🤔 pensando, duda
🤨 ceja, sospecha | 😐 neutral, serio | 😴 dormido, sueño | 😬 mueca, incómodo | 🙄 ojos en blanco
😮 sorpresa, asombro | 😲 asombrado, wow | 😳 vergüenza, sonrojo | 🥺 por favor, ruego | 😢 triste, lágrima
😭 llanto, llorar | 😞 decepción, triste | 😔 pensativo, apenado | 😟 preocupado | 😕 confundido | 😩 cansado, agotado
😤 resoplido, bronca | 😠 enojado | 😡 furioso, enojo | 🤯 cabeza explota, increíble | 😱 grito, miedo, susto
😰 ansioso, nervios | 🤗 abrazo | 🤝 apretón de manos, trato, acuerdo | 👍 pulgar arriba, bien, dale, ok
👎 pulgar abajo, mal | 👌 perfecto, ok | ✌️ paz, victoria | 🤞 dedos cruzados, suerte | 🤙 llamame, teléfono
👏 aplauso, felicitaciones | 🙌 manos arriba, celebrar | 🙏 gracias, por favor, rezo | 💪 fuerza, músculo
👋 hola, chau, saludo | 👇 abajo, señala | 👆 arriba, señala | 👉 derecha, señala | 👈 izquierda, señala
✋ alto, mano | ✍️ escribir, firma | 👀 ojos, mirar | 🧠 cerebro, idea | 🗣️ hablar | 👤 persona | 👥 personas, grupo
👨‍💻 trabajo, computadora | 👩‍💻 trabajadora, computadora | 👨‍🔧 técnico, mecánico | 👷 obrero, construcción
🚶 caminar | 🏃 correr, apuro | ❤️ corazón, amor | 🧡 corazón naranja | 💛 corazón amarillo | 💚 corazón verde
💙 corazón azul | 💜 corazón violeta | 🖤 corazón negro | 🤍 corazón blanco | 💔 corazón roto | 💯 cien, total
✅ listo, hecho, confirmado | ✔️ tilde, correcto | ❌ no, error, cancelar | ❗ atención, exclamación | ❓ pregunta
⚠️ cuidado, advertencia | 🚫 prohibido | ⛔ no pasar, prohibido | ⭐ estrella | 🌟 estrella brillante
✨ brillos, nuevo | 🔥 fuego, oferta | 🎉 festejo, felicitaciones | 🎊 fiesta, papelitos | 🎁 regalo
🎂 torta, cumpleaños | 🎈 globo | 🏆 copa, premio | 🥇 medalla, primero | 🔔 campana, aviso | 🔕 sin avisos
📣 anuncio, megáfono | 💬 mensaje, chat | 💭 pensamiento | 📞 teléfono, llamada | ☎️ teléfono fijo | 📱 celular
💻 notebook, computadora | 🖥️ computadora, monitor | 🖨️ impresora | ⌨️ teclado | 🔋 batería | 🔌 enchufe
💡 idea, lámpara, luz | 🔦 linterna | 🔧 llave, arreglo | 🔨 martillo | 🛠️ herramientas, reparación | 🔩 tornillo
⚙️ engranaje, configuración | 🧰 caja de herramientas | 🔍 lupa, buscar | 🔒 candado, cerrado | 🔓 candado abierto
🔑 llave | 📎 clip, adjunto | 📌 chinche, fijado | 📍 ubicación, lugar | 🗺️ mapa | 📄 documento, hoja
📃 página, contrato | 📑 papeles | 📋 lista, portapapeles | 📝 nota, anotar | 📊 gráfico, barras
📈 sube, crecimiento | 📉 baja | 📅 calendario, fecha | 📆 almanaque, día | 🗓️ agenda | ⏰ despertador, hora
⏳ reloj de arena, espera | ⌛ tiempo cumplido | 🕐 reloj, una | 🕘 reloj, nueve | 📦 paquete, caja, pedido
🚚 camión, envío, reparto | 🚛 camión grande, flete | 🏍️ moto | 🛵 motito, cadete | 🚗 auto | 🚕 taxi
🚌 colectivo, ómnibus | ✈️ avión, vuelo | 🚢 barco | 🚲 bicicleta | 🛒 carrito, compra | 🛍️ bolsas, compras
🏪 negocio, almacén | 🏬 tienda | 🏠 casa, domicilio | 🏡 casa con jardín | 🏢 oficina, edificio | 🏭 fábrica
🏥 hospital | 🏦 banco | 🏨 hotel | 🏫 escuela | 💳 tarjeta, crédito, débito | 💵 billete, dólares, efectivo
💰 plata, dinero | 💸 pago, gasto | 🧾 factura, recibo, ticket | 🏷️ etiqueta, precio | 💲 pesos, precio
📷 cámara, foto | 📸 foto, flash | 🎥 filmadora, video | 🎤 micrófono | 🎧 auriculares | 🎵 música, nota | 📺 televisor
📻 radio | 🖼️ cuadro, imagen | 👕 remera | 👖 pantalón | 👗 vestido | 👟 zapatilla | 👠 zapato, taco
🧥 campera, abrigo | 👜 cartera | 🎒 mochila | 👓 anteojos | 🕶️ lentes de sol | 💍 anillo | ⌚ reloj pulsera | 🪑 silla
🛋️ sillón | 🛏️ cama | 🚿 ducha | 🚽 inodoro | 🧹 escoba, limpieza | 🧺 canasto, lavado | 🧼 jabón | 🧊 hielo
🪟 ventana | 🚪 puerta | 🌡️ termómetro, temperatura | ☕ café | 🧉 mate | 🍵 té | 🥤 gaseosa | 🍺 cerveza | 🍷 vino
🥂 brindis | 🍕 pizza | 🍔 hamburguesa | 🌭 pancho | 🍟 papas fritas | 🥪 sándwich | 🥩 carne, asado | 🍗 pollo
🥗 ensalada | 🍝 fideos, pasta | 🍣 sushi | 🍞 pan | 🥐 medialuna, factura | 🍰 torta, porción | 🍫 chocolate
🍦 helado | 🍎 manzana | 🍌 banana | 🍊 naranja | 🍋 limón | 🍓 frutilla | 🥑 palta | 🥔 papa | 🍅 tomate | 🧀 queso
🥚 huevo | 🐶 perro | 🐱 gato | 🐴 caballo | 🐮 vaca | 🐔 gallina | 🐟 pez | 🐝 abeja | 🌹 rosa, flor | 🌻 girasol
🌷 tulipán | 🌱 brote, planta | 🌳 árbol | 🌵 cactus | ☀️ sol, buen día | 🌤️ sol y nubes | ☁️ nube | 🌧️ lluvia
⛈️ tormenta | ❄️ frío, nieve | 💧 gota, agua | 🌙 luna, noche | 🌈 arcoíris | 🌎 mundo, américa | ⚽ fútbol, pelota
🏀 básquet | 🎾 tenis | 🏐 vóley | 🎮 juego, consola | 🎯 objetivo, blanco | 🎓 graduación | 📚 libros | ✏️ lápiz
💊 remedio, pastilla | 💉 vacuna, inyección | 🩺 médico, estetoscopio | 🦷 diente, dentista | 😷 barbijo
🤒 enfermo, fiebre | 🤕 golpe, herido | 🤧 resfrío | ⚡ rayo, electricidad, rápido | ♻️ reciclar | ➕ más | ➖ menos
➡️ flecha derecha | ⬅️ flecha izquierda | ⬆️ flecha arriba | ⬇️ flecha abajo | 🔄 cambio, actualizar | 🔙 volver
🆗 ok | 🆕 nuevo | 🆓 gratis | 1️⃣ uno | 2️⃣ dos | 3️⃣ tres | 🔴 rojo | 🟡 amarillo | 🟢 verde | 🔵 azul | 🇦🇷 argentina
🇺🇾 uruguay | 🇨🇱 chile | 🇧🇷 brasil | 🇵🇾 paraguay | 🇧🇴 bolivia | 🇵🇪 perú | 🇨🇴 colombia | 🇲🇽 méxico | 🇪🇸 españa
`

export const EMOJI = ENTRIES.trim()
  .split(/ \| |\n/)
  .map((entry) => [entry.slice(0, entry.indexOf(" ")), entry.slice(entry.indexOf(" ") + 1)])
