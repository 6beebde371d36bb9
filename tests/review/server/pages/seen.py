"""What a page must hold to be worked in: no control over another, nothing that scrolls sideways, nothing for axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Visible, enabled controls whose boxes share more than a pixel, though neither holds the other; what a scroll box cuts
# off counts by the part that is seen.
_OVERLAPS = """() => {
  const seen = (node) => {
    let { left, top, right, bottom } = node.getBoundingClientRect();
    for (let up = node.parentElement; up; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const box = up.getBoundingClientRect();
      [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
      [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    // What a bar over the page hides is not at hand, and can be scrolled to.
    const bar = document.querySelector(".decide");
    if (bar && getComputedStyle(bar).position === "fixed" && !bar.contains(node)) {
      bottom = Math.min(bottom, bar.getBoundingClientRect().top);
    }
    return {
      left: Math.max(left, 0), top: Math.max(top, 0),
      right: Math.min(right, innerWidth), bottom: Math.min(bottom, innerHeight),
    };
  };
  const open = document.querySelector("dialog[open], details[data-popover][open]");
  const within = open ?? document;
  const controls = [...within.querySelectorAll("button, select, input, textarea, a[href], summary")]
    .filter((node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }))
    .filter((node) => !node.closest(".unseen, .skip"))
    .map((node) => ({ node, ...seen(node) }))
    .filter((box) => box.right - box.left > 2 && box.bottom - box.top > 2);
  const told = [];
  const words = (node) => (node.textContent || node.name || "").trim().slice(0, 24);
  const name = ({ node }) => `${node.tagName} ${node.className} ${words(node)}`;
  for (const [at, one] of controls.entries()) {
    for (const other of controls.slice(at + 1)) {
      if (one.node.contains(other.node) || other.node.contains(one.node)) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (wide > 1.5 && high > 1.5) told.push(`${name(one)} | ${name(other)} ${Math.round(wide)}x${Math.round(high)}`);
    }
  }
  return told;
}"""
# Parts of a page that must be there to be worked with, and how high at least; one that holds less may be lower.
_FLAT = """(least) => Object.entries(least).flatMap(([what, height]) => {
  const node = document.querySelector(what);
  const found = node && node.checkVisibility() ? node.getBoundingClientRect().height : null;
  return found !== null && found < Math.min(height, Math.max(node.scrollHeight, 24)) ? [`${what}: ${found} px`] : [];
})"""
_SIDEWAYS = """() => {
  const told = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth + 1) {
    const all = [...document.querySelectorAll("body *")];
    const wide = all.filter((node) => node.getBoundingClientRect().right > innerWidth + 1);
    const names = wide.slice(0, 3).map((node) => `${node.tagName}.${node.className}`);
    told.push(`page ${root.scrollWidth} > ${root.clientWidth}: ${names}`);
  }
  return told;
}"""
_LEAST = {"#context-scroll": 90, "#card-scroll": 90, "#queue-scroll": 120, ".stage": 100}


def check_seen(page: Page, what: str, *, axe: bool = True) -> None:
    """Fails with the name of every pair that overlaps, every part without height, what scrolls sideways, and axe."""
    for told in (page.evaluate(_SIDEWAYS), page.evaluate(_FLAT, _LEAST), page.evaluate(_OVERLAPS)):
        assert told == [], f"{what}: {told}"
    if axe:
        found = Axe().run(page).response["violations"]
        told = [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found]
        assert told == [], f"{what}: {told}"


_SCREENS = ((1366, 768), (390, 844))
_MAIN_SIDEWAYS = """() => {
  const main = document.querySelector("main");
  return main.scrollWidth > main.clientWidth + 1 ? [`main ${main.scrollWidth} > ${main.clientWidth}`] : [];
}"""


def check_office(page: Page, what: str) -> None:
    """Fails with what scrolls sideways on a laptop and on a phone, and what axe finds, in both languages."""
    url = page.url
    for language in ("en", "zh"):
        page.goto(f"{url}{'&' if '?' in url else '?'}lang={language}")
        for width, height in _SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(_SIDEWAYS) == [], f"{what} {language} {width}"
            assert page.evaluate(_MAIN_SIDEWAYS) == [], f"{what} {language} {width}"
            found = Axe().run(page).response["violations"]
            told = [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found]
            assert told == [], f"{what} {language} {width}: {told}"
