// The desk keeps itself up to date, and says when something new came: in the title, to screen readers and, where somebody
// has switched it on in this browser, by a quiet sound. Nothing that was chosen or typed is lost, nothing moves under a
// hand, and a hidden tab only listens. Without this script the page reloads by itself.
(() => {
  "use strict";

  const desk = document.getElementById("desk-live");
  if (!desk) return;
  const state = document.getElementById("desk-state");
  const said = document.getElementById("desk-news");
  const plainTitle = document.title;

  const EVERY = 30_000;
  const STILL_FOR = 3_000; // so long nobody must have moved before the list may change under the hand

  let shown = desk.dataset.tag;
  let seenAt = desk.dataset.since; // what came later is new
  let heard = 0; // how much of what is new was told already
  let movedAt = 0;
  let again = null;

  // Somebody is at work in there ------------------------------------------------------------------------------------

  for (const kind of ["pointermove", "pointerdown", "keydown"]) {
    desk.addEventListener(kind, () => { movedAt = Date.now(); }, { passive: true });
  }
  const isChanged = (field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked
      : field === document.activeElement || field.value !== field.defaultValue;
  const isFilledIn = () => [...desk.querySelectorAll("input, textarea")].some(isChanged);
  const isStill = () => Date.now() - movedAt > STILL_FOR;

  // Asking ----------------------------------------------------------------------------------------------------------

  async function ask(method) {
    const answer = await fetch(`${desk.dataset.address}?since=${seenAt}`, { method, cache: "no-store", headers: { "X-By-Itself": "1" } });
    if (answer.redirected || !answer.ok) throw new Error("no desk");
    return answer;
  }

  async function look() {
    clearTimeout(again);
    try {
      const answer = await ask("HEAD");
      tell(Number(answer.headers.get("X-News")));
      const isNew = answer.headers.get("ETag") !== shown;
      if (!isNew) upToDate(answer);
      else if (document.hidden) state.textContent = ""; // shown as soon as somebody looks
      else if (isFilledIn()) {
        state.textContent = "Something has changed. It is shown when nothing is chosen or typed any more.";
      } else if (isStill()) {
        await show();
      } else {
        again = setTimeout(look, STILL_FOR);
        return;
      }
    } catch {
      state.textContent = "Not up to date: the site does not answer, or you are signed out. Refresh to see.";
    }
    again = setTimeout(look, EVERY);
  }

  async function show() {
    const answer = await ask("GET");
    const html = await answer.text();
    if (isFilledIn()) return; // begun while we asked
    const focused = desk.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...desk.querySelectorAll("details[open]")].map((details) => details.id);
    desk.replaceChildren(document.createRange().createContextualFragment(html));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    document.dispatchEvent(new Event("desk:shown"));
    if (focused) (document.getElementById(focused) ?? document.getElementById("next"))?.focus({ preventScroll: true });
    shown = answer.headers.get("ETag");
    upToDate(answer);
  }

  /** What is on the page is no news any more once somebody looks at it; the title says so for one round longer. */
  function upToDate(answer) {
    state.textContent = `As of ${answer.headers.get("X-Clock")}`;
    if (document.hidden || !document.hasFocus()) return;
    seenAt = answer.headers.get("X-Moment");
    heard = 0;
  }

  // Saying that something new came ----------------------------------------------------------------------------------

  function tell(count) {
    document.title = count ? `(${count}) ${plainTitle}` : plainTitle;
    if (count > heard) {
      said.textContent = count === 1 ? "1 new request or message." : `${count} new requests or messages.`;
      play();
    }
    heard = count;
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  window.addEventListener("focus", look);

  // The sound: off until somebody wants it, a choice of this browser --------------------------------------------------

  const button = document.getElementById("desk-sound");
  const KEY = "desk-sound";
  let wanted = false;
  let audio = null;

  function remember(on) {
    try { localStorage.setItem(KEY, on ? "on" : "off"); } catch { /* the browser keeps nothing: then for this page */ }
  }

  function set(on) {
    wanted = on;
    button.setAttribute("aria-pressed", String(on));
  }

  /** Browsers let a page sound only after a click or a key on it. */
  function wake() {
    if (wanted) audio ??= new AudioContext();
  }

  function play() {
    if (!wanted || !audio) return;
    const start = audio.currentTime;
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.setValueAtTime(660, start);
    tone.frequency.setValueAtTime(880, start + 0.15);
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.06, start + 0.03);
    loudness.gain.linearRampToValueAtTime(0, start + 0.4);
    tone.connect(loudness).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  }

  if (window.AudioContext) {
    try { set(localStorage.getItem(KEY) === "on"); } catch { set(false); }
    button.hidden = false;
    button.addEventListener("click", () => {
      set(!wanted);
      remember(wanted);
      wake();
      play();
    });
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake, { passive: true });
  }

  again = setTimeout(look, EVERY);
})();
