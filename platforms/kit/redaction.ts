import { replaceEvery } from "./find.ts";

/**
 * Removes secrets from what is stored or shown: URLs, bodies, messages. By name (`access_token=…`) and by value, since
 * a platform may quote what it was sent.
 */

/** Names whose values are secret in a query, a form, a JSON body or a header. */
const SECRET_NAMES = [
  "access_token",
  "refresh_token",
  "id_token",
  "input_token",
  "fb_exchange_token",
  "token",
  "upload_token",
  "uploadtoken",
  "upload_id",
  "client_secret",
  "client_assertion",
  "appsecret_proof",
  "code_verifier",
  "signed_request",
  "signature",
  "authorization",
  "password",
] as const;

/**
 * Secret only as a parameter: in responses, `code` is an error number. LinkedIn signs its upload URLs with `m` and `ut`.
 */
const PARAMETER_NAMES = ["code", "m", "ut"] as const;

const SECRET_PARAMETERS: ReadonlySet<string> = new Set([...SECRET_NAMES, ...PARAMETER_NAMES]);

export const REDACTED = "[redacted]";

// Before a name, there may be an ampersand as JSON can have it: \u0026.
const ANY_NAME = SECRET_NAMES.join("|");
const BY_NAME = new RegExp(
  `(["']?(?<![a-z_])(?:${ANY_NAME})["']?\\s*[=:]\\s*["']?)(?:(?:Bearer|OAuth)\\s+)?[^"'&\\s,;}]+`,
  "gi",
);
const BEARER = /\bBearer\s+[\w.~+/=|-]+/gi;
const ANY_PARAMETER = PARAMETER_NAMES.join("|");
const PARAMETER = new RegExp(`((?:[?&]|\\\\u0026)(?:${ANY_PARAMETER})=)[^&#\\s"']+`, "gi");

export function isSecretParameter(name: string): boolean {
  return SECRET_PARAMETERS.has(name.toLowerCase());
}

/** The text without secrets; `secrets` are values known to be secret wherever they occur. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 6) clean = replaceEvery(clean, secret, REDACTED);
  return clean
    .replace(BY_NAME, `$1${REDACTED}`)
    .replace(BEARER, `Bearer ${REDACTED}`)
    .replace(PARAMETER, `$1${REDACTED}`);
}

/** The URL with the values of secret parameters taken out, in a fixed order of parameters. */
export function redactUrl(url: URL): string {
  const clean = new URL(url);
  clean.username = "";
  clean.password = "";
  clean.hash = "";
  for (const name of new Set(clean.searchParams.keys()))
    if (isSecretParameter(name)) clean.searchParams.set(name, REDACTED);
  clean.searchParams.sort();
  return clean.href;
}
