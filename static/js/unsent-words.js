// A page of many small forms, each of which is sent by itself: what somebody has typed in another one, while on the phone
// or reading a draft, would be gone. So the first press says where it stands; the second leaves it. Leaving the page asks,
// too. A form is a step of a request, or says by `data-unsent` what it is called; with `data-kept` it holds what was typed
// before and refused.
(() => {
  "use strict";

  const steps = [...document.querySelectorAll(".step, [data-unsent]")];
  if (!steps.length) return;
  document.querySelector("[data-unsent-by-hand]")?.remove(); // the advice that whoever has no such script needs
  let leaving = false;

  const WORDS = "textarea, input[type=text], input[type=number]";
  const isTyped = (field) => field.value.trim() !== "" && field.value.trim() !== field.defaultValue.trim();
  const isFilled = (field) => field.value.trim() !== "";
  const typedIn = (step) => [...step.querySelectorAll(WORDS)].find("kept" in step.dataset ? isFilled : isTyped);
  const title = (step) => step.dataset.unsent ?? step.querySelector("summary")?.firstChild.textContent.trim() ?? "the form above";
  const unsent = (form) => steps.find((step) => !step.contains(form) && typedIn(step));

  function say(form, step) {
    document.getElementById("unsent-words")?.remove();
    const notice = document.createElement("div");
    notice.id = "unsent-words";
    notice.className = "alert unsent-words";
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
    words.append(link, " is not saved, and would be lost. Save or send it first, or press the same button once more to leave it.");
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
