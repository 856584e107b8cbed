"""The admin's pages, as tests read and fill them in."""

from html.parser import HTMLParser

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


class _Fields(HTMLParser):
    """What a browser would send of the admin's form as it stands."""

    def __init__(self, form_id):
        super().__init__()
        self.form_id, self.inside, self.sent = form_id, False, {}
        self.select = self.text = None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.inside = found.get("id") == self.form_id
        if not self.inside or "disabled" in found:
            return
        name, kind = found.get("name"), found.get("type")
        if tag == "input" and name and kind not in ("submit", "button", "file"):
            if kind not in ("checkbox", "radio") or "checked" in found:
                self.sent.setdefault(name, []).append(found.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select" and name:
            self.select, self.options = (name, "multiple" in found), []
        elif tag == "option" and self.select:
            self.options.append((found.get("value", ""), "selected" in found))
        elif tag == "textarea" and name:
            self.text = name
            self.sent[name] = [""]

    def handle_data(self, data):
        if self.text:
            self.sent[self.text][0] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self.text:
            self.sent[self.text] = [self.sent[self.text][0].removeprefix("\n")]
            self.text = None
        elif tag == "select" and self.select:
            (name, many), self.select = self.select, None
            chosen = [value for value, is_chosen in self.options if is_chosen]
            if chosen or (self.options and not many):
                self.sent[name] = chosen or [self.options[0][0]]
        elif tag == "form":
            self.inside = False


def opened(client, address):
    """The fields of the admin's form at this address, as a browser would send them: {name: [values]}."""
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    parser = _Fields(f"{response.context['opts'].model_name}_form")
    parser.feed(response.content.decode())
    assert parser.sent, "no form"
    return parser.sent
