// Passkeys: between a form's button and its sending stands the browser's own dialogue. The form says what to ask
// (data-options, as JSON of WebAuthn) and whether a key is made or used (data-passkey); its field "answer" takes the answer.
const keys = window.PublicKeyCredential;
let waiting = new AbortController();

async function ask(form, more = {}) {
  const options = JSON.parse(form.dataset.options);
  const made = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON(options), ...more })
    : await navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(options), ...more });
  form.elements.answer.value = JSON.stringify(made);
  form.submit();
}

async function pressed(event) {
  const form = event.currentTarget;
  const told = form.querySelector("[role=status]");
  event.preventDefault();
  waiting.abort();
  waiting = new AbortController();
  told.textContent = "";
  try {
    await ask(form, { signal: waiting.signal });
  } catch (error) {
    told.textContent = error.name === "InvalidStateError" ? form.dataset.had : form.dataset.no;
  }
}

// In the list that the browser shows under the name, where it can; not again at once after a refusal.
async function offer(form) {
  if (document.querySelector("[role=alert]") || !(await keys.isConditionalMediationAvailable?.())) return;
  await ask(form, { mediation: "conditional", signal: waiting.signal }).catch(() => {});
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!keys?.parseRequestOptionsFromJSON) continue;
  form.classList.remove("waits");
  form.addEventListener("submit", pressed);
  if (form.dataset.passkey === "get") offer(form);
}
