// The page of one request holds many small forms, and each is sent by itself: what somebody has typed in another one, while
// on the phone, would be gone. So the first press says where it stands; the second leaves it. Leaving the page asks, too.
(() => {
  "use strict";

  const steps = [...document.querySelectorAll(".step")];
  if (!steps.length) return;
  let leaving = false;

  const isTyped = (field) => field.value.trim() !== "" && field.value.trim() !== field.defaultValue.trim();
  const typedIn = (step) => [...step.querySelectorAll("textarea, input[type=text]")].find(isTyped);
  const title = (step) => step.querySelector("summary")?.firstChild.textContent.trim() ?? "the form above";
  const unsent = (form) => steps.find((step) => !step.contains(form) && typedIn(step));

  function say(form, step) {
    document.getElementById("unsent-words")?.remove();
    const notice = document.createElement("div");
    notice.id = "unsent-words";
    notice.className = "alert";
    notice.setAttribute("role", "alert");
    const words = document.createElement("p");
    const link = document.createElement("a");
    link.href = `#${step.id}`;
    link.textContent = `What you typed under “${title(step)}”`;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      step.open = true;
      typedIn(step)?.focus();
    });
    words.append(link, " is not saved, and would be lost. Save it first, or press the same button once more to leave it.");
    notice.append(words);
    form.append(notice);
    notice.scrollIntoView({ block: "nearest" });
  }

  let warnedOf = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const step = unsent(form);
    if (step && warnedOf !== form) {
      event.preventDefault();
      warnedOf = form;
      say(form, step);
    } else {
      leaving = true;
    }
  });

  window.addEventListener("beforeunload", (event) => {
    if (!leaving && unsent(null)) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { leaving = false; });
})();
