// The head of a section: a handle to move it by, its title that folds it, and a menu of all that can be done with it.
import { field, fold, group, isPart, kind, make, rows, title } from "guide-form/rows";
import { move, setLevel } from "guide-form/order";
import { duplicate, insertAfter, mayAdd, mayRemove, remove } from "guide-form/parts";
import { draggable } from "guide-form/drag";

let made = 0;

export function dress(row, { open }) {
  const heading = row.querySelector("h3");
  const body = row.querySelector("fieldset");
  if (!field(row, "heading")) readAsText(row);
  body.id = `section-body-${(made += 1)}`;

  const button = make("button", "section-fold");
  button.setAttribute("aria-controls", body.id);
  button.append(make("span", "section-title"), make("span", "section-kind"), make("span", "section-mark"));
  button.addEventListener("click", () => fold(row, button.getAttribute("aria-expanded") === "true"));

  const bar = make("div", "section-bar");
  heading.before(bar);
  const rest = [...heading.children].filter((child) => !child.matches("b, .inline_label"));
  heading.replaceChildren(button);
  bar.append(heading, ...rest);
  if (field(row, "position")) {
    bar.prepend(handle(row));
    heading.after(menu(row));
  }

  row.addEventListener("input", () => refresh(row));
  row.addEventListener("change", () => refresh(row));
  refresh(row);
  fold(row, !open && row.querySelector(".errorlist, .said-here") === null);
}

/** Who may only look has no fields to ask. */
function readAsText(row) {
  const text = (name) => row.querySelector(`.field-${name} .readonly`)?.textContent.trim() ?? "";
  row.dataset.title = text("heading");
  if (text("level") === "Sub-section") row.dataset.part = "";
}

function refresh(row) {
  row.classList.toggle("section-part", isPart(row));
  row.querySelector(".section-title").textContent = title(row);
  row.querySelector(".section-kind").textContent = kind(row);
  for (const named of row.querySelectorAll("[data-does]")) {
    named.setAttribute("aria-label", `${named.dataset.does}: ${title(row)}`);
  }
  const level = row.querySelector("[data-level]");
  if (level) {
    level.textContent = level.dataset.does = isPart(row) ? "Make it a section" : "Make it a sub-section";
    level.setAttribute("aria-label", `${level.dataset.does}: ${title(row)}`);
  }
}

const ARROWS = {
  ArrowUp: (row) => move(row, -1),
  ArrowDown: (row) => move(row, 1),
  ArrowLeft: (row) => setLevel(row, 2),
  ArrowRight: (row) => setLevel(row, 3),
};

function handle(row) {
  const button = make("button", "section-handle");
  button.dataset.does = "Move";
  button.setAttribute("aria-describedby", "sections-keys");
  button.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    ARROWS[event.key](row);
  });
  draggable(button, row);
  return button;
}

function menu(row) {
  const details = make("details", "section-menu");
  const summary = make("summary", "");
  summary.dataset.does = "More";
  const list = make("div", "section-tools");
  details.append(summary, list);

  const offer = (text, action, { stays = false } = {}) => {
    const button = make("button", "", text);
    button.dataset.does = text;
    button.addEventListener("click", () => {
      if (!stays) details.open = false;
      action(row);
    });
    list.append(button);
    return button;
  };
  offer("Move up", () => move(row, -1), { stays: true });
  offer("Move down", () => move(row, 1), { stays: true });
  offer("Make it a sub-section", () => setLevel(row, isPart(row) ? 2 : 3), { stays: true }).dataset.level = "";
  if (mayAdd()) {
    offer("Insert after", insertAfter);
    offer("Duplicate", duplicate).title = "With its sub-sections, behind all of them";
  }
  if (mayRemove(row)) offer("Remove", remove).title = "With its sub-sections; each can be brought back until you save";

  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    summary.focus();
  });
  details.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !details.contains(relatedTarget)) details.open = false;
  });
  return details;
}

// One menu at a time, and none once the work goes on elsewhere.
document.addEventListener("pointerdown", ({ target }) => {
  for (const details of group?.querySelectorAll(".section-menu[open]") ?? []) {
    if (!details.contains(target)) details.open = false;
  }
});

/** The buttons and the line of help above the sections. */
export function dressGroup() {
  const all = make("div", "section-all");
  for (const [text, folded] of [["Open all sections", false], ["Fold all sections", true]]) {
    const button = make("button", "", text);
    button.addEventListener("click", () => rows().forEach((row) => fold(row, folded)));
    all.append(button);
  }
  const keys = make("p", "section-keys help", "To move a section, drag its handle, or press the arrow keys on it: ↑ and ↓ move it, → makes it a sub-section, ← a section again. Moved, duplicated or removed, a section takes its sub-sections along.");
  keys.id = "sections-keys";
  group.querySelector(".inline-heading").after(all);
  if (field(rows()[0] ?? group, "position")) all.after(keys);
  group.classList.add("sections-dressed");
}
