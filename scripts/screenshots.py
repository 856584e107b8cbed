"""Pictures of every screen, in both themes and on the phone, and the page that shows them.

`make demo` in one terminal, with fresh data; then `python -m scripts.screenshots [address [look …]]` in another.
Writes docs/img/screens/ and docs/screens.md.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.screens import LOOKS, SCREENS, Visit
from tests.install_browser import install

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURES = DOCS / "img" / "screens"
HEAD = """# Screens

Of the demo shop (`make demo`), light, dark and on the phone. `python -m scripts.screenshots` makes them anew.
"""


def write_page() -> str:
    """The page that shows them."""
    parts = [HEAD]
    for screen in SCREENS:
        parts.append(f"## {screen.about}\n")
        parts.append("| light | dark | phone |\n| --- | --- | --- |")
        cells = " | ".join(f"![{screen.about}, {look}](img/screens/{screen.name}-{look}.webp)" for look in LOOKS)
        parts.append(f"| {cells} |\n")
    return "\n".join(parts).rstrip() + "\n"


def take_picture(page: Page, path: Path) -> None:
    with Image.open(io.BytesIO(page.screenshot(caret="hide"))) as picture:
        picture.convert("RGB").save(path, quality=42, method=6)


def take_pictures(address: str, looks: list[str]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(install()), args=["--no-sandbox", "--lang=es-AR"], env={"LANGUAGE": "es_AR"}
        )
        for look in looks:
            theme, width, height = LOOKS[look]
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce",
                locale="es-AR", timezone_id="America/Argentina/Buenos_Aires", service_workers="block",
                has_touch=look == "phone",
            )  # fmt: skip
            visit = Visit(context.new_page(), address)
            for screen in SCREENS:
                visit.enter(screen.who)
                screen.reach(visit)
                visit.page.wait_for_load_state("networkidle")
                take_picture(visit.page, PICTURES / f"{screen.name}-{look}.webp")
            context.close()
        browser.close()


if __name__ == "__main__":
    take_pictures(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000", sys.argv[2:] or list(LOOKS))
    (DOCS / "screens.md").write_text(write_page())
