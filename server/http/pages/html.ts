/** Markup that is safe to send. Only `html` makes it, so no text becomes markup by mistake. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What may stand in a template: text is escaped, lists stand one after the other, nothing is left out. */
export type Piece = Html | string | number | null | undefined | false | readonly Piece[];

const MARKUP = Symbol("markup");

/**
 * A template whose pieces are made safe, inside attributes in double quotes too. All text that people or platforms
 * wrote goes through it.
 */
export function html(strings: TemplateStringsArray, ...pieces: Piece[]): Html {
  return { [MARKUP]: strings.reduce((made, string, index) => made + toMarkup(pieces[index - 1]) + string) };
}

/** Text of our own that is markup already, such as a drawing that a library made. */
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
