// A guide is whole without this: it opens the contents list where there is room beside the text, and on paper all that is folded.
const contents = document.querySelector(".contents details");
if (contents && matchMedia("(min-width: 64rem)").matches) contents.open = true;

let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const details of unfolded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});
