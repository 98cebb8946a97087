// Reads the guide aloud by a voice that this device has itself, so no word leaves it. Where there is no such voice in the
// page's language there is no button. Pausing ends the sentence and remembers the part: many phones know no other pause.
{
  const place = document.getElementById("tools");
  const synth = window.speechSynthesis;
  const language = (document.documentElement.lang || "en").toLowerCase().split("-")[0];
  const LONGEST = 220; // characters at once; some browsers fall silent in a longer text

  let at = 0; // the piece that is being read, or that comes next
  let run = 0; // counts starts, so that a voice that was stopped cannot go on
  let marked = null;
  const buttons = {};

  const voice = () => {
    const all = synth.getVoices().filter((one) => one.localService && one.lang.toLowerCase().split(/[-_]/)[0] === language);
    return all.find((one) => one.default) || all[0];
  };

  /** What is read: each heading, paragraph and line that can be seen, in pieces, with the part that it belongs to. */
  const pieces = () => {
    const found = [];
    let part = 0;
    for (const block of document.querySelectorAll("main h1, .short .lead, .guide :is(h2, h3, h4, p, li, tr, figcaption)")) {
      if (!block.getClientRects().length || block.querySelector("p, li")) continue;
      if (/^H/.test(block.tagName)) part += 1;
      const text = block.innerText.replace(/\s+/g, " ").trim();
      for (const words of cut(text)) found.push({ block, part, words });
    }
    return found;
  };

  const cut = (text) => {
    const sentences = text.match(/[^.!?؟]+[.!?؟]*\s*/g) || [];
    return sentences.reduce((all, sentence) => {
      if (all.length && (all[all.length - 1] + sentence).length <= LONGEST) all[all.length - 1] += sentence;
      else all.push(sentence);
      return all;
    }, []);
  };

  const mark = (block) => {
    if (marked === block) return;
    if (marked) marked.classList.remove("spoken");
    marked = block;
    if (!block) return;
    block.classList.add("spoken");
    block.scrollIntoView({ block: "nearest" });
  };

  const show = (state) => {
    for (const [name, button] of Object.entries(buttons)) button.hidden = !button.states.includes(state);
    place.dataset.listening = state;
  };

  const speak = () => {
    const all = pieces();
    const mine = (run += 1);
    synth.cancel();
    show("reading");
    const next = () => {
      if (mine !== run) return;
      if (at >= all.length) return stop();
      const { block, words } = all[at];
      mark(block);
      const saying = new SpeechSynthesisUtterance(words);
      saying.voice = voice();
      saying.lang = saying.voice ? saying.voice.lang : language;
      saying.onend = () => {
        if (mine !== run) return;
        at += 1;
        next();
      };
      saying.onerror = () => mine === run && stop();
      synth.speak(saying);
    };
    next();
  };

  const silence = () => {
    run += 1;
    synth.cancel();
  };

  const pause = () => {
    silence();
    show("paused");
    buttons.goOn.focus();
  };

  const stop = () => {
    const within = document.activeElement && document.activeElement.closest(".listen");
    silence();
    at = 0;
    mark(null);
    show("silent");
    if (within) buttons.listen.focus();
  };

  const skip = () => {
    const all = pieces();
    const now = all[at] && all[at].part;
    const further = all.findIndex((piece, number) => number > at && piece.part !== now);
    at = further < 0 ? all.length : further;
    speak();
  };

  const start = () => {
    speak();
    buttons.pause.focus();
  };

  const add = (group, name, states, action) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tool";
    button.textContent = place.dataset[name];
    button.states = states;
    button.addEventListener("click", action);
    buttons[name] = button;
    group.append(button);
  };

  if (place && synth && place.dataset.listen) {
    const group = document.createElement("div");
    group.className = "listen";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", place.dataset.listen);
    group.style.visibility = "hidden"; // its room is there from the start: a voice that is found later moves nothing
    add(group, "listen", ["silent"], start);
    add(group, "pause", ["reading"], pause);
    add(group, "goOn", ["paused"], start);
    add(group, "nextPart", ["reading", "paused"], skip);
    add(group, "stop", ["reading", "paused"], stop);
    place.append(group);
    show("silent");
    const offer = () => {
      group.style.visibility = voice() ? "" : "hidden";
    };
    if (synth.addEventListener) synth.addEventListener("voiceschanged", offer);
    offer();
    addEventListener("pagehide", silence);
    synth.cancel(); // what a page that was left is still saying
  }
}
