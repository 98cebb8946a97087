// The whole page at a glance, beside the form: each heading with its level and kind, and where something is to be done.
import { fold, form, group, isPart, isRemoved, kind, make, rows, title } from "guide-form/rows";
import { findingsOf } from "guide-form/findings";

const outline = form.querySelector(".outline");
const list = outline?.querySelector("ol");
const beside = [matchMedia("(min-width: 75rem)"), matchMedia("(min-width: 90rem)")]; // the form alone, and with a preview
let waiting = 0;

const words = (number, one, many) => `${number} ${number === 1 ? one : many}`;

function markOf(row) {
  const { errors, mend, advice } = findingsOf(row);
  if (errors) return ["error", `${words(errors, "mistake", "mistakes")} to correct`];
  if (mend) return ["mend", `${mend} to mend`];
  if (advice) return ["advice", words(advice, "piece of advice", "pieces of advice")];
  return ["", ""];
}

function line(row) {
  const item = make("li", isPart(row) ? "outline-part" : "");
  item.classList.toggle("outline-removed", isRemoved(row));
  const link = make("a", "");
  link.href = `#${row.id}`;
  link.append(make("span", "outline-title", title(row)));
  const [mark, says] = markOf(row);
  const notes = [[kind(row), "outline-kind"], [says, `outline-mark mark-${mark}`], [isRemoved(row) ? "goes when you save" : "", "outline-mark"]];
  for (const [text, name] of notes) if (text) link.append(" ", make("span", name, text));
  link.addEventListener("click", (event) => {
    event.preventDefault();
    goToSection(row);
  });
  item.append(link);
  const onHead = row.querySelector(".section-mark");
  if (onHead) [onHead.className, onHead.textContent] = [`section-mark mark-${mark}`, says];
  return item;
}

export function goToSection(row) {
  if (!isRemoved(row)) fold(row, false);
  row.querySelector(".section-fold").focus({ preventScroll: true });
  row.scrollIntoView({ block: "start" });
}

function draw() {
  waiting = 0;
  const here = rows().indexOf(document.activeElement?.closest(".inline-related"));
  const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
  list.replaceChildren(...rows().map(line));
  list.children[focused]?.firstElementChild.focus();
  mark(here);
}

function mark(index) {
  list.querySelector("[aria-current]")?.removeAttribute("aria-current");
  list.children[index]?.firstElementChild.setAttribute("aria-current", "true");
}

const soon = () => { waiting ||= requestAnimationFrame(draw); };

export function showOutline() {
  if (!list) return;
  for (const kind of ["input", "change"]) group.addEventListener(kind, soon);
  form.addEventListener("guide:changed", soon);
  group.addEventListener("focusin", ({ target }) => {
    const index = rows().indexOf(target.closest(".inline-related"));
    if (index >= 0) mark(index);
  });
  const fit = () => { outline.open = beside[Number(form.classList.contains("with-preview"))].matches; };
  for (const width of beside) width.addEventListener("change", fit);
  form.addEventListener("guide:preview", fit);
  fit();
  draw();
}
