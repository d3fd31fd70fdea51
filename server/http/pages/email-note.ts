import type { Settings } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";

/** What a page that announces an email adds on an instance without a mail server. */
export const EMAILS_ARE_FILES =
  "This instance has no mail server, so the email is a file in the folder mail of its data folder. " +
  "The person who runs the instance can open it.";

export function emailNote({ hasMailServer }: Settings): Html | null {
  return hasMailServer ? null : html`<p class="notice warn">${EMAILS_ARE_FILES}</p>`;
}
