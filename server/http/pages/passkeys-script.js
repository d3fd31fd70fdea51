/** Signs in with a passkey, or adds one: see passkeys.ts. Shows its buttons only if the browser supports it. */
const acts = { "sign-in": signIn, add: addPasskey };

if (globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  for (const place of document.querySelectorAll("[data-passkey]")) {
    place.hidden = false;
    place.querySelector("button").addEventListener("click", () => run(place));
  }
}

async function run(place) {
  const button = place.querySelector("button");
  const alert = place.querySelector("[role=alert]");
  button.disabled = true;
  alert.hidden = true;
  try {
    await acts[place.dataset.passkey]();
    location.assign(place.dataset.next);
  } catch (error) {
    alert.textContent = error.name === "NotAllowedError" ? "Passkey cancelled. Try again." : error.message;
    alert.hidden = false;
    button.disabled = false;
  }
}

async function signIn() {
  const options = await ask("/api/auth/passkey/generate-authenticate-options");
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
  });
  await ask("/api/auth/passkey/verify-authentication", { response: credential.toJSON() });
}

async function addPasskey() {
  const options = await ask("/api/auth/passkey/generate-register-options");
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  });
  await ask("/api/auth/passkey/verify-registration", {
    response: credential.toJSON(),
    name: `Passkey added ${new Date().toISOString().slice(0, 10)}`,
  });
}

async function ask(path, body) {
  const answer = await fetch(
    path,
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
  );
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(read.error ?? read.message ?? "Something went wrong. Try again.");
  return read;
}
