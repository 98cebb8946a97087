// Pictures in the guide's form: the one that is chosen is seen beside its list, and all can be chosen by sight. Without
// this script the list of titles does the same.
(() => {
  "use strict";

  const form = document.getElementById("guide_form");
  if (!form) return;
  const lists = (root) => root.querySelectorAll("select[name='picture'], select[name^='sections-'][name$='-picture']");
  const small = (number) => `/admin/education/picture/${encodeURIComponent(number)}/small/`;
  let dialog = null;
  let asking = null; // the list that the dialog chooses for

  function make(tag, className, text = "") {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    if (tag === "button") element.type = "button";
    return element;
  }

  function picture(number) {
    const image = make("img", "picker-image");
    image.alt = "";
    image.loading = "lazy";
    image.src = small(number);
    return image;
  }

  function show(list) {
    const row = list.closest("div");
    row.querySelector(":scope > .picker-chosen")?.remove();
    if (!list.value) return;
    const chosen = make("span", "picker-chosen");
    chosen.append(picture(list.value));
    row.append(chosen);
  }

  function choose(value) {
    asking.value = value;
    asking.dispatchEvent(new Event("change", { bubbles: true }));
    dialog.close();
  }

  function open(list) {
    asking = list;
    if (!dialog) {
      dialog = make("dialog", "picker");
      document.body.append(dialog);
    }
    const title = make("h2", "", "Choose a picture");
    title.id = "picker-title";
    dialog.setAttribute("aria-labelledby", title.id);
    const grid = make("div", "picker-grid");
    for (const option of list.options) {
      const button = make("button", "picker-item");
      if (option.value) button.append(picture(option.value));
      button.append(make("span", "", option.value ? option.textContent : "No picture"));
      button.setAttribute("aria-pressed", String(option.value === list.value));
      button.addEventListener("click", () => choose(option.value));
      grid.append(button);
    }
    const leave = make("button", "picker-leave", "Leave it as it is");
    leave.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(title, leave, grid);
    dialog.showModal();
    grid.querySelector("[aria-pressed='true']")?.focus();
  }

  function dress(list) {
    if (list.classList.contains("picker-dressed") || list.name.includes("__prefix__")) return;
    list.classList.add("picker-dressed");
    const button = make("button", "picker-open", "Choose by sight…");
    button.addEventListener("click", () => open(list));
    list.after(button);
    list.addEventListener("change", () => show(list));
    show(list);
  }

  lists(form).forEach(dress);
  document.addEventListener("formset:added", (event) => lists(event.target).forEach(dress));
})();
