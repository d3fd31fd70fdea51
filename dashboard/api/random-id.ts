/** 128 random bits. Browsers have `crypto.randomUUID` only over https, and on the machine that serves the app. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
