// After saving, and after an error, the form is as it was left: the same sections open, and in sight the one that was
// worked on. Kept for this tab alone, until the form is there again.
import { field, fold, form, isOpen, isRemoved, isSaved, rows } from "guide-form/rows";

const KEY = "guide-form";
const failed = document.querySelector(".errornote") !== null;
let last = null; // the section that was worked on last


function leave() {
  const all = rows();
  const kept = all.filter((row) => !isRemoved(row) && (isSaved(row) || field(row, "heading")?.value));
  sessionStorage.setItem(KEY, JSON.stringify({
    slug: form.elements.slug?.value,
    path: location.pathname,
    all: { open: all.map(isOpen), last: all.indexOf(last) },
    kept: { open: kept.map(isOpen), last: kept.indexOf(last) },
  }));
}

/** The section that was worked on before the page was saved, opened with the others; null when there is none. */
export function comeBack() {
  const left = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  form.addEventListener("submit", (event) => { if (!event.defaultPrevented) leave(); });
  form.addEventListener("focusin", ({ target }) => { last = target.closest("#sections-group .inline-related") ?? last; });
  if (!left || !(left.path === location.pathname || (left.path.endsWith("/add/") && left.slug === form.elements.slug?.value))) return null;
  const { open, last: at } = failed ? left.all : left.kept;
  const all = rows();
  if (open.length !== all.length) return null; // not the page that was left
  all.forEach((row, index) => fold(row, !open[index] && !row.querySelector(".errorlist")));
  last = all[at] ?? null;
  return failed ? null : last;
}
