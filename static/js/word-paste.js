// What is pasted loses its styles before anything parses it: our policy refuses them, and the browser would say so for
// each. What they said of bold and slanted words is kept. Word writes lists as paragraphs that begin with a bullet or a
// number; Google Docs puts everything into one <b>, and lists beside their items; headings are too large for a section;
// empty paragraphs make gaps. This makes them what they look like.
import { Extension, Plugin } from "django-prose-editor/editor";

const FROM_AN_EDITOR_OF_OURS = /data-pm-slice/;
const BULLET = /^[\s\u00a0]*[•‣▪◦●○∙·][\s\u00a0]*/;
const IN_A_LIST = /mso-list:\s*\S+\s+level(\d)/;
const STYLE = "data-pasted-style";
const WOULD_BE_REFUSED = /\s(style|on[a-z]+)\s*=/gi;
const NUMBER = /^\s*\(?[0-9a-z]{1,5}[.)]/i;

function withoutStyles(html) {
  return html
    .replace(/<style[\s>][^]*?<\/style\s*>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(WOULD_BE_REFUSED, " data-pasted-$1="));
}

/** Returns how many there were: the editor is told that they make sections. */
function headingsToStrongParagraphs(page) {
  const headings = [...page.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const ofSections = headings.filter((heading) => !heading.closest("table, li"));
  for (const heading of headings) {
    const paragraph = page.createElement("p");
    const strong = page.createElement("strong");
    strong.append(...heading.childNodes);
    paragraph.append(strong);
    heading.replaceWith(paragraph);
  }
  return ofSections.length;
}

function boldAndSlantedFromStyles(page) {
  for (const all of page.querySelectorAll("b[id^='docs-internal-guid']")) all.replaceWith(...all.childNodes);
  for (const element of page.querySelectorAll(`span[${STYLE}], font[${STYLE}]`)) {
    const style = element.getAttribute(STYLE);
    for (const [pattern, tag] of [
      [/(?<![\w-])font-weight:\s*(?:bold|[6-9]00)/i, "strong"],
      [/(?<![\w-])font-style:\s*italic/i, "em"],
    ]) {
      if (!pattern.test(style) || !element.textContent.trim()) continue;
      const mark = page.createElement(tag);
      mark.append(...element.childNodes);
      element.append(mark);
    }
  }
  for (const element of page.querySelectorAll(`b[${STYLE}], strong[${STYLE}], i[${STYLE}], em[${STYLE}]`)) {
    if (/(?<![\w-])font-(?:weight|style):\s*(?:normal|400)/i.test(element.getAttribute(STYLE))) {
      element.replaceWith(...element.childNodes);
    }
  }
}

/** A list that stands beside its item, as Google Docs and old web pages write it, belongs into it. */
function listsIntoTheirItems(page) {
  for (const list of page.querySelectorAll("ul > ul, ul > ol, ol > ul, ol > ol")) {
    const item = list.previousElementSibling;
    if (item?.tagName === "LI") item.append(list);
  }
}

/** Paragraphs that begin with a bullet somebody typed. */
function listsFromTypedBullets(page) {
  for (const paragraph of [...page.querySelectorAll("p")]) {
    const first = page.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT).nextNode();
    if (!first || !BULLET.test(first.data) || paragraph.closest("li")) continue;
    first.data = first.data.replace(BULLET, "");
    const before = paragraph.previousElementSibling;
    const list = before?.hasAttribute("data-typed-list") ? before : page.createElement("ul");
    if (list !== before) {
      list.setAttribute("data-typed-list", "");
      paragraph.before(list);
    }
    const item = page.createElement("li");
    item.append(paragraph);
    list.append(item);
  }
}

/** The bullet or number that Word writes before an item: taken out of the paragraph and returned as text. */
function takeMarker(paragraph) {
  const marker = [...paragraph.querySelectorAll("span")].find((span) =>
    /mso-list:\s*ignore/i.test(span.getAttribute(STYLE) ?? ""),
  );
  marker?.remove();
  return marker?.textContent ?? "";
}

function listsFromParagraphs(page) {
  let open = []; // the lists that the next item can join, the outermost first
  let outermost = 0; // the level that Word gave the first item
  let last = null;
  for (const paragraph of [...page.querySelectorAll("p")]) {
    const level = Number(IN_A_LIST.exec(paragraph.getAttribute(STYLE) ?? "")?.[1] ?? 0);
    const follows = last !== null && paragraph.previousElementSibling === last;
    if (!level || !follows) open = [];
    if (!level) {
      last = null;
      continue;
    }
    if (!open.length) outermost = level;
    const depth = Math.min(Math.max(1, level - outermost + 1), open.length + 1);
    const tag = NUMBER.test(takeMarker(paragraph)) ? "OL" : "UL";
    open = open.slice(0, depth);
    if (open.length === depth && open[depth - 1].tagName !== tag) open.pop();
    if (open.length < depth) {
      const list = page.createElement(tag);
      const parent = open.at(-1);
      if (parent) parent.lastElementChild.append(list);
      else paragraph.before(list);
      open.push(list);
      if (!parent) last = list;
    }
    const item = page.createElement("li");
    const words = page.createElement("p");
    words.append(...paragraph.childNodes);
    item.append(words);
    open.at(-1).append(item);
    paragraph.remove();
  }
}

function dropEmptyParagraphs(page) {
  for (const gap of page.querySelectorAll("body > br")) {
    if (/^(?:P|UL|OL|TABLE|DIV|BLOCKQUOTE)$/.test(gap.previousElementSibling?.tagName ?? "")) gap.remove();
  }
  for (const paragraph of page.querySelectorAll("p")) {
    if (!paragraph.textContent.replaceAll("\u00a0", " ").trim()) paragraph.remove();
  }
}

function tell(view, headings) {
  const place = view.dom.closest(".prose-editor") ?? view.dom;
  const note = place.parentElement.querySelector(":scope > .paste-note") ?? document.createElement("p");
  note.className = "paste-note";
  note.setAttribute("role", "status");
  place.after(note);
  note.textContent =
    headings === 1
      ? "A heading was pasted as a bold line. Headings make sections: add a section for it, and move its text there."
      : `${headings} headings were pasted as bold lines. Headings make sections: add one for each, or use “Import a document” in the list of guides.`;
}

function plain(html, view) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const element of page.querySelectorAll("o\\:p")) element.replaceWith(...element.childNodes);
  boldAndSlantedFromStyles(page);
  const headings = headingsToStrongParagraphs(page);
  listsFromParagraphs(page);
  listsFromTypedBullets(page);
  listsIntoTheirItems(page);
  dropEmptyParagraphs(page);
  if (headings) tell(view, headings);
  return page.body.innerHTML;
}

export const WordPaste = Extension.create({
  name: "wordPaste",

  addProseMirrorPlugins() {
    return [
      new Plugin({
        props: {
          transformPastedHTML: (html, view) =>
            FROM_AN_EDITOR_OF_OURS.test(html) ? withoutStyles(html) : plain(withoutStyles(html), view),
        },
      }),
    ];
  },
});
