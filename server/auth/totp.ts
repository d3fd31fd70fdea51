import { createHmac } from "node:crypto";

/** The sign-in library's: as authenticator apps have it by default. */
const STEP_SECONDS = 30;
const DIGITS = 6;

/** The step whose code this is: the present one or one next to it, the earliest if several have it. Null: none. */
export function stepOf(secret: string, code: string, now: Date = new Date()): number | null {
  const present = Math.floor(now.getTime() / 1000 / STEP_SECONDS);
  return [present - 1, present, present + 1].find((step) => codeAt(secret, step) === code) ?? null;
}

/** RFC 6238 and RFC 4226, 5.3. */
function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", secret).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, "0");
}
