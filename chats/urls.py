from django.urls import path

from chats import consumers, webhooks, widget
from chats.views import actions, contact, files, messages, panes, supervision, templates, trays

urlpatterns = [
    path("bandejas/", trays.inbox, name="inbox"),
    path("bandejas/<int:pk>/", trays.tray, name="tray"),
    path("bandejas/<int:pk>/<int:chat_pk>/", trays.preview, name="preview"),
    path("chat/", panes.workspaces, name="chats"),
    path("chat/<int:pk>/", panes.chat, name="chat"),
    path("chat/<int:pk>/pane/", panes.pane, name="pane"),
    path("chat/slots/<int:slot>/clear/", panes.clear, name="clear_pane"),
    path("supervision/", supervision.supervision, name="supervision"),
    path("contactos/<int:pk>/chat/", contact.contact_chat, name="contact_chat"),
    path("contactos/<int:pk>/facts/", contact.contact_facts, name="contact_facts"),
    path("chats/take-next/", actions.take_next, name="take_next"),
    path("chats/<int:pk>/take/", actions.take, name="take"),
    path("chats/<int:pk>/give-back/", actions.give_back, name="give_back"),
    path("chats/<int:pk>/send/", actions.send, name="send"),
    path("chats/<int:pk>/close/", actions.close, name="close"),
    path("chats/<int:pk>/reply/", actions.reply, name="reply"),
    path("chats/<int:pk>/note/", actions.note, name="note"),
    path("chats/<int:pk>/template/", templates.template, name="template"),
    path("chats/<int:pk>/template/form/", templates.template_form, name="template_form"),
    path("chats/<int:pk>/place/", messages.place, name="place"),
    path("chats/<int:pk>/card/", messages.card, name="card"),
    path("chats/<int:pk>/messages/", contact.older, name="older"),
    path("messages/<int:pk>/retry/", messages.retry, name="retry"),
    path("messages/<int:pk>/media/", messages.media, name="media"),
    path("messages/<int:pk>/react/", messages.react, name="react"),
    path("messages/<int:pk>/edit/", messages.edit, name="edit"),
    path("messages/<int:pk>/withdraw/", messages.withdraw, name="withdraw"),
    path("files/<uuid:uuid>/", files.file, name="file"),
    path("webhooks/<slug:key>/", webhooks.webhook, name="webhook"),
    path("webhooks/files/<str:token>/", webhooks.outgoing_file, name="outgoing_file"),
    path("w/<slug:key>/", widget.page, name="widget"),
    path("w/<slug:key>/widget.js", widget.script, name="widget_script"),
    path("w/<slug:key>/demo/", widget.demo, name="widget_demo"),
    path("w/<slug:key>/visitor/", widget.visitor, name="widget_visitor"),
    path("w/<slug:key>/messages/", widget.messages, name="widget_messages"),
    path("w/<slug:key>/files/", widget.upload, name="widget_upload"),
    path("w/<slug:key>/files/<uuid:uuid>/", widget.file, name="widget_file"),
]

sockets = [
    path("ws/", consumers.AgentConsumer.as_asgi()),
    path("w/<slug:key>/ws/", consumers.VisitorConsumer.as_asgi()),
    path("<path:other>", consumers.NobodyConsumer.as_asgi()),
]
