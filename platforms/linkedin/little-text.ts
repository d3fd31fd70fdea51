/**
 * LinkedIn's "little" text format: how a plain text is written so that it is read as it stands. What is reserved and not
 * escaped does not fail a post: LinkedIn silently drops the text from there on.
 * Source: LinkedIn docs, little-text-format, 2026-05; the silent cut from reports of clients, 2026.
 */
export function escapeLittleText(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n");
  let written = "";
  let from = 0;
  for (const { index, 0: element } of lines.matchAll(ELEMENT)) {
    written += escapePlain(lines.slice(from, index));
    // Of a hashtag the sign stands, and the name is escaped like any text; a mention stands as it is.
    written += element.startsWith("#") ? `#${escapePlain(element.slice(1))}` : element;
    from = index + element.length;
  }
  return written + escapePlain(lines.slice(from));
}

/** A name without reserved characters, as LinkedIn shows it, and whom it means. */
const MENTION = String.raw`@\[[^|{}@[\]()<>#\\*_~\n]+\]\(urn:li:(?:person|organization):[A-Za-z0-9-]+\)`;

/** At the start of the text, behind white space or an opening sign, with at least one letter in it. */
const HASHTAG = String.raw`(?<=^|[\s"'\p{Ps}\p{Pi}])#(?=[\p{N}_]*\p{L})[\p{L}\p{M}\p{N}_]+`;

const ELEMENT = new RegExp(`${MENTION}|${HASHTAG}`, "gu");

function escapePlain(text: string): string {
  return text.replace(/[|{}@[\]()<>#\\*_~]/g, String.raw`\$&`);
}
