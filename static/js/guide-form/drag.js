// Dragging a section by its handle, with a finger or a mouse. Its sub-sections come along; far enough to the right it
// becomes a sub-section, to the left a section again. Near the edge of the window the page scrolls by itself.
import { announce, block, field, group, isPart, make, rows, title } from "guide-form/rows";
import { place, renumber, setLevel } from "guide-form/order";

const BEGINS = 5; // pixels: less is a shaky click
const SIDEWAYS = 56; // pixels to the side that change the level
const EDGE = 72; // pixels from the window's edge where the page begins to scroll

export function draggable(handle, row) {
  handle.addEventListener("pointerdown", (event) => {
    if (event.button === 0) begin(handle, row, event);
  });
}

function begin(handle, row, { pointerId, clientX: startX, clientY: startY }) {
  const line = make("div", "section-drop");
  let moving = null; // the rows that move, once it is a drag
  let x = startX;
  let y = startY;
  let frame = 0;

  const onMove = (event) => {
    [x, y] = [event.clientX, event.clientY];
    if (!moving && Math.hypot(x - startX, y - startY) > BEGINS) start();
  };
  const onKey = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    stop();
    announce(`“${title(row)}” stays where it was.`);
  };

  function start() {
    moving = block(row);
    keepInView(() => group.classList.add("sections-dragging"));
    moving.forEach((member) => member.classList.add("section-dragged"));
    document.addEventListener("keydown", onKey, true);
    frame = requestAnimationFrame(follow);
  }

  /** All sections fold while one moves; the one under the pointer stays there. */
  function keepInView(change) {
    const before = handle.getBoundingClientRect().top;
    change();
    window.scrollBy({ top: handle.getBoundingClientRect().top - before, behavior: "instant" });
  }

  function follow() {
    const beyond = Math.max(0, y - (window.innerHeight - EDGE)) - Math.max(0, EDGE - y);
    if (beyond) window.scrollBy({ top: beyond / 4, behavior: "instant" });
    const level = levelAt(row, x - startX);
    const target = targetAt(y, moving, level);
    if (target) target.before(line);
    else rows().filter((other) => !moving.includes(other)).at(-1)?.after(line);
    line.classList.toggle("section-drop-part", level === 3);
    frame = requestAnimationFrame(follow);
  }

  function drop() {
    if (!moving) return;
    const level = levelAt(row, x - startX);
    line.before(...moving);
    stop();
    if (level !== (isPart(row) ? 3 : 2)) setLevel(row, level);
    renumber();
    handle.focus({ preventScroll: true });
    announce(`“${title(row)}” moved to ${place(row)}.`);
  }

  function stop() {
    cancelAnimationFrame(frame);
    handle.removeEventListener("pointermove", onMove);
    handle.removeEventListener("pointerup", drop);
    handle.removeEventListener("lostpointercapture", stop);
    document.removeEventListener("keydown", onKey, true);
    line.remove();
    if (!moving) return;
    moving.forEach((member) => member.classList.remove("section-dragged"));
    keepInView(() => group.classList.remove("sections-dragging"));
    moving = null;
  }

  handle.setPointerCapture(pointerId);
  handle.addEventListener("pointermove", onMove);
  handle.addEventListener("pointerup", drop);
  handle.addEventListener("lostpointercapture", stop); // after pointerup, and when the system takes the pointer away
}

function levelAt(row, sideways) {
  if (!field(row, "level")) return isPart(row) ? 3 : 2;
  if (sideways > SIDEWAYS) return 3;
  if (sideways < -SIDEWAYS) return 2;
  return isPart(row) ? 3 : 2;
}

/** The row before which the block would come; null for the end. A section never comes between another and its parts. */
function targetAt(y, moving, level) {
  const others = rows().filter((other) => !moving.includes(other));
  const places = level === 3 ? others.slice(1) : others.filter((other) => !isPart(other));
  return places.find((other) => y < middleOf(level === 3 ? [other] : [other, ...block(other)])) ?? null;
}

function middleOf(members) {
  const shown = members.filter((member) => !member.classList.contains("section-dragged"));
  return (shown[0].getBoundingClientRect().top + shown.at(-1).getBoundingClientRect().bottom) / 2;
}
