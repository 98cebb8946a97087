// A box that ticks all rows of the list at once. Without this script each row has its own, and the box does not show.
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll('input[name="chosen"]')];
  const ready = () => { for (const label of document.querySelectorAll(".choose-all")) label.hidden = false; };

  document.addEventListener("change", ({ target }) => {
    if (target.id === "choose-all") for (const row of rows()) row.checked = target.checked;
    const all = document.getElementById("choose-all");
    if (target.name === "chosen" && all) all.checked = rows().every((row) => row.checked);
  });
  document.addEventListener("desk:shown", ready); // the desk has put in a new list
  ready();
})();
