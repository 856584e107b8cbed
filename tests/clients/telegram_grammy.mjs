// What a bot made with grammY does: where and whom from stdin, what came of each call out.
import { readFileSync } from "node:fs";
import { Bot, GrammyError, InlineKeyboard, InputFile } from "grammy";

const told = JSON.parse(readFileSync(0, "utf8"));
const chat = Number(told.to);
const { api } = new Bot(told.token, { client: { apiRoot: told.url } });
const said = {}, refused = {};

async function refuse(name, call) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof GrammyError)) throw error;
    refused[name] = error.description;
  }
}

said.me = (await api.getMe()).username;
const text = await api.sendMessage(chat, "<i>Hola</i> Marta", { parse_mode: "HTML" });
said.text = text.text;
const quote = await api.sendMessage(chat, "¿Esto?", { reply_parameters: { message_id: Number(told.message) } });
said.quote = quote.reply_to_message.message_id;
const keyboard = new InlineKeyboard().text("Sí", "yes").url("Ver", "https://example.org/");
said.buttons = Boolean(await api.sendMessage(chat, "¿Sí?", { reply_markup: keyboard }));
const photo = await api.sendPhoto(chat, new InputFile(`${told.files}/a.png`), { caption: "mirá" });
said.photo = photo.caption;
said.document = (await api.sendDocument(chat, new InputFile(readFileSync(`${told.files}/a.pdf`), "José.pdf"))).document
  .file_name;
said.voice = (await api.sendVoice(chat, new InputFile(`${told.files}/a.ogg`))).voice.mime_type;
said.link = Boolean((await api.sendPhoto(chat, told.link)).photo);
said.reaction = await api.setMessageReaction(chat, Number(told.message), [{ type: "emoji", emoji: "🎉" }]);
said.edited = (await api.editMessageText(chat, text.message_id, "Buenas")).text;
said.deleted = await api.deleteMessage(chat, text.message_id);
await refuse("long", () => api.sendMessage(chat, "🙂".repeat(2049)));
await refuse("twice", () => api.deleteMessage(chat, text.message_id));
await refuse("data", () => api.sendMessage(chat, "a", { reply_markup: new InlineKeyboard().text("a", "x".repeat(65)) }));
await refuse("emoji", () => api.setMessageReaction(chat, Number(told.message), [{ type: "emoji", emoji: "x" }]));
await refuse("query", () => api.answerCallbackQuery("1"));
console.log(JSON.stringify({ ...said, refused }));
