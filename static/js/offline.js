// Asks the worker to keep this guide for when the connection drops. A browser that has no workers does without.
{
  const words = document.getElementById("tools")?.dataset;

  const parts = () => [
    ...[...document.styleSheets].map((sheet) => sheet.href),
    ...[...document.scripts].map((script) => script.src),
    ...[...document.querySelectorAll("link[rel~=icon]")].map((icon) => icon.href),
    ...[...document.images].filter((image) => image.complete && image.naturalWidth).map((image) => image.currentSrc),
  ];

  const keep = async () => {
    await navigator.serviceWorker.register(words.worker);
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({
      address: location.origin + location.pathname,
      parts: [...new Set(parts())].filter((address) => address && !address.startsWith("data:")),
      line: words.offline,
      language: document.documentElement.lang,
    });
  };

  const forget = async () => {
    for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
    for (const name of await caches.keys()) if (name.startsWith("guides-")) await caches.delete(name);
  };

  if (words?.worker === "" && "serviceWorker" in navigator) forget().catch(() => {}); // the clinic has switched it off
  if (words?.worker && "serviceWorker" in navigator && !location.search) {
    const quietly = () => keep().catch(() => {});
    addEventListener("load", () => setTimeout(quietly, 0));
    // Once more at the end: pictures further down have come since.
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && quietly());
  }
}
