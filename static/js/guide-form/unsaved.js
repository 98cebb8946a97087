// Nothing typed gets lost: a question before unsaved work is left, and a look whether saving can succeed before the page
// goes. Who was signed out meanwhile signs in in another tab and saves again; the text never leaves this page.
import { announce, form, make } from "guide-form/rows";

const PATIENCE = 10_000; // milliseconds until the clinic's server counts as out of reach
const SIGNED_OUT = "You have been signed out. Nothing is lost: your text stands here, not saved yet.";
const OUT_OF_REACH = "The site cannot be reached just now. Nothing is lost: your text stands here, not saved yet. Look whether you are online, then save again.";
const IN_TROUBLE = "The site cannot save just now; it may be starting again. Nothing is lost: your text stands here, not saved yet. Wait a minute, then save again.";
const REFUSED = "You may no longer save guides. Nothing is lost: your text stands here, not saved. Ask whoever manages the accounts.";

let unsaved = document.querySelector(".errornote") !== null;
let leaving = false; // the look is done, the form is on its way
let looking = false;

const changed = () => { unsaved = true; };

function say(text) {
  let note = form.querySelector(".not-saved");
  if (!note) {
    note = make("div", "not-saved");
    note.append(make("p", ""));
    form.querySelector(".submit-row").before(note);
  }
  const words = note.querySelector("p");
  words.textContent = `${text} `;
  if (text === SIGNED_OUT) {
    const link = make("a", "", "Sign in in a new tab");
    [link.href, link.target] = [form.querySelector(".guide-side").dataset.signIn, "_blank"];
    words.append(link, ", come back to this tab, and save again.");
  }
  note.scrollIntoView({ block: "nearest" });
  announce(words.textContent);
}

/** What stands in the way of saving, if anything. What is not known here the save itself will say. */
async function inTheWay() {
  const address = form.querySelector(".guide-side").dataset.stillHere;
  try {
    const answer = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.type === "opaqueredirect") return SIGNED_OUT;
    if (answer.status === 403) return REFUSED;
    if (answer.status >= 500 || answer.status === 429) return IN_TROUBLE; // and the form would go the same way
    // Whoever signed in again has a new token; with the old one the form would be refused.
    if (answer.ok) form.elements.csrfmiddlewaretoken.value = (await answer.json()).token;
  } catch { // no answer, half of one, or one that is not ours
    return OUT_OF_REACH;
  }
  return "";
}

async function lookFirst(event) {
  if (leaving) return;
  event.preventDefault();
  if (looking) return;
  looking = true;
  const { submitter } = event;
  const problem = await inTheWay();
  looking = false;
  if (problem) {
    say(problem);
    return;
  }
  leaving = true;
  form.requestSubmit(submitter);
}

export function guardWork() {
  for (const kind of ["input", "change", "guide:changed"]) form.addEventListener(kind, changed);
  window.addEventListener("beforeunload", (event) => { if (unsaved && !leaving) event.preventDefault(); });
  window.addEventListener("pageshow", () => { leaving = false; });
  form.addEventListener("submit", lookFirst);
}
