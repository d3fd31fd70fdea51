/** Markup that is safe to send. Only `html` creates it, so text never becomes markup by mistake. */
export interface Html {
  readonly [MARKUP]: string;
}

/** Values in a template: text is escaped, lists are concatenated, null is omitted. */
export type Piece = Html | string | number | null | undefined | false | readonly Piece[];

const MARKUP = Symbol("markup");

/**
 * A template whose values are escaped, also inside attributes in double quotes. All text from users or platforms goes
 * through it.
 */
export function html(strings: TemplateStringsArray, ...pieces: Piece[]): Html {
  return { [MARKUP]: strings.reduce((made, string, index) => made + toMarkup(pieces[index - 1]) + string) };
}

/** Our own text that is already markup, such as an image created by a library. */
export function trusted(markup: string): Html {
  return { [MARKUP]: markup };
}

export function toMarkup(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return "";
  if (typeof piece === "string") return escapeHtml(piece);
  if (typeof piece === "number") return String(piece);
  return MARKUP in piece ? piece[MARKUP] : piece.map(toMarkup).join("");
}

/** Makes text safe inside HTML, in attributes too. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
