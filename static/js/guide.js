// A guide is whole without this. It opens the contents list where there is room beside the text, opens what is folded for
// paper and for a link into it, and offers to open or close everything at once.
const contents = document.querySelector(".contents details");
if (contents && matchMedia("(min-width: 64rem)").matches) contents.open = true;

// On paper ------------------------------------------------------------------------------------------------------------

let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const details of unfolded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});

// A link into what is folded --------------------------------------------------------------------------------------------

function named(hash) {
  try {
    return document.getElementById(decodeURIComponent(hash.slice(1)));
  } catch {
    return null; // a "%" that means nothing
  }
}

function reveal(hash) {
  const target = named(hash);
  const folded = target?.closest("details:not([open])");
  if (!folded) return;
  for (let details = folded; details; details = details.parentElement.closest("details")) details.open = true;
  target.scrollIntoView();
}

addEventListener("hashchange", () => reveal(location.hash));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link) reveal(link.hash); // also when the address does not change by it
});
reveal(location.hash);

// Everything at once --------------------------------------------------------------------------------------------------

const parts = [...document.querySelectorAll(".guide .more")];
const tools = document.getElementById("tools");

function offer(text, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool";
  button.textContent = text;
  button.addEventListener("click", action);
  tools.append(button);
  return button;
}

if (tools) {
  if (parts.length > 1) {
    const allOpen = () => parts.every((part) => part.open);
    const all = offer("", () => {
      const wanted = !allOpen();
      for (const part of parts) part.open = wanted;
    });
    const say = () => {
      all.textContent = allOpen() ? tools.dataset.closeAll : tools.dataset.openAll;
    };
    for (const part of parts) part.addEventListener("toggle", say);
    say();
  }
  offer(tools.dataset.print, () => print());
}
