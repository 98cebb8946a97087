// Words with a meaning: without this they lead to the list at the end of the page. With it the meaning opens right
// behind the word, and closes by the same key, by Escape or by a second press.
for (const term of document.querySelectorAll("a.term")) {
  const says = document.getElementById(decodeURIComponent(term.hash.slice(1)))?.querySelector(".says");
  if (!says) continue;
  term.setAttribute("role", "button");
  term.setAttribute("aria-expanded", "false");
  let meaning = null;

  const toggle = (open) => {
    if (open === Boolean(meaning)) return;
    term.setAttribute("aria-expanded", String(open));
    if (open) {
      meaning = document.createElement("span");
      meaning.className = "meaning";
      meaning.textContent = `(${says.textContent.trim()})`;
      term.after(" ", meaning);
    } else {
      meaning.previousSibling.remove();
      meaning.remove();
      meaning = null;
    }
  };

  term.addEventListener("click", (event) => {
    event.preventDefault();
    toggle(!meaning);
  });
  term.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      toggle(!meaning);
    } else if (event.key === "Escape") {
      toggle(false);
    }
  });
}
