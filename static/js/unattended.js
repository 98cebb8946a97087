// A screen that nobody sits at. After a quarter of an hour unused the server ends a sign-in (clinic/staff/sessions.py); a
// page that shows a patient must not go on showing them. So each page of staff notes when it was used, for all tabs of
// this browser, and lets the server know: a long note takes no click. One that shows a patient puts its content away in
// time, or as soon as somebody has signed out. What was typed is put away with it, and is back once the same person has signed in again.
// Without this script such a page leads to the door by itself.
(() => {
  "use strict";

  const { person, idle, door, stillHere } = document.currentScript.dataset;
  const ENDS_AFTER = Number(idle) * 1000;
  const LOOK_EVERY = 5_000;
  const TELL_EVERY = 30_000; // as often as the server writes it down
  const KEY = "staff-used"; // "person moment": signing out removes it, as the server says, with all that is kept here
  const shown = document.querySelector("meta[name=shows-patient]");

  // When it was used last ---------------------------------------------------------------------------------------------

  let usedAt = 0;
  let toldAt = 0;
  let isTold = false; // whether this browser lets its tabs know of each other

  function use() {
    usedAt = Date.now();
    if (usedAt - toldAt < LOOK_EVERY) return;
    toldAt = usedAt;
    try {
      localStorage.setItem(KEY, `${person} ${usedAt}`);
      isTold = true;
    } catch { /* then each tab counts for itself */ }
  }

  /** In any tab; never, when whoever opened this page has signed out since. */
  function lastUse() {
    if (!isTold) return usedAt;
    const [who, at] = (localStorage.getItem(KEY) ?? "").split(" ");
    return who === person ? Math.max(usedAt, Number(at) || 0) : 0;
  }

  let serverKnows = 0; // up to when

  function tellServer() {
    if (usedAt <= serverKnows || Date.now() - serverKnows < TELL_EVERY || isOver()) return;
    serverKnows = Date.now();
    const headers = { "X-In-Use": "1" };
    fetch(stillHere, { redirect: "manual", cache: "no-store", headers }).catch(() => { /* the next one tells */ });
  }

  setInterval(tellServer, LOOK_EVERY);

  const isOver = () => Date.now() - lastUse() >= ENDS_AFTER;

  let where = ""; // the pointer: browsers tell of one that lies still, too, when a page changes below it

  /** The first touch after a long sleep must not count as if somebody had been there. */
  function touch({ type, screenX, screenY }) {
    if (type === "pointermove") {
      const lay = where;
      where = `${screenX} ${screenY}`;
      if (where === lay) return;
    }
    if (Date.now() - usedAt < 1000) return;
    if (isOver()) putAway();
    else use();
  }

  use();
  serverKnows = usedAt; // a click has opened the page, or nobody did
  // Not "scroll": a page that shows news scrolls by itself.
  for (const sign of ["keydown", "pointerdown", "pointermove", "touchmove", "wheel"]) {
    addEventListener(sign, touch, { capture: true, passive: true });
  }
  if (!shown) return;

  // Away, and back ----------------------------------------------------------------------------------------------------

  const KEPT = "Nothing is lost: what you typed is kept while this page is open, not saved yet. Sign in in a new tab, then come back to this one.";
  let away = null; // what stood on the page. Out of the document: no key presses its buttons, nothing prints or finds it

  /** Whoever guards what was typed would ask before the page is left. */
  function isTyped() {
    const leaving = new Event("beforeunload", { cancelable: true });
    dispatchEvent(leaving);
    return leaving.defaultPrevented || shown.content === "typed" || (atFirst !== null && fields() !== atFirst);
  }

  /** What was set and is no text, too: a day, a box, one of several. */
  function fields() {
    const all = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
    return JSON.stringify(all.map((f) => /radio|checkbox/.test(f.type) ? f.checked : f.value));
  }

  let atFirst = null;
  addEventListener("load", () => { atFirst = fields(); });

  function make(tag, ...parts) {
    const element = document.createElement(tag);
    element.append(...parts);
    return element;
  }

  function notice(typed) {
    const link = make("a", typed ? "Sign in in a new tab" : "Sign in");
    link.href = door;
    link.className = "button";
    if (typed) link.target = "_blank";
    const content = make("div", make("h1", "Signed out"));
    content.id = "content";
    content.className = "colM";
    content.append(make("p", "Nobody has used this page for a while, or you have signed out. So it no longer shows what stood here."));
    if (typed) content.append(make("p", KEPT));
    content.append(link);
    const main = make("main", content);
    main.className = "content signed-out";
    main.tabIndex = -1;
    return main;
  }

  function putAway() {
    if (!shown || away) return;
    const words = notice(isTyped());
    away = { title: document.title, parts: [...document.body.childNodes], top: scrollY, at: document.activeElement };
    document.title = "Signed out";
    document.body.replaceChildren(words);
    words.focus();
  }

  function showAgain(token) {
    const { title, parts, top, at } = away;
    away = null;
    document.title = title;
    document.body.replaceChildren(...parts);
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    scrollTo(0, top);
    at?.focus({ preventScroll: true });
    toldAt = 0;
    use();
  }

  /** The token for the forms of whoever opened this page; null while it is not they who are signed in here. */
  async function tokenOfTheSame() {
    try {
      const headers = { "X-By-Itself": "1" };
      const answer = await fetch(stillHere, { redirect: "manual", cache: "no-store", headers });
      const who = answer.ok ? await answer.json() : {};
      return who.person === person ? who.token : null;
    } catch {
      return null;
    }
  }

  async function look() {
    if (!away && isOver()) putAway();
    if (!away || document.hidden) return;
    const token = await tokenOfTheSame();
    if (token && away) showAgain(token);
  }

  setInterval(() => { if (!away && isOver()) putAway(); }, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("pageshow", async ({ persisted }) => {
    if (!persisted) return;
    if (!away && !(await tokenOfTheSame())) putAway();
    look();
  });
})();
