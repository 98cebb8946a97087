// The order of the sections and their two levels. Position numbers are what is saved; nobody sees them here.
import { announce, block, changed, field, isPart, isRemoved, isSaved, rows, title } from "guide-form/rows";

export function renumber() {
  rows().forEach((row, index) => { field(row, "position").value = (index + 1) * 10; });
  changed();
}

export const place = (row) => `place ${rows().indexOf(row) + 1} of ${rows().length}`;

/** The row before which a block stands that has `row` as its last member. */
function headOf(row) {
  const all = rows();
  let index = all.indexOf(row);
  while (index > 0 && isPart(all[index])) index -= 1;
  return all[index];
}

/** One step up (-1) or down (1), past a whole section if it is one itself. */
export function move(row, step) {
  const all = rows();
  const moving = block(row);
  const neighbor = step < 0 ? all[all.indexOf(row) - 1] : all[all.indexOf(moving.at(-1)) + 1];
  if (!neighbor) {
    announce(`“${title(row)}” is already ${step < 0 ? "first" : "last"}.`);
    return;
  }
  const focused = document.activeElement;
  if (step < 0) (isPart(row) ? neighbor : headOf(neighbor)).before(...moving);
  else (isPart(row) ? neighbor : block(neighbor).at(-1)).after(...moving);
  renumber();
  focused?.focus(); // a node that moves loses it
  announce(`“${title(row)}” moved to ${place(row)}.`);
}

/** Make it a sub-section (3) or a section (2). */
export function setLevel(row, level) {
  const choice = field(row, "level");
  if (choice.value === String(level)) {
    announce(`“${title(row)}” is already a ${level === 3 ? "sub-section" : "section"}.`);
    return;
  }
  if (level === 3 && rows().find((other) => !isRemoved(other)) === row) {
    announce("The first section cannot be a sub-section.");
    return;
  }
  choice.value = String(level);
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  announce(`“${title(row)}” is now a ${level === 3 ? "sub-section" : "section"}.`);
}

/** After an error the server draws the saved sections first and the new ones last; their numbers still say where they
    stand. A new section that was given no number comes last. */
export function inTheirOrder() {
  const end = document.createComment("");
  rows().at(-1)?.after(end);
  const number = (row) => {
    const position = Number(field(row, "position")?.value);
    return position || isSaved(row) ? position : Infinity;
  };
  const sorted = rows().map((row) => [number(row), row]).sort(([a], [b]) => (a === b ? 0 : a - b));
  sorted.forEach(([, row]) => end.before(row));
  end.remove();
}
