// Sections that come and go: insert after, duplicate, remove, and bring back what was removed.
import { announce, block, changed, field, fold, group, isPart, isRemoved, isSaved, make, rows, title } from "guide-form/rows";
import { place, renumber } from "guide-form/order";
import { dress } from "guide-form/head";

const addLink = () => group.querySelector(".add-row a");
export const mayAdd = () => group.querySelector(".empty-form") !== null;
export const mayRemove = (row) => field(row, "DELETE") !== null;

const ITS_OWN = ["id", "guide", "position", "DELETE", "heading"]; // what a copy does not take over
let coming = null; // what the next new section is to be: {after, like}, and then the row that it became

function add(wish) {
  coming = wish;
  addLink().click(); // Django makes the blank section and tells us below
  coming = null;
  return wish.row;
}

export const insertAfter = (row) => arrive(add({ after: row }), "New section");

/** Behind all that belongs to it, with copies of its own sub-sections: as it moves, so it is copied. */
export function duplicate(row) {
  const members = block(row);
  const parts = members.slice(1).filter((part) => !isRemoved(part));
  const copy = add({ after: members.at(-1), like: row });
  const heading = field(copy, "heading");
  heading.value = `${title(row)} (copy)`.slice(0, heading.maxLength > 0 ? heading.maxLength : undefined);
  heading.dispatchEvent(new Event("change", { bubbles: true }));
  parts.reduce((after, part) => add({ after, like: part }), copy);
  arrive(copy, `Copy of “${title(row)}”${withParts(parts.length)}`);
  heading.select();
}

const withParts = (count) => count ? ` with ${count} ${count === 1 ? "sub-section" : "sub-sections"}` : "";

function arrive(row, what) {
  field(row, "heading").focus();
  announce(`${what}, ${place(row)}.`);
}

function fillLike(row, like) {
  for (const theirs of like.querySelectorAll('[name^="sections-"]')) {
    const name = theirs.name.replace(/^sections-\d+-/, "");
    const ours = ITS_OWN.includes(name) ? null : field(row, name);
    if (ours) [ours.value, ours.checked] = [theirs.value, theirs.checked];
  }
  field(row, "heading").value = field(like, "heading").value;
}

document.addEventListener("formset:added", (event) => {
  if (event.detail.formsetName !== "sections") return;
  const row = event.target;
  const { after, like } = coming ?? {};
  if (like) fillLike(row, like); // now, before the rich-text editors read their fields
  if (after) {
    const next = rows()[rows().indexOf(after) + 1];
    if (!like && (isPart(after) || (next !== row && isPart(next)))) field(row, "level").value = "3";
    after.after(row);
  }
  dress(row, { open: true });
  renumber();
  if (coming) coming.row = row;
  else arrive(row, "New section");
});

// Removing ------------------------------------------------------------------------------------------------------------

const wentWith = new WeakMap(); // sub-section: the section that took it along

/** It leaves with the next save, and its sub-sections with it, which would else belong to the section before; until then
    each can be brought back. */
export function remove(row) {
  const parts = block(row).slice(1).filter((part) => mayRemove(part) && !isRemoved(part));
  for (const member of [row, ...parts]) {
    field(member, "DELETE").checked = true;
    fold(member, true);
    showRemoved(member);
  }
  for (const part of parts) wentWith.set(part, row);
  changed();
  row.querySelector(".section-removed button").focus();
  announce(`“${title(row)}”${withParts(parts.length)} goes when you save. You can bring it back until then.`);
}

/** With the sub-sections that went with it. */
function bringBack(row) {
  const parts = block(row).slice(1).filter((part) => wentWith.get(part) === row && isRemoved(part));
  for (const member of [row, ...parts]) {
    field(member, "DELETE").checked = false;
    member.querySelector(".section-removed").remove();
    member.classList.remove("section-is-removed");
    wentWith.delete(member);
  }
  changed();
  row.querySelector(".section-fold").focus();
  announce(`“${title(row)}”${withParts(parts.length)} is back.`);
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

