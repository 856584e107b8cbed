"""An Errbot plugin as a team has it: it greets, offers a choice, and hands over."""

import os

from errbot import BotPlugin, webhook


class Witty(BotPlugin):
    def activate(self):
        super().activate()
        plugins = self._bot.plugin_manager
        port = int(os.environ["ERRBOT_PORT"])
        ssl = {"enabled": False, "host": "", "port": 0, "certificate": "", "key": ""}
        plugins.set_plugin_configuration("Webserver", {"HOST": "127.0.0.1", "PORT": port, "SSL": ssl})
        if not plugins.get_plugin_obj_by_name("Webserver").is_activated:
            plugins.activate_plugin("Webserver")

    @webhook("/witty")
    def witty(self, event):
        if event["event"] != "message_created":
            return {}
        said = event["message"]["payload"].get("payload") or event["message"]["content"]
        if said == "ventas":
            summary = f"{event['contact']['name']} quiere comprar"
            return {"messages": ["Te paso."], "handoff": {"tray": "Ventas", "summary": summary}}
        buttons = [{"title": "Comprar", "payload": "ventas"}]
        return {"messages": [{"content": f"Hola {event['contact']['name']}", "buttons": buttons}]}
