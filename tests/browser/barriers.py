"""What the walks look for on a page beside axe: rules of HTML_CodeSniffer, targets, and what is cut off or too wide."""

from functools import cache
from pathlib import Path

from .conftest import scrolls_sideways

LARGE = {"width": 1280, "height": 800}
SMALLEST = {"width": 320, "height": 256}  # 1280 x 1024, enlarged to 400 %


@cache
def html_codesniffer():
    """BSD-3-Clause, as its makers published it; vendor/HTMLCS-licence.txt."""
    return (Path(__file__).parent / "vendor" / "HTMLCS.js").read_text(encoding="utf-8")


def sniff(page, standard="WCAG2AAA"):
    """Its errors, one line each. Warnings and notices ask a person to look and are none."""
    page.evaluate(html_codesniffer())
    return page.evaluate(
        """standard => new Promise(resolve => HTMLCS.process(standard, document, () => resolve(
             HTMLCS.getMessages().filter(message => message.type === HTMLCS.ERROR).map(message =>
               `${message.code}: ${message.msg} ${message.element.outerHTML?.slice(0, 160)}`))))""",
        standard,
    )


SMALL_TARGETS = """
(least) => {
  const sentence = (link) => {
    const block = link.closest("p, li, dd, dt, td, th, figcaption, address, blockquote, h1, h2, h3, h4");
    const beside = block ? block.innerText.replace(/\\s+/g, " ").trim().length - link.innerText.trim().length : 0;
    return getComputedStyle(link).display === "inline" && beside > 3; // a link in a sentence is as high as its line
  };
  const small = [];
  for (const target of document.querySelectorAll("a[href], button, summary, input, select, textarea, [role=button]")) {
    if (target.type === "hidden" || !target.checkVisibility({visibilityProperty: true})) continue;
    if (target.closest("[aria-hidden=true]") || target.closest(".skip") || sentence(target)) continue;
    let box = target.getBoundingClientRect();
    if (["radio", "checkbox"].includes(target.type)) box = (target.closest(".choice, label") || target).getBoundingClientRect();
    const covering = getComputedStyle(target, "::after");
    if (covering.position === "absolute" && covering.inset === "0px" && target.offsetParent) box = target.offsetParent.getBoundingClientRect();
    if (box.width < least || box.height < least)
      small.push(`${Math.round(box.width)} x ${Math.round(box.height)}: ${target.outerHTML.slice(0, 120)}`);
  }
  return small;
}
"""


def small_targets(page, least=43.9):
    return page.evaluate(SMALL_TARGETS, least)


# What WCAG 1.4.12 has readers set, in a sheet of the browser's own: the page's policy refuses any other.
SPACED = """
() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
                     p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}
"""

CUT_OFF = """
() => [...document.querySelectorAll("body *")].filter((element) => {
  const style = getComputedStyle(element);
  if (!element.checkVisibility() || !element.innerText?.trim() || style.clipPath !== "none") return false;
  if (element.closest(".visually-hidden, .header-phone span, tr:first-child")) return false;
  const cut = (overflow, inner, outer) => ["hidden", "clip"].includes(overflow) && inner > outer + 1;
  return cut(style.overflowY, element.scrollHeight, element.clientHeight)
      || cut(style.overflowX, element.scrollWidth, element.clientWidth);
}).map((element) => element.outerHTML.slice(0, 120))
"""

STUCK = """
() => [...document.querySelectorAll("body *")].filter((element) =>
  ["fixed", "sticky"].includes(getComputedStyle(element).position) && element.getBoundingClientRect().height > innerHeight / 3
).map((element) => element.outerHTML.slice(0, 120))
"""

MOVING = """
() => [...document.querySelectorAll("*")].filter((element) => ["", "::before", "::after"].some((part) => {
  const style = getComputedStyle(element, part || null);
  return [style.transitionDuration, style.animationDuration].some((time) => time.split(", ").some((one) => parseFloat(one) > 0))
      || style.scrollBehavior === "smooth";
})).map((element) => element.outerHTML.slice(0, 80))
"""


def by_night(page):
    page.emulate_media(color_scheme="dark")
    faults = [f"by night: {fault}" for fault in sniff(page)]
    page.emulate_media(color_scheme="light")
    return faults


def enlarged(page):
    page.set_viewport_size(SMALLEST)
    page.evaluate(SPACED)
    sideways = scrolls_sideways(page)
    faults = [f"{sideways} px too wide"] * (sideways > 0)
    faults += page.evaluate(CUT_OFF) + page.evaluate(STUCK)
    page.evaluate("document.adoptedStyleSheets = []")
    page.set_viewport_size(LARGE)
    return faults


CUT_FIELDS = """
() => [...document.querySelectorAll(".aligned .form-row > div :is(input, select, textarea)")]
  .filter((field) => field.offsetWidth > 1)
  .filter((field) => field.getBoundingClientRect().right > field.closest("fieldset").getBoundingClientRect().right + 0.5)
  .map((field) => `${field.name} is cut at its end`)
"""


def cut_fields(page):
    """On the narrowest phone: the rows of the admin's forms hide what is too wide for them."""
    page.set_viewport_size(SMALLEST)
    cut = page.evaluate(CUT_FIELDS)
    page.set_viewport_size(LARGE)
    return cut


CONTROLS = {
    **{role: role for role in ("link", "button", "textbox", "searchbox", "combobox", "listbox", "radio", "checkbox")},
    "DisclosureTriangle": "unfold",
    "DisclosureTriangleGrouped": "unfold",
}


def controls(page):
    """Role and name of everything that can be worked, as the browser tells a screen reader, in the order of the page."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {node["nodeId"]: node for node in tree}
    found, waiting = [], [tree[0]]
    while waiting:
        node = waiting.pop()
        waiting += [by_id[child] for child in reversed(node.get("childIds", [])) if child in by_id]
        role = node.get("role", {}).get("value", "")
        if not node.get("ignored") and role in CONTROLS:
            found.append(f"{CONTROLS[role]}: {node['name']['value'].strip()}")
    return found


RING = """
() => {
  const seen = document.activeElement;
  if (!seen || seen === document.body) return null;
  const ring = [seen.matches(":focus-visible") && getComputedStyle(seen), getComputedStyle(seen, "::after")]
    .some((style) => style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const box = seen.getBoundingClientRect();
  const middle = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  const covered = !middle || !(seen.contains(middle) || middle.contains(seen) || middle.closest("label, .card"));
  window.stops = window.stops || [];
  const backwards = stops.length && !(stops.at(-1).compareDocumentPosition(seen) & Node.DOCUMENT_POSITION_FOLLOWING);
  stops.push(seen);
  return {what: seen.outerHTML.slice(0, 100), ring, covered, backwards};
}
"""


def walk_by_keyboard(page, most=150):
    """Tab from stop to stop through the whole page. Returns the number of stops and what is wrong at any of them."""
    page.evaluate("() => { document.activeElement?.blur(); window.stops = []; getSelection().removeAllRanges(); }")
    page.evaluate(
        "() => { document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); }"
    )
    wrong = []
    for number in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(RING)
        if stop is None:
            return number, wrong
        wrong += [f"{fault}: {stop['what']}" for fault in ("covered", "backwards") if stop[fault]]
        if not stop["ring"]:
            wrong.append(f"no ring: {stop['what']}")
    return most, [*wrong, "the way has no end"]
