// What a section is on the page: its row, its fields, what it is called, and which sub-sections go with it.

export const form = document.getElementById("guide_form");
export const group = document.getElementById("sections-group");

export const rows = () => [...(group?.querySelectorAll(".inline-related:not(.empty-form)") ?? [])];
export const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
export const isPart = (row) => field(row, "level")?.value === "3" || "part" in row.dataset;
export const isSaved = (row) => row.classList.contains("has_original");
export const isRemoved = (row) => field(row, "DELETE")?.checked ?? false;
export const isOpen = (row) => !row.classList.contains("section-folded");
export const title = (row) => field(row, "heading")?.value.trim() || row.dataset.title || "New section";

export function kind(row) {
  const choice = field(row, "kind");
  return choice && choice.value !== "text" ? choice.selectedOptions[0].textContent : "";
}

export function fold(row, folded) {
  row.classList.toggle("section-folded", folded);
  row.querySelector(".section-fold")?.setAttribute("aria-expanded", String(!folded));
}

/** The section with the sub-sections that follow it; a sub-section alone. */
export function block(row) {
  const all = rows();
  const members = [row];
  if (!isPart(row)) {
    for (const next of all.slice(all.indexOf(row) + 1)) {
      if (!isPart(next)) break;
      members.push(next);
    }
  }
  return members;
}

/** Everybody who shows the sections hears of it: the outline, the question before leaving. */
export const changed = () => form.dispatchEvent(new CustomEvent("guide:changed"));

const live = make("p", "visually-hidden");
live.setAttribute("role", "status");
form?.prepend(live);

export function announce(text) {
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

export function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  if (tag === "button") element.type = "button";
  return element;
}
