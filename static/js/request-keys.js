// Single keys for the page of one request, listed on the page. They work while nobody is typing in a field, and can be
// switched off there. Without this script the same buttons and forms do it all.
(() => {
  "use strict";

  const list = document.getElementById("key-list");
  const onOff = document.getElementById("keys-on");
  if (!list) return;

  // On or off, remembered on this computer: it says nothing about anybody.
  const NAME = "single-keys";
  const remembered = () => { try { return localStorage.getItem(NAME); } catch { return null; } };
  const remember = (value) => { try { localStorage.setItem(NAME, value); } catch { /* then for this page only */ } };

  function show() {
    document.body.classList.toggle("with-keys", onOff.checked);
  }

  onOff.checked = remembered() !== "off";
  onOff.addEventListener("change", () => { remember(onOff.checked ? "on" : "off"); show(); });
  for (const line of list.querySelectorAll("li")) {
    const key = line.querySelector("kbd").textContent;
    if (/^[a-z]$/.test(key)) line.hidden = !document.querySelector(`[data-key="${key}"]`); // it would do nothing here
  }
  list.hidden = false;
  show();

  const isTyping = (element) =>
    element.isContentEditable || element.matches("textarea, select, input:not([type=radio], [type=checkbox])");

  function press(key) {
    if (/^[1-9]$/.test(key)) {
      const outcome = document.querySelectorAll("#form-attempt [name=outcome]")[Number(key) - 1];
      if (!outcome) return false;
      outcome.closest("details")?.setAttribute("open", "");
      outcome.checked = true;
      outcome.closest("fieldset").scrollIntoView({ block: "nearest" });
      return true;
    }
    const target = document.querySelector(`[data-key="${key}"]`);
    if (!target) return false;
    if (target.matches("summary")) {
      const step = target.parentElement;
      step.open = true;
      (step.querySelector("input:not([type=hidden]), textarea, select") || step.querySelector("button")).focus();
    } else {
      target.click();
    }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) {
      event.target.blur();
    } else if (onOff.checked && !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat &&
        !event.isComposing && !isTyping(event.target) && /^[a-z0-9]$/.test(event.key) && press(event.key)) {
      event.preventDefault();
    }
  });
})();
