/** Signs in with a passkey: see passkeys.ts. Shows its button only if the browser supports it. */

if (globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) {
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
    await signIn();
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
