/**
 * Third-party text without the characters that override or isolate its direction: with them, what people read can
 * differ from the actual text, also in the text around it (Unicode Standard Annex 9, section 2).
 */
export function withoutTurns(text: string): string {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
}
