import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";

/** A file of `tests/fixtures`. */
export function fixture(name: string): Promise<Buffer> {
  return readFile(join(import.meta.dirname, "../fixtures", name));
}

/**
 * Gives an element images, as if they were dropped or pasted onto it, together with a text if there is one. Whether the page
 * has taken them: otherwise, the browser does with them what it wants.
 */
export async function give(
  page: Page,
  how: "drop" | "paste",
  onto: string,
  files: Record<string, Buffer>,
  text?: string,
): Promise<boolean> {
  const given = Object.entries(files).map(([name, bytes]) => ({ name, bytes: bytes.toString("base64") }));
  const taken = await page.evaluate(`(() => {
    const files = new DataTransfer();
    for (const { name, bytes } of ${JSON.stringify(given)})
      files.items.add(new File([Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))], name, { type: "image/jpeg" }));
    const text = ${JSON.stringify(text ?? null)};
    if (text !== null) files.setData("text/plain", text);
    const event = ${
      how === "drop"
        ? `new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })`
        : `new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true })`
    };
    return !document.querySelector(${JSON.stringify(onto)}).dispatchEvent(event);
  })()`);
  return taken === true;
}
