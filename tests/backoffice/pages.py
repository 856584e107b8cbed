"""The admin's pages, as tests read and fill them in."""

from django.contrib.admin.models import LogEntry
from django.urls import reverse


def page(model, name, *args):
    return reverse(f"admin:{model}_{name}", args=args)


def history():
    return [str(entry.get_change_message()) for entry in LogEntry.objects.order_by("id")]


def errors(response):
    assert response.status_code == 200, response.status_code
    form = response.context["adminform"].form
    return " ".join(str(error) for found in form.errors.values() for error in found)


NO_RECEPTION = {"reception-TOTAL_FORMS": 1, "reception-INITIAL_FORMS": 0}


def change(origin, **fields):
    form = {"name": origin.name, "is_active": "on", "session_hours": 24, **NO_RECEPTION, **fields}
    return page("origins_origin", "change", origin.pk), form


def delete(client, endpoint, how):
    if how == "page":
        return client.post(page("wittybots_endpoint", "delete", endpoint.pk), {"post": "yes"}, follow=True)
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [endpoint.pk]}
    return client.post(page("wittybots_endpoint", "changelist"), chosen, follow=True)


def words(door):
    return " ".join(f"{note.words} {note.advice}" for note in door.notes)
