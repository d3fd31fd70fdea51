/**
 * Text of others without the characters that override or isolate its direction: with them what is read can differ from
 * what is there, in what stands beside it too (Unicode Standard Annex 9, section 2).
 */
export function withoutTurns(text: string): string {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
}
