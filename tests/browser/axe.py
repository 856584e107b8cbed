"""What axe-core has against a page: as it is, or in every look that it may have."""

from axe_playwright_python.sync_playwright import Axe

RUN = "([within, options]) => axe.run(within ?? document, options).then((found) => found.violations)"
# what the phone hides may be a control's name, or what one scrolls by
RULES_OF_LAYOUT = (
    "aria-command-name", "aria-hidden-focus", "aria-input-field-name", "aria-toggle-field-name", "button-name",
    "empty-heading", "label", "landmark-one-main", "link-name", "nested-interactive", "page-has-heading-one",
    "scrollable-region-focusable", "select-name",
)  # fmt: skip
# of WCAG 2.2, AA, which axe does not ask for by itself: 24 px, or room around it
TARGETS = "target-size"
IS_WIDER = "() => document.documentElement.scrollWidth > innerWidth"
# colours may change slowly
COLOURS_STAND = "() => Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))"


def find_faults(page, *rules, within=None, with_targets=False):
    """One line each, of a page or a frame, or of that part of it; by all rules (and that of targets), or by these."""
    # to preload is to fetch styles and sounds anew, for rules about what plays by itself: here nothing does
    options = {"resultTypes": ["violations"], "preload": False, "rules": {TARGETS: {"enabled": with_targets}}}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(RUN, [within, options])
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def find_faults_in_every_look(page):
    """By all rules in the light, and the size of targets; in the dark the colours are others, and on the phone the layout is.

    Where a dialog stands above the page, of the dialog alone: below it nothing can be reached.
    """
    within = "dialog:modal" if page.locator("dialog:modal").count() else None
    wide = page.viewport_size
    faults = find_faults(page, within=within, with_targets=True) + wider(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate(COLOURS_STAND)
    faults += [f"dark: {fault}" for fault in find_faults(page, "color-contrast", within=within)]
    page.set_viewport_size({"width": 390, "height": 844})
    faults += [f"phone: {fault}" for fault in find_faults(page, *RULES_OF_LAYOUT, within=within) + wider(page)]
    # all of it at once: what is half under a bar that sticks is scrolled out from there
    page.set_viewport_size({"width": 390, "height": 4000})
    faults += [f"phone: {fault}" for fault in find_faults(page, TARGETS, within=within)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(wide)
    return faults


def wider(page):
    return ["wider than the window"] if page.evaluate(IS_WIDER) else []
