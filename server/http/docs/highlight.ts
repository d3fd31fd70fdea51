import { createRequire } from "node:module";

import { html, trusted, type Html } from "../html.ts";

/** What is used of highlight.js. Its own types bring those of browsers, which differ from Node.js's. */
interface Highlighter {
  registerLanguage(name: string, language: unknown): void;
  getLanguage(name: string): object | undefined;
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
}

const require = createRequire(import.meta.url);
const highlighter: Highlighter = require("highlight.js/lib/core");

const LANGUAGES = {
  sh: "bash",
  ini: "ini",
  json: "json",
  nginx: "nginx",
  py: "python",
  ts: "typescript",
  yaml: "yaml",
} as const;
for (const [name, file] of Object.entries(LANGUAGES))
  highlighter.registerLanguage(name, require(`highlight.js/lib/languages/${file}`));

/** Code with its words in spans, whose classes the style colors; escaped, like everything else. */
export function highlight(code: string, language: string): Html {
  if (highlighter.getLanguage(language) === undefined) return html`${code}`;
  return trusted(highlighter.highlight(code, { language, ignoreIllegals: true }).value);
}
