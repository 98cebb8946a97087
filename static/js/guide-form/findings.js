// From a finding, a mistake or the outline to the field it speaks of, unfolded; and the names of the rich-text editors.
import { fold, form } from "guide-form/rows";

form.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const label = textarea.labels[0];
  if (!label) return;
  const name = label.textContent.trim().replace(/:$/, "");
  editor.setOptions({ editorProps: { attributes: { "aria-label": name, "aria-multiline": "true" } } });
  label.addEventListener("click", () => editor.commands.focus());
});

export function goTo(target) {
  const row = target.closest(".inline-related");
  if (row) fold(row, false);
  const shown = target.closest(".prose-editor")?.querySelector(".ProseMirror") ?? target;
  shown.focus();
  shown.scrollIntoView({ block: "center" });
}

form.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#id_']");
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  goTo(target);
});

/** What is said of a section beside the form: how many things to mend, how much advice. */
export function findingsOf(row) {
  const links = [...form.querySelectorAll(".findings a[href^='#id_']")].filter((link) => row.contains(document.getElementById(link.hash.slice(1))));
  const advice = links.filter((link) => link.closest(".advice")).length;
  return { errors: row.querySelectorAll(".errorlist").length, mend: links.length - advice, advice };
}
