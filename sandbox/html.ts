/** Escapes text for HTML, including attributes. Everything on the sandbox's pages is untrusted. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
