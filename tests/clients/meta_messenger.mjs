// What a program made with @warriorteam/messenger-sdk does with a page (Messenger or Instagram): stdin in, out what came.
import { readFileSync } from "node:fs";
import { Messenger, MessengerAPIError } from "@warriorteam/messenger-sdk";

const told = JSON.parse(readFileSync(0, "utf8"));
const client = new Messenger({ accessToken: told.token, version: "v23.0", baseUrl: told.url });
const recipient = { id: told.to };
const said = {}, refused = {};

function write(message, more = {}) {
  return client.send.message({ recipient, messaging_type: "RESPONSE", message, ...more });
}

async function refuse(name, call) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof MessengerAPIError)) throw error;
    refused[name] = [error.code, error.subcode ?? null];
  }
}

said.text = (await write({ text: "Hola" })).message_id;
said.buttons = (await write({
  text: "¿Sí?", quick_replies: [{ content_type: "text", title: "Sí", payload: "yes" }],
})).message_id;
said.quote = (await write({ text: "¿Esto?" }, { reply_to: { mid: told.message } })).message_id;
said.link = (await client.send.attachmentFromUrl({ recipient, type: "image", url: told.link })).message_id;
const kept = await client.attachments.upload({ type: "image", url: told.link });
said.again = (await client.send.attachment({ recipient, type: "image", attachment_id: kept.attachment_id })).message_id;
said.template = (await client.templates.button({
  recipient, text: "¿Qué?", buttons: [{ type: "postback", title: "Ventas", payload: "ventas" }],
})).message_id;
said.typing = (await client.send.typingOn(told.to)).recipient_id;
said.read = (await client.send.markSeen(told.to)).recipient_id;
await client.send.addReaction(told.to, { messageId: told.message, emoji: told.emoji });
await client.send.removeReaction(told.to, told.message);
await refuse("empty", () => write({}));
await refuse("link", () => client.send.attachmentFromUrl({ recipient, type: "image", url: told.nowhere }));
await refuse("nobody", () => client.send.message({ recipient: { id: "1" }, message: { text: "a" } }));
await refuse("reaction", () => client.send.addReaction(told.to, { messageId: "m_none", emoji: told.emoji }));
console.log(JSON.stringify({ ...said, refused }));
