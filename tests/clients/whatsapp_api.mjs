// What a program made with whatsapp-api-js does with WhatsApp: where and whom from stdin, what came of each call out.
import { readFileSync } from "node:fs";
import { WhatsAppAPI } from "whatsapp-api-js";
import {
  ActionButtons, ActionList, Body, BodyComponent, BodyParameter, Button, Document, Header, Image, Interactive,
  ListSection, Location, Reaction, Row, Template, Text,
} from "whatsapp-api-js/messages";

const told = JSON.parse(readFileSync(0, "utf8"));
const toSandbox = (url, options) => fetch(String(url).replace("https://graph.facebook.com", told.url), options);
const client = new WhatsAppAPI({ token: told.token, secure: false, v: "v24.0", ponyfill: { fetch: toSandbox } });
const said = {}, refused = {};

async function send(name, message, context) {
  const answer = await client.sendMessage(told.line, told.to, message, context);
  said[name] = answer.messages?.[0].id ?? answer.error;
}

async function upload(data, mime, name) {
  const form = new FormData();
  form.set("messaging_product", "whatsapp");
  form.set("type", mime);
  form.set("file", new Blob([data], { type: mime }), name);
  return client.uploadMedia(told.line, form, false);
}

await send("text", new Text("Hola", true));
await send("quote", new Text("¿Esto?"), told.message);
const buttons = new ActionButtons(new Button("yes", "Sí"), new Button("no", "No"));
await send("buttons", new Interactive(buttons, new Body("¿Seguimos?")));
const rows = [0, 1, 2].map((number) => new Row(`o${number}`, `Opción ${number}`, "más"));
await send("list", new Interactive(new ActionList("Ver", new ListSection("Todo", ...rows)), new Body("Elegí")));
const picture = (await upload(readFileSync(`${told.files}/a.png`), "image/png", "foto de José.png")).id;
await send("image", new Image(picture, true, "mirá"));
await send("image_buttons", new Interactive(buttons, new Body("¿Va?"), new Header(new Image(picture, true))));
await send("link", new Image(told.link));
const paper = (await upload(readFileSync(`${told.files}/a.pdf`), "application/pdf", "a.pdf")).id;
await send("document", new Document(paper, true, "acá", "presupuesto.pdf"));
await send("location", new Location(-56.1, -34.9, "Mercado"));
await send("reaction", new Reaction(told.message, "👍"));
const body = new BodyComponent(new BodyParameter("Marta", "nombre"), new BodyParameter("Ana", "agente"));
await send("template", new Template("retomar_conversacion", "es", body));
said.read = (await client.markAsRead(told.line, told.message, "text")).success;
said.upload = (await client.retrieveMedia(picture, told.line)).mime_type;

refused.long = (await client.sendMessage(told.line, told.to, { _type: "text", body: "x".repeat(4097) })).error.code;
refused.type = (await upload("PK", "application/zip", "a.zip")).error.code;
refused.template = (await client.sendMessage(told.line, told.to, new Template("nada", "es"))).error.code;
console.log(JSON.stringify({ ...said, refused }));
