import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { FastifyInstance } from "fastify";

import { html, type Html } from "../html.ts";

export const PASSKEY_SCRIPT = "/pages/passkeys.js";

const script = readFileSync(join(import.meta.dirname, "passkeys-script.js"), "utf8");

/** The pages' only script: browsers offer passkeys only to scripts. */
export function addPasskeyScript(scope: FastifyInstance): void {
  scope.get(PASSKEY_SCRIPT, async (_request, reply) =>
    reply
      .type("text/javascript; charset=utf-8")
      .header("cache-control", "no-cache")
      .header("x-content-type-options", "nosniff")
      .send(script),
  );
}

/** Shown by the script if the browser supports passkeys. */
export function passkeyButton({ label, next }: { label: string; next: string }): Html {
  return html`<div data-passkey data-next="${next}" hidden>
    <p class="wide"><button type="button">${label}</button></p>
    <p class="error" role="alert" hidden></p>
  </div>`;
}
