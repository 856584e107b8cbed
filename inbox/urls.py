"""Addresses of what agents see and do, and their socket."""

from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from inbox import consumers
from inbox.views import (
    account,
    chat_actions,
    contact_chat,
    contacts,
    files,
    message_actions,
    template_dialog,
    trays,
    workspaces,
)

urlpatterns = [
    path("", account.home, name="home"),
    path("login/", login_not_required(account.Login.as_view()), name="login"),
    path("logout/", account.sign_out, name="logout"),
    path("password/", account.Password.as_view(), name="password_change"),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("presence/", account.presence, name="presence"),
    path("bandejas/", trays.inbox, name="inbox"),
    path("bandejas/<int:pk>/", trays.tray, name="tray"),
    path("bandejas/<int:pk>/<int:chat_pk>/", trays.preview, name="preview"),
    path("chat/", workspaces.workspaces, name="chats"),
    path("chat/<int:pk>/", workspaces.chat, name="chat"),
    path("chat/<int:pk>/pane/", workspaces.pane, name="pane"),
    path("chat/slots/<int:slot>/clear/", workspaces.clear, name="clear_pane"),
    path("contactos/", contacts.contacts, name="contacts"),
    path("contactos/<int:pk>/", contacts.contact, name="contact"),
    path("contactos/<int:pk>/chat/", contact_chat.contact_chat, name="contact_chat"),
    path("contactos/<int:pk>/facts/", contact_chat.contact_facts, name="contact_facts"),
    path("chats/take-next/", chat_actions.take_next, name="take_next"),
    path("chats/<int:pk>/take/", chat_actions.take, name="take"),
    path("chats/<int:pk>/give-back/", chat_actions.give_back, name="give_back"),
    path("chats/<int:pk>/send/", chat_actions.send, name="send"),
    path("chats/<int:pk>/close/", chat_actions.close, name="close"),
    path("chats/<int:pk>/reply/", chat_actions.reply, name="reply"),
    path("chats/<int:pk>/note/", chat_actions.note, name="note"),
    path("chats/<int:pk>/template/", template_dialog.template, name="template"),
    path("chats/<int:pk>/template/form/", template_dialog.template_form, name="template_form"),
    path("chats/<int:pk>/place/", message_actions.place, name="place"),
    path("chats/<int:pk>/card/", message_actions.card, name="card"),
    path("chats/<int:pk>/messages/", contact_chat.older, name="older"),
    path("messages/<int:pk>/retry/", message_actions.retry, name="retry"),
    path("messages/<int:pk>/media/", message_actions.media, name="media"),
    path("messages/<int:pk>/react/", message_actions.react, name="react"),
    path("messages/<int:pk>/edit/", message_actions.edit, name="edit"),
    path("messages/<int:pk>/withdraw/", message_actions.withdraw, name="withdraw"),
    path("files/<uuid:uuid>/", files.file, name="file"),
]

sockets = [path("ws/", consumers.AgentConsumer.as_asgi())]
