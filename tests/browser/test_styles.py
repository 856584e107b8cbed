"""Of Tabler only what our pages name is served: on no screen a rule is missed that the whole library has for it.

And of our modules, which are served as one script, none takes a name from the others that the browser has too.
"""

import pytest

from chats import access
from common.joined_modules import STARTS
from tests import people
from tests.browser.desk import tray_of
from tests.site import ROOT
from wittyagent import assets

# every selector of a sheet that fits something on the page, whatever the pointer and the focus do
FITTING = r"""(text) => {
  const element = /::[a-z-]+(?:\([^)]*\))?|:(?:before|after)\b/g
  const moment = /:(?:hover|focus(?:-visible|-within)?|active|disabled|enabled|checked|(?:in)?valid|target)\b(?!-)/g
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  const found = new Set()
  const split = (list) => {
    let depth = 0
    const parts = [""]
    for (const one of list) {
      depth += (one === "(") - (one === ")")
      if (one === "," && !depth) parts.push("")
      else parts[parts.length - 1] += one
    }
    return parts.map((one) => one.trim())
  }
  const fits = (selector) => {
    const lasting = selector.replace(element, "").replaceAll(/:not\(:[a-z-]+\)/g, "").replace(moment, ":is(*)").trim()
    try { return !lasting || document.querySelector(lasting) } catch { return false }
  }
  const walk = (rules, place) => {
    for (const rule of rules) {
      if (rule.selectorText) split(rule.selectorText).filter(fits).forEach((one) => found.add(`${place} ${one}`))
      else if (rule.conditionText) walk(rule.cssRules, rule.conditionText)
    }
  }
  walk(sheet.cssRules, "")
  return [...found]
}"""
WHOLE = (ROOT / "static" / assets.LIBRARY).read_text()


@pytest.fixture
def served(site, team):
    """A function: what the sheet that is served lacks of what fits the page."""

    def lacks(page):
        address = page.evaluate("""() => performance.getEntriesByType("resource").map((one) => one.name)
            .find((name) => name.includes("vendor/tabler"))""")
        thin = page.request.get(address).text()
        assert len(thin) < len(WHOLE) / 4
        fitting = set(page.evaluate(FITTING, WHOLE))
        assert len(fitting) > 50
        return fitting - set(page.evaluate(FITTING, thin))

    return lacks


def test_no_screen_misses_a_rule(site, team, enter, served):
    line = people.http_origin()
    waiting = people.waiting(line, tray_of("Ventas"), name="Marta Gómez")
    access.give_access(tray_of("Ventas"), [team["sofia"]])
    held = people.held(line, team["sofia"], tray_of("Ventas"), name="Juan Pérez", sender="c-2")
    sofia = enter("sofia")
    for address in (
        f"/bandejas/{waiting.tray_id}/{waiting.pk}/", f"/chat/{held.pk}/", "/contactos/",
        f"/contactos/{held.contact_id}/", "/supervision/", "/password/", f"/chats/{held.pk}/template/", "/no-hay/",
    ):  # fmt: skip
        sofia.goto(f"{site.url}{address}")
        assert served(sofia) == set(), address


def test_neither_does_the_sign_in(site, new_page, served):
    page = new_page()
    page.goto(f"{site.url}/login/")
    assert served(page) == set()


def test_what_modules_export_hides_nothing_of_the_browser_from_those_they_are_served_with(site, team, enter):
    ana = enter("ana")
    ana.goto(f"{site.url}/bandejas/")
    # elements stand under their ids in it, too
    hidden = "(all) => Object.keys(all).filter((one) => one in window && !document.getElementById(one))"
    for script in STARTS:
        assert ana.evaluate(f"import('{script}').then({hidden})") == []
