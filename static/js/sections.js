// The guide form in the admin. Sections fold to one line, move and are inserted by button; rich-text editors get their
// names; a finding leads to its field, opened; unsaved work is not left without a question. Without this script the
// position numbers do what the buttons do.
(() => {
  "use strict";

  const form = document.getElementById("guide_form");
  const group = document.getElementById("sections-group");
  if (!form) return;

  // Unsaved work ------------------------------------------------------------------------------------------------------

  let unsaved = document.querySelector(".errornote") !== null;
  const changed = () => { unsaved = true; };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", () => { unsaved = false; });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  // Names for the editors ---------------------------------------------------------------------------------------------

  form.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
    const label = textarea.labels[0];
    if (!label) return;
    const name = label.textContent.trim().replace(/:$/, "");
    editor.setOptions({ editorProps: { attributes: { "aria-label": name, "aria-multiline": "true" } } });
    label.addEventListener("click", () => editor.commands.focus());
  });

  // From a finding to the field it speaks of ----------------------------------------------------------------------------

  form.querySelector(".guide-state")?.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#id_']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    const row = target.closest(".inline-related");
    if (row?.querySelector(".section-fold")) fold(row, false);
    const shown = target.closest(".prose-editor")?.querySelector(".ProseMirror") ?? target;
    shown.focus();
    shown.scrollIntoView({ block: "center" });
  });

  if (!group) return;

  // A section and its fields ------------------------------------------------------------------------------------------

  const rows = () => [...group.querySelectorAll(".inline-related:not(.empty-form)")];
  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const isPart = (row) => field(row, "level")?.value === "3";
  const title = (row) => field(row, "heading")?.value.trim() || row.dataset.title || "New section";
  const foldButton = (row) => row.querySelector(".section-fold");

  function refresh(row) {
    const kind = field(row, "kind");
    row.classList.toggle("section-part", isPart(row));
    row.querySelector(".section-title").textContent = title(row);
    row.querySelector(".section-kind").textContent =
      kind && kind.value !== "text" ? kind.selectedOptions[0].textContent : "";
    for (const button of row.querySelectorAll(".section-tools button")) {
      button.setAttribute("aria-label", `${button.textContent}: ${title(row)}`);
    }
  }

  function fold(row, folded) {
    row.classList.toggle("section-folded", folded);
    foldButton(row).setAttribute("aria-expanded", String(!folded));
  }

  // The order ---------------------------------------------------------------------------------------------------------

  const live = document.createElement("p");
  live.className = "visually-hidden";
  live.setAttribute("role", "status");

  function announce(text) {
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = text; });
  }

  function renumber() {
    rows().forEach((row, index) => { field(row, "position").value = (index + 1) * 10; });
    changed();
  }

  /** The section with the sub-sections that follow it; a sub-section alone. */
  function block(row) {
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

  /** The row before which a block stands that has `row` as its last member. */
  function headOf(row) {
    const all = rows();
    let index = all.indexOf(row);
    while (index > 0 && isPart(all[index])) index -= 1;
    return all[index];
  }

  function move(row, step, button) {
    const all = rows();
    const moving = block(row);
    const neighbor = step < 0 ? all[all.indexOf(row) - 1] : all[all.indexOf(moving.at(-1)) + 1];
    if (!neighbor) {
      announce(`“${title(row)}” is already ${step < 0 ? "first" : "last"}.`);
      return;
    }
    if (step < 0) (isPart(row) ? neighbor : headOf(neighbor)).before(...moving);
    else (isPart(row) ? neighbor : block(neighbor).at(-1)).after(...moving);
    renumber();
    button.focus(); // a node that moves loses it
    announce(`“${title(row)}” moved to place ${rows().indexOf(row) + 1} of ${all.length}.`);
  }

  // Adding and removing -----------------------------------------------------------------------------------------------

  const addLink = () => group.querySelector(".add-row a");
  let after = null; // the section that a new one is to follow

  function insertAfter(row) {
    after = row;
    addLink().click(); // Django makes the blank section and tells us below
  }

  document.addEventListener("formset:added", (event) => {
    if (event.detail.formsetName !== "sections") return;
    const row = event.target;
    if (after) {
      const next = rows()[rows().indexOf(after) + 1];
      if (isPart(after) || (next !== row && isPart(next))) field(row, "level").value = "3";
      after.after(row);
      after = null;
    }
    dress(row, { open: true });
    renumber();
    field(row, "heading").focus();
    announce(`New section, place ${rows().indexOf(row) + 1} of ${rows().length}.`);
  });

  // Django numbers the fields anew from top to bottom once it has removed a section that was never saved. But saved
  // sections must keep the lowest numbers, or the server takes a new one for a saved one.
  document.addEventListener("formset:removed", (event) => {
    if (event.detail.formsetName !== "sections") return;
    queueMicrotask(() => {
      const saved = (row) => row.classList.contains("has_original");
      [...rows().filter(saved), ...rows().filter((row) => !saved(row))].forEach((row, index) => {
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

  // What each section's head is made of -------------------------------------------------------------------------------

  function make(tag, className, text = "") {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    if (tag === "button") element.type = "button";
    return element;
  }

  let made = 0;

  function dress(row, { open }) {
    const heading = row.querySelector("h3");
    const body = row.querySelector("fieldset");
    row.dataset.title = row.querySelector(".field-heading .readonly")?.textContent ?? "";
    body.id = `section-body-${(made += 1)}`;

    const button = make("button", "section-fold");
    button.setAttribute("aria-controls", body.id);
    button.append(make("span", "section-title"), make("span", "section-kind"));
    button.addEventListener("click", () => fold(row, button.getAttribute("aria-expanded") === "true"));

    const bar = make("div", "section-bar");
    heading.before(bar);
    bar.append(heading);
    const rest = [...heading.children].filter((child) => !child.matches("b, .inline_label"));
    heading.replaceChildren(button);
    if (field(row, "position")) bar.append(tools(row));
    bar.append(...rest);

    row.addEventListener("input", () => refresh(row));
    row.addEventListener("change", () => refresh(row));
    refresh(row);
    fold(row, !open && row.querySelector(".errorlist") === null);
  }

  function tools(row) {
    const bar = make("div", "section-tools");
    const offer = (text, action) => {
      const button = make("button", "", text);
      button.addEventListener("click", () => action(button));
      bar.append(button);
    };
    offer("Move up", (button) => move(row, -1, button));
    offer("Move down", (button) => move(row, 1, button));
    if (addLink() || group.querySelector(".empty-form")) offer("Insert after", () => insertAfter(row));
    return bar;
  }

  // After an error the server draws the saved sections first and the new ones last; their numbers still say where they
  // stand. A new section that was given no number comes last.
  function inTheirOrder() {
    const end = document.createComment("");
    rows().at(-1)?.after(end);
    const place = (row) => {
      const number = Number(field(row, "position")?.value);
      return number || row.classList.contains("has_original") ? number : Infinity;
    };
    const sorted = rows().map((row) => [place(row), row]).sort(([a], [b]) => (a === b ? 0 : a - b));
    sorted.forEach(([, row]) => end.before(row));
    end.remove();
  }

  // At the start ------------------------------------------------------------------------------------------------------

  const all = make("div", "section-all");
  for (const [text, folded] of [["Open all sections", false], ["Fold all sections", true]]) {
    const button = make("button", "", text);
    button.addEventListener("click", () => rows().forEach((row) => fold(row, folded)));
    all.append(button);
  }
  group.querySelector(".inline-heading").after(all, live);
  group.classList.add("sections-dressed");
  inTheirOrder();
  rows().forEach((row) => dress(row, { open: !row.classList.contains("has_original") }));
})();
