"""What a bot made with python-telegram-bot does: where and whom from stdin, what came of each call out."""

import asyncio
import json
import sys
from pathlib import Path

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest

told = json.load(sys.stdin)
files, chat = Path(told["files"]), told["to"]


async def refuse(call):
    try:
        await call
    except BadRequest as error:
        return error.message


async def main():
    said = {}
    bot = Bot(told["token"], base_url=f"{told['url']}/bot", base_file_url=f"{told['url']}/file/bot")
    async with bot:
        said["me"] = bot.username
        text = await bot.send_message(chat, "*Hola* _Marta_", parse_mode="MarkdownV2")
        said["text"], said["entities"] = text.text, [entity.type for entity in text.entities]
        html = await bot.send_message(chat, "<b>1 &lt; 2</b>", parse_mode="HTML")
        said["html"] = html.text
        quote = await bot.send_message(chat, "¿Esto?", reply_parameters=ReplyParameters(int(told["message"])))
        said["quote"] = quote.reply_to_message.message_id
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Sí", callback_data="yes")]])
        said["buttons"] = len((await bot.send_message(chat, "¿Sí?", reply_markup=keyboard)).text)
        photo = await bot.send_photo(chat, files / "a.png", caption="mirá")
        said["photo"] = photo.photo[-1].width > 0
        said["again"] = bool((await bot.send_photo(chat, photo.photo[-1].file_id)).photo)
        said["document"] = (await bot.send_document(chat, files / "a.pdf", filename="José.pdf")).document.file_name
        said["voice"] = (await bot.send_voice(chat, files / "a.ogg")).voice.mime_type
        said["location"] = (await bot.send_location(chat, -34.9, -56.1)).location.latitude
        said["contact"] = (await bot.send_contact(chat, "+59899123456", "Ana")).contact.first_name
        said["reaction"] = await bot.set_message_reaction(chat, int(told["message"]), "👍")
        said["edited"] = (await text.edit_text("Buenas")).text
        said["typing"] = await bot.send_chat_action(chat, "typing")
        said["file"] = len(await (await bot.get_file(told["file"])).download_as_bytearray())
        said["deleted"] = await text.delete()
        said["refused"] = {
            "long": await refuse(bot.send_message(chat, "x" * 4097)),
            "markdown": await refuse(bot.send_message(chat, "¡Hola.", parse_mode="MarkdownV2")),
            "emoji": await refuse(bot.set_message_reaction(chat, int(told["message"]), "🧉")),
            "twice": await refuse(text.delete()),
            "same": await refuse(html.edit_text("<b>1 &lt; 2</b>", parse_mode="HTML")),
            "query": await refuse(bot.answer_callback_query("123")),
            "quote": await refuse(bot.send_message(chat, "a", reply_parameters=ReplyParameters(1))),
        }
    print(json.dumps(said))


asyncio.run(main())
