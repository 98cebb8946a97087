// What is pasted loses its styles before anything parses it: our policy refuses them, and the browser would say so for
// each. Text from Word needs more: its lists are paragraphs that begin with a bullet or a number, its headings are too
// large for a section, and empty paragraphs make its gaps. This makes them what they look like.
import { Extension, Plugin } from "django-prose-editor/editor";

const FROM_WORD = /mso-|class="?Mso|urn:schemas-microsoft-com/;
const IN_A_LIST = /mso-list:\s*\S+\s+level(\d)/;
const STYLE = "data-pasted-style";
const NUMBER = /^\s*\(?[0-9a-z]{1,5}[.)]/i;

function withoutStyles(html) {
  return html
    .replace(/<style[\s>][^]*?<\/style\s*>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, ` ${STYLE}=`));
}

function headingsToStrongParagraphs(page) {
  for (const heading of page.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const paragraph = page.createElement("p");
    const strong = page.createElement("strong");
    strong.append(...heading.childNodes);
    paragraph.append(strong);
    heading.replaceWith(paragraph);
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
  for (const paragraph of page.querySelectorAll("p")) {
    if (!paragraph.textContent.replaceAll("\u00a0", " ").trim()) paragraph.remove();
  }
}

function plainFromWord(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const element of page.querySelectorAll("o\\:p")) element.replaceWith(...element.childNodes);
  headingsToStrongParagraphs(page);
  listsFromParagraphs(page);
  dropEmptyParagraphs(page);
  return page.body.innerHTML;
}

export const WordPaste = Extension.create({
  name: "wordPaste",

  addProseMirrorPlugins() {
    return [
      new Plugin({
        props: {
          transformPastedHTML: (html) =>
            FROM_WORD.test(html) ? plainFromWord(withoutStyles(html)) : withoutStyles(html),
        },
      }),
    ];
  },
});
