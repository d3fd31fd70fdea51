import type { Mode } from "../../../model/platform-names.ts";
import { html, type Html } from "../html.ts";

/** In which mode an account is connected. People without a login know of no modes, so live is not said to them. */
export function modeNotice(mode: Mode, isSignedIn: boolean): Html | null {
  if (mode === "test")
    return html`<p class="notice warn">Test mode: you connect an account in the sandbox, not a real one.</p>`;
  return isSignedIn ? html`<p><span class="tag">Live mode</span></p>` : null;
}
