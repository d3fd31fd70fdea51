/** The ID that a person has typed or pasted, as the API writes it; null if it is none. */
export function typedId(text: string): string | null {
  const id = text.trim().toLowerCase();
  return /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/.test(id) ? id : null;
}
