"""What an owner takes from here to elsewhere is copied by a button, also without https."""

import pytest
from playwright.sync_api import expect

from tests import people
from tests.browser.desk import come_in

# what a page without https has not; and beside it a browser that copies nothing by itself
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
NO_COPYING = "document.execCommand = () => false"


@pytest.fixture
def owner(site, new_page):
    """`owner(scripts)`: a page of hers in a browser with a clipboard that starts with these scripts."""
    people.hire("olga", first_name="Olga", is_superuser=True, role="supervisor")

    def enter(*scripts, **how):
        page = new_page(permissions=["clipboard-read", "clipboard-write"], **how)
        for script in scripts:
            page.add_init_script(script)
        return come_in(page, site.url, "olga")

    return enter


def clipboard(page):
    """What was copied, read as the next program would."""
    other = page.context.new_page()
    other.goto(page.url)
    copied = other.evaluate("navigator.clipboard.readText()")
    other.close()
    return copied


def copy_button(page, of):
    return page.locator(f"[data-copy-of={of}]")


@pytest.mark.parametrize("scripts", [(), (NO_CLIPBOARD,)], ids=["https", "http"])
def test_olga_copies_the_addresses_of_a_line(site, owner, scripts, axe_finds):
    line = people.whatsapp_origin()
    olga = owner(*scripts)
    olga.goto(f"{site.url}/admin/origins/origin/{line.pk}/change/")
    for step in olga.locator(".adm-steps details").all():
        step.evaluate("(it) => (it.open = true)")
    assert olga.locator("[data-copy-of]").count() == 5
    for of in ("callback-url", "verify-token", "run-caddy", "run-cloudflared", "run-ngrok"):
        button = copy_button(olga, of)
        button.click()
        expect(button).to_have_text("Copiado")
        expect(olga.locator("#announce")).to_have_text("Copiado")
        assert clipboard(olga) == olga.locator(f"#{of}").inner_text()
        expect(button).to_have_text("Copiar")
    assert clipboard(olga) == f"ngrok http {site.url}"
    assert axe_finds(olga) == []


def test_where_nothing_may_be_copied_it_stands_chosen_and_the_page_says_what_to_press(site, owner):
    line = people.telegram_origin()
    olga = owner(NO_CLIPBOARD, NO_COPYING)
    olga.goto(f"{site.url}/admin/origins/origin/{line.pk}/change/")
    for step in olga.locator(".adm-steps details").all():
        step.evaluate("(it) => (it.open = true)")
    button = copy_button(olga, "callback-url")
    button.click()
    expect(button).to_have_text("Elegido: apretá Ctrl+C")
    expect(olga.locator("#announce")).to_have_text("Elegido: apretá Ctrl+C")
    address = olga.locator("#callback-url").inner_text()
    assert line.key in address
    assert olga.evaluate("getSelection().toString()") == address
    # twice in a row, the button still finds its own words again
    button.click()
    expect(button).to_have_text("Copiar")


@pytest.mark.parametrize("path", ["/bandejas/", "/admin/"])
def test_olga_copies_the_line_of_her_web_chat_in_first_steps(site, owner, path):
    web = people.web_origin()
    olga = owner()
    olga.goto(f"{site.url}{path}")
    olga.locator("#first-steps").get_by_role("button", name="Copiar").click()
    button = copy_button(olga, "first-snippet")
    expect(button).to_have_text("Copiado")
    copied = clipboard(olga)
    assert copied == olga.locator("#first-snippet").inner_text()
    assert f"/w/{web.key}" in copied
    assert copied.endswith("</script>")
