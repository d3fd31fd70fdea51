import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * The value of a cookie signed by the sign-in library (HMAC-SHA-256 after the last dot, in base64); null if there is
 * none or the signature is invalid.
 */
export function readSigned(cookies: string, name: string, secret: string): string | null {
  const raw = cookies
    .split(";")
    .find((pair) => pair.trim().startsWith(`${name}=`))
    ?.trim()
    .slice(name.length + 1);
  if (raw === undefined) return null;
  const value = decode(raw);
  const dot = value.lastIndexOf(".");
  const signature = Buffer.from(value.slice(dot + 1), "base64");
  const expected = createHmac("sha256", secret)
    .update(value.slice(0, Math.max(dot, 0)))
    .digest();
  return dot > 0 && signature.length === expected.length && timingSafeEqual(signature, expected)
    ? value.slice(0, dot)
    : null;
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return "";
  }
}
