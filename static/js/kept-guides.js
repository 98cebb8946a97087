// On the privacy page: how many guides this browser keeps for reading without a connection, and a button that removes them.
{
  const place = document.getElementById("kept-guides");

  const ours = async () => (await caches.keys()).filter((name) => name.startsWith("guides-"));

  const offer = async () => {
    if (!(await ours()).length) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = place.dataset.remove;
    button.addEventListener("click", async () => {
      for (const name of await ours()) await caches.delete(name);
      place.textContent = place.dataset.removed;
      place.focus();
    });
    place.append(button);
  };

  if (place && "caches" in window) offer().catch(() => {});
}
