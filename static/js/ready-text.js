// Puts a ready-made text into its field at once. Without this script the same button asks the server to do it.
(() => {
  "use strict";

  for (const select of document.querySelectorAll("select[data-into]")) {
    const field = document.getElementById(select.dataset.into);
    const button = select.parentElement.querySelector("button");
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const text = select.selectedOptions[0].dataset.text;
      if (!text) return;
      const before = field.value && !field.value.endsWith("\n") ? `${field.value}\n` : field.value;
      field.closest("details.seldom")?.setAttribute("open", "");
      field.value = before + text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      select.value = "";
      field.focus();
    });
  }
})();
