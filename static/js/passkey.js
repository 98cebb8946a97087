// A passkey needs the browser's help: this asks it and sends on what it answers. All else on these pages works without.
const { webauthnJSON } = window;

const optionsFor = async (form) => {
  if (form.dataset.passkey !== "sign-in") return JSON.parse(document.getElementById("passkey-options").textContent);
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("no answer");
  return (await response.json()).request_options;
};

const ask = async (form) => {
  const options = await optionsFor(form);
  return form.dataset.passkey === "add" ? webauthnJSON.create(options) : webauthnJSON.get(options);
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const said = form.querySelector("[role=alert]");
  if (!webauthnJSON?.supported()) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch {
      said.textContent = "That did not work. Nothing was changed: try again, or use another way.";
    }
  });
}
