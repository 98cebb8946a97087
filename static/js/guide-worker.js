// Guides that were opened stay readable when the connection drops. This worker is served beside the list of guides, so the
// browser hands it pages below that address alone: never the form, a request's page or anything of staff. And it keeps a
// page only if the site's answer says that it may be kept, which published guides alone do. docs/decisions/0030 says why.
const SCOPE = new URL(self.registration.scope).pathname; // /guides/, or /es/guides/
const KEPT = `guides-1 ${SCOPE}`;
const MOST = 20; // guides
const DAY = 24 * 60 * 60 * 1000;
const LONGEST = 30 * DAY;
const PATIENCE = 8000; // milliseconds that a reader waits for the network while there is a copy
const GUIDE = /^[-\w]+\/(read\/)?$/;
const PART = /^\/(static|media\/pictures)\//;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys())
        if (name.startsWith("guides-") && name.endsWith(` ${SCOPE}`) && name !== KEPT) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => event.waitUntil(keep(event.data).catch(() => {})));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (isGuide(address)) event.respondWith(page(request, address.pathname));
  } else if (PART.test(address.pathname)) {
    event.respondWith(part(request, address.pathname));
  }
});

function isGuide(address) {
  return address.pathname.startsWith(SCOPE) && GUIDE.test(address.pathname.slice(SCOPE.length)) && !address.search;
}

// The network first, then the copy ----------------------------------------------------------------------------------------

async function page(request, path) {
  const answered = fetch(request).then(async (answer) => {
    if (isGone(answer)) await forget(path);
    return answer.status >= 500 ? (await copy(path)) || answer : answer;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE)).then(() => copy(path));
  try {
    return (await Promise.race([answered, late])) || (await answered);
  } catch (error) {
    const kept = await copy(path);
    if (kept) return kept;
    throw error;
  }
}

async function part(request, path) {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(KEPT);
    const kept = (await cache.match(request.url)) || (await sizeOfTheSamePicture(cache, path));
    if (kept) return kept;
    throw error;
  }
}

async function sizeOfTheSamePicture(cache, path) {
  if (!path.startsWith("/media/")) return undefined;
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const other = (await cache.keys()).find((key) => new URL(key.url).pathname.startsWith(folder));
  return other && cache.match(other);
}

/** The kept page with a line that says so, or undefined. */
async function copy(path) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(path);
  const facts = kept && factsOf(kept);
  if (!facts || facts.opened < Date.now() - LONGEST) return undefined;
  const day = new Date(facts.saved).toLocaleDateString(facts.language, { dateStyle: "long", numberingSystem: "latn" });
  const line = facts.line.replace("%s", day).replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const text = await kept.text();
  const html = text.replace(/<main\b[^>]*>/, (main) => `${main}<div class="offline" role="status"><p class="wrap">${line}</p></div>`);
  return new Response(html, { headers: kept.headers });
}

// Keeping -----------------------------------------------------------------------------------------------------------------

/** What a guide's page asks for once it is open: its address, its parts, and the line to show over the copy. */
async function keep({ address, parts, line, language }) {
  if (!isGuide(new URL(address))) return;
  const path = new URL(address).pathname;
  const wanted = parts.filter((one) => new URL(one).origin === self.location.origin && PART.test(new URL(one).pathname));
  const now = Date.now();
  if (!(await store(path, { parts: wanted, line, language, opened: now, saved: now }))) return;
  const cache = await caches.open(KEPT);
  for (const one of wanted) {
    const answer = await fetch(one);
    if (answer.ok) await cache.put(one, answer);
  }
  await tidy();
}

/** Fetches the page and puts it in; takes it out where the site no longer has it or no longer lets it be kept. */
async function store(path, facts, options) {
  const answer = await fetch(path, options);
  if (isGone(answer)) await forget(path);
  if (!answer.ok) return false;
  if (answer.redirected || answer.headers.get("Offline-Copy") !== "allowed") {
    await forget(path);
    return false;
  }
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  headers.set("Kept-With", encodeURIComponent(JSON.stringify(facts)));
  const cache = await caches.open(KEPT);
  await cache.put(path, new Response(await answer.text(), { headers }));
  return true;
}

function isGone(answer) {
  return answer.status === 404 || answer.status === 410 || answer.type === "opaqueredirect";
}

async function forget(path) {
  const cache = await caches.open(KEPT);
  await cache.delete(path);
}

function factsOf(kept) {
  return JSON.parse(decodeURIComponent(kept.headers.get("Kept-With") || "null"));
}

/** The newest few stay, for a while; each is looked at again once a day, so that what was withdrawn goes unopened, too. */
async function tidy() {
  const cache = await caches.open(KEPT);
  const pages = [];
  for (const key of await cache.keys()) {
    const facts = factsOf(await cache.match(key));
    if (facts) pages.push({ path: new URL(key.url).pathname, facts });
  }
  pages.sort((one, other) => other.facts.opened - one.facts.opened);
  const parts = new Set();
  for (const [place, { path, facts }] of pages.entries()) {
    const old = place >= MOST || facts.opened < Date.now() - LONGEST;
    if (old) await forget(path);
    else if (facts.saved < Date.now() - DAY) await store(path, { ...facts, saved: Date.now() }, { cache: "no-cache" });
    if (!old) for (const one of facts.parts) parts.add(one);
  }
  for (const key of await cache.keys())
    if (PART.test(new URL(key.url).pathname) && !parts.has(key.url)) await cache.delete(key);
}
