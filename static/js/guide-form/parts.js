// Sections that come and go: insert after, duplicate, remove, and bring back what was removed.
import { announce, changed, field, fold, group, isPart, isSaved, make, rows, title } from "guide-form/rows";
import { place, renumber } from "guide-form/order";
import { dress } from "guide-form/head";

const addLink = () => group.querySelector(".add-row a");
export const mayAdd = () => group.querySelector(".empty-form") !== null;
export const mayRemove = (row) => field(row, "DELETE") !== null;

let coming = null; // what the next new section is to be: {after, like}

function add(wish) {
  coming = wish;
  addLink().click(); // Django makes the blank section and tells us below
}

export const insertAfter = (row) => add({ after: row });
export const duplicate = (row) => add({ after: row, like: row });

function fillLike(row, like) {
  for (const name of ["level", "kind", "body", "more", "picture"]) {
    if (field(row, name) && field(like, name)) field(row, name).value = field(like, name).value;
  }
  const heading = field(row, "heading");
  heading.value = `${title(like)} (copy)`.slice(0, heading.maxLength > 0 ? heading.maxLength : undefined);
}

document.addEventListener("formset:added", (event) => {
  if (event.detail.formsetName !== "sections") return;
  const row = event.target;
  const { after, like } = coming ?? {};
  coming = null;
  if (like) fillLike(row, like); // now, before the rich-text editors read their fields
  if (after) {
    const next = rows()[rows().indexOf(after) + 1];
    if (!like && (isPart(after) || (next !== row && isPart(next)))) field(row, "level").value = "3";
    after.after(row);
  }
  dress(row, { open: true });
  renumber();
  const heading = field(row, "heading");
  heading.focus();
  if (like) heading.select();
  announce(`${like ? `Copy of “${title(like)}”` : "New section"}, ${place(row)}.`);
});

// Removing ------------------------------------------------------------------------------------------------------------

/** It leaves with the next save; until then it can be brought back. */
export function remove(row) {
  field(row, "DELETE").checked = true;
  fold(row, true);
  showRemoved(row);
  changed();
  row.querySelector(".section-removed button").focus();
  announce(`“${title(row)}” goes when you save. You can bring it back until then.`);
}

function bringBack(row) {
  field(row, "DELETE").checked = false;
  row.querySelector(".section-removed").remove();
  row.classList.remove("section-is-removed");
  changed();
  row.querySelector(".section-fold").focus();
  announce(`“${title(row)}” is back.`);
}

export function showRemoved(row) {
  const line = make("p", "section-removed", `“${title(row)}” goes when you save. `);
  const back = make("button", "", "Bring it back");
  back.setAttribute("aria-label", `Bring it back: ${title(row)}`);
  back.addEventListener("click", () => bringBack(row));
  line.append(back);
  row.classList.add("section-is-removed");
  row.prepend(line);
}

// Who may not remove what is saved takes back a new section by Django's own link, which numbers the fields anew from top
// to bottom. But saved sections must keep the lowest numbers, or the server takes a new one for a saved one.
document.addEventListener("formset:removed", (event) => {
  if (event.detail.formsetName !== "sections") return;
  queueMicrotask(() => {
    [...rows().filter(isSaved), ...rows().filter((row) => !isSaved(row))].forEach((row, index) => {
      for (const element of [row, ...row.querySelectorAll("*")]) {
        for (const name of ["id", "name", "for", "aria-describedby"]) {
          const value = element.getAttribute(name);
          if (value) element.setAttribute(name, value.replace(/\bsections-\d+/g, `sections-${index}`));
        }
      }
    });
    renumber();
    addLink().focus();
    announce("Section removed.");
  });
});

