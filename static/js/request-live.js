// What changes on the page of one request while it is open: the time left of a claim and of an undo, who else looks, and
// whether somebody has changed the request. Without this script the page says how all that stood when it was loaded.
(() => {
  "use strict";

  const ASK_EVERY = 45_000;
  const UNUSED_AFTER = 4 * 60_000; // nobody is in front of it any more: then it does not say that somebody looks

  // Time left ---------------------------------------------------------------------------------------------------------

  const claim = document.getElementById("claim-left");
  const undo = document.getElementById("undo");
  const undoEnds = undo?.querySelector("[data-ends]");

  function tick() {
    if (claim) {
      const minutes = Math.ceil((new Date(claim.dataset.until) - Date.now()) / 60_000);
      const left = claim.querySelector("[data-left]");
      if (minutes > 0) {
        if (left) left.textContent = `, ${minutes} minute${minutes === 1 ? "" : "s"} left`;
      } else if (!claim.classList.contains("ran-out")) {
        claim.classList.add("ran-out");
        claim.setAttribute("role", "status");
        claim.textContent = "mine" in claim.dataset
          ? "Your claim ran out: now anybody can take it."
          : "That claim ran out: now anybody can take it.";
      }
    }
    if (undoEnds && new Date(undoEnds.dataset.ends) <= Date.now()) undo.hidden = true;
  }

  tick();
  setInterval(tick, 1000);

  // Who else looks ----------------------------------------------------------------------------------------------------

  const others = document.getElementById("others-here");
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (!others?.dataset.here || !token) return;

  let used = Date.now();
  for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    addEventListener(sign, () => { used = Date.now(); }, { passive: true });
  }

  function say(text) {
    if (others.textContent.trim() !== text) others.textContent = text;
  }

  async function ask() {
    if (document.hidden || !others.isConnected || Date.now() - used > UNUSED_AFTER) return; // put away by unattended.js
    try {
      const headers = { "X-CSRFToken": token.value, "X-By-Itself": "1" };
      const answer = await fetch(others.dataset.here, { method: "POST", headers });
      if (!answer.ok || answer.redirected) return;
      const { others: names, version } = await answer.json();
      const found = names.length ? [`${names.join(", ")} ${names.length === 1 ? "has" : "have"} this open, too.`] : [];
      if (version !== Number(others.dataset.version)) {
        found.push("This request has changed since you opened it. Load the page again to see how.");
      }
      say(found.join(" "));
    } catch { /* no line: the next time */ }
  }

  setInterval(ask, ASK_EVERY);
  document.addEventListener("visibilitychange", ask);
})();
