"""What a bot made with aiogram does: where and whom from stdin, what came of each call out."""

import asyncio
import json
import sys
from pathlib import Path

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BufferedInputFile,
    FSInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReactionTypeEmoji,
    ReplyParameters,
)

told = json.load(sys.stdin)
files, chat = Path(told["files"]), int(told["to"])


async def refuse(call):
    try:
        await call
    except TelegramBadRequest as error:
        return error.message


async def main():
    said = {}
    session = AiohttpSession(api=TelegramAPIServer.from_base(told["url"]))
    async with Bot(told["token"], session=session) as bot:
        said["me"] = (await bot.get_me()).username
        text = await bot.send_message(chat, "Hola *Marta*", parse_mode="MarkdownV2")
        said["text"] = text.text
        quote = await bot.send_message(chat, "¿Esto?", reply_parameters=ReplyParameters(message_id=told["message"]))
        said["quote"] = quote.reply_to_message.message_id
        keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Sí", callback_data="yes")]])
        said["buttons"] = bool(await bot.send_message(chat, "¿Sí?", reply_markup=keyboard))
        photo = await bot.send_photo(chat, FSInputFile(files / "a.png"), caption="mirá")
        said["photo"] = photo.caption
        named = BufferedInputFile((files / "a.pdf").read_bytes(), "presupuesto ñ.pdf")
        said["document"] = (await bot.send_document(chat, named)).document.file_name
        said["voice"] = (await bot.send_voice(chat, FSInputFile(files / "a.ogg"))).voice.mime_type
        said["venue"] = (await bot.send_venue(chat, -34.9, -56.1, "Mercado", "Rambla")).venue.title
        emoji = [ReactionTypeEmoji(emoji="❤")]
        said["reaction"] = await bot.set_message_reaction(chat, int(told["message"]), emoji)
        said["edited"] = (await photo.edit_caption(caption="otra")).caption
        said["typing"] = await bot.send_chat_action(chat, "typing")
        said["file"] = len((await bot.download(told["file"])).getvalue())
        said["deleted"] = await text.delete()
        said["refused"] = {
            "long": await refuse(bot.send_photo(chat, FSInputFile(files / "a.png"), caption="x" * 1025)),
            "html": await refuse(bot.send_message(chat, "<b>Hola", parse_mode="HTML")),
            "twice": await refuse(text.delete()),
            "picture": await refuse(bot.send_photo(chat, FSInputFile(files / "a.pdf"))),
        }
    print(json.dumps(said))


asyncio.run(main())
