// The saved draft as patients get it, beside the form: as wide as a phone or a desk, and where the work goes on.
import { form, group, make, rows, title } from "guide-form/rows";

const panel = form.querySelector(".guide-preview");
const beside = matchMedia("(min-width: 68.75rem)"); // 1100 pixels: below, it lies over the form while it is open
const WIDTHS = { phone: 375, desk: 1280 };
const KEPT = "guide-preview"; // this browser's choice: {open, width}

let choice = { open: false, width: "phone", ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
const frame = panel?.querySelector("iframe");
const box = panel?.querySelector(".preview-box");
let current = null; // the title of the section to be shown

function keep(change) {
  choice = { ...choice, ...change };
  localStorage.setItem(KEPT, JSON.stringify(choice));
}

/** The page is laid out at its true width and then made as small as the room beside the form asks for. */
function fit() {
  const wanted = WIDTHS[choice.width];
  for (const name of Object.keys(WIDTHS)) form.classList.toggle(`preview-${name}`, !panel.hidden && name === choice.width);
  const scale = Math.min(1, box.clientWidth / wanted);
  frame.style.width = `${wanted}px`;
  frame.style.height = `${box.clientHeight / scale}px`;
  frame.style.transform = `scale(${scale})`;
  for (const button of panel.querySelectorAll("[data-width]")) {
    button.setAttribute("aria-pressed", String(button.dataset.width === choice.width));
  }
}

function showSection() {
  const page = frame.contentDocument;
  if (!page || !current) return;
  const heading = [...page.querySelectorAll("article h2[id], article h3[id]")].find((found) => found.textContent.trim().endsWith(current));
  // Not scrollIntoView(): it would move the form around the frame as well, away from under the pointer.
  if (heading) frame.contentWindow.scrollBy(0, heading.getBoundingClientRect().top);
}

/** What the page links to opens in a tab of its own: the panel shows this one page. */
function onLoad() {
  frame.contentDocument?.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    window.open(link.href, "_blank", "noopener");
  });
  fit();
  showSection();
}

function setOpen(open, { remember = true } = {}) {
  panel.hidden = !open;
  form.classList.toggle("with-preview", open);
  for (const part of form.children) if (part !== panel) part.inert = open && !beside.matches; // what lies below it
  form.querySelector(".preview-toggle").setAttribute("aria-expanded", String(open));
  if (remember && beside.matches) keep({ open });
  fit();
  form.dispatchEvent(new CustomEvent("guide:preview"));
  if (open && !frame.src) frame.src = panel.dataset.address;
}

export function showPreview(row) {
  if (!panel) return;
  current = row ? title(row) : null;
  const toggle = make("button", "preview-toggle", "Preview beside the form");
  toggle.setAttribute("aria-controls", panel.id);
  toggle.addEventListener("click", () => {
    setOpen(panel.hidden);
    if (!panel.hidden && !beside.matches) panel.querySelector(".preview-close").focus();
  });
  form.querySelector(".preview-place").append(toggle);
  const close = () => { setOpen(false); toggle.focus(); };
  panel.querySelector(".preview-close").addEventListener("click", close);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  for (const button of panel.querySelectorAll("[data-width]")) {
    button.addEventListener("click", () => {
      keep({ width: button.dataset.width });
      fit();
      showSection();
    });
  }
  frame.addEventListener("load", onLoad);
  new ResizeObserver(fit).observe(box);
  group?.addEventListener("focusin", ({ target }) => {
    const worked = target.closest(".inline-related");
    if (!worked || !rows().includes(worked) || title(worked) === current) return;
    current = title(worked);
    if (!panel.hidden) showSection();
  });
  setOpen(choice.open && beside.matches, { remember: false });
  beside.addEventListener("change", () => setOpen(choice.open && beside.matches, { remember: false }));
}
