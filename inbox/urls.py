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
    installing,
    message_actions,
    own_settings,
    search,
    template_dialog,
    trays,
    visibility,
    workspaces,
)

urlpatterns = [
    path("", account.redirect_home, name="home"),
    path("login/", login_not_required(account.LoginView.as_view()), name="login"),
    path("logout/", account.sign_out, name="logout"),
    path("password/", account.PasswordView.as_view(), name="password_change"),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("ajustes/", own_settings.show_settings, name="settings"),
    path("manifest.webmanifest", installing.show_manifest, name="manifest"),
    path("worker.js", installing.show_worker, name="service_worker"),
    path("offline/", installing.show_offline, name="offline"),
    path("presence/", account.set_presence, name="presence"),
    path("bandejas/", trays.show_general_tray, name="inbox"),
    path("bandejas/<int:pk>/", trays.show_tray, name="tray"),
    path("bandejas/<int:pk>/<int:chat_pk>/", trays.show_preview, name="preview"),
    path("chat/", workspaces.show_workspaces, name="chats"),
    path("chat/<int:pk>/", workspaces.show_chat, name="chat"),
    path("chat/<int:pk>/pane/", workspaces.refresh_pane, name="pane"),
    path("chat/slots/<int:slot>/clear/", workspaces.clear_pane, name="clear_pane"),
    path("contactos/", contacts.list_contacts, name="contacts"),
    path("contactos/<int:pk>/", contacts.show_contact, name="contact"),
    path("contactos/<int:pk>/chat/", contact_chat.show_contact_chat, name="contact_chat"),
    path("contactos/<int:pk>/facts/", contact_chat.show_contact_facts, name="contact_facts"),
    path("buscar/", search.show_search, name="search"),
    path("chats/take-next/", chat_actions.take_next, name="take_next"),
    path("chats/<int:pk>/take/", chat_actions.take_chat, name="take"),
    path("chats/<int:pk>/give-back/", chat_actions.give_back, name="give_back"),
    path("chats/<int:pk>/send/", chat_actions.send_to_tray, name="send"),
    path("chats/<int:pk>/close/", chat_actions.close_chat, name="close"),
    path("chats/<int:pk>/reply/", chat_actions.post_reply, name="reply"),
    path("chats/<int:pk>/note/", chat_actions.post_note, name="note"),
    path("chats/<int:pk>/template/", template_dialog.send_template, name="template"),
    path("chats/<int:pk>/template/form/", template_dialog.show_template_dialog, name="template_form"),
    path("chats/<int:pk>/place/", message_actions.send_location, name="place"),
    path("chats/<int:pk>/card/", message_actions.send_contact_card, name="card"),
    path("chats/<int:pk>/why/", visibility.explain_visibility, name="why"),
    path("chats/<int:pk>/messages/", contact_chat.show_older_messages, name="older"),
    path("messages/<int:pk>/retry/", message_actions.retry_message, name="retry"),
    path("messages/<int:pk>/media/", message_actions.retry_media, name="media"),
    path("messages/<int:pk>/react/", message_actions.react_to_message, name="react"),
    path("messages/<int:pk>/edit/", message_actions.edit_message, name="edit"),
    path("messages/<int:pk>/withdraw/", message_actions.withdraw_message, name="withdraw"),
    path("files/<uuid:uuid>/", files.serve_file, name="file"),
]

sockets = [path("ws/", consumers.AgentConsumer.as_asgi())]
