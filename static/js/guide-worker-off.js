// GUIDES_OFFLINE=false: what an earlier worker kept goes, and the worker with it.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("guides-")) await caches.delete(name);
      await self.registration.unregister();
    })(),
  );
});
