import { lexer, Marked, type Tokens } from "marked";

import { html, toMarkup, trusted } from "../html.ts";
import { highlight } from "./highlight.ts";

/** Our own Markdown as HTML. Headings get IDs, tables and code scroll, and markup in the text is escaped. */
export function renderMarkdown(markdown: string): string {
  const taken = new Map<string, number>();
  const marked = new Marked({
    async: false,
    gfm: true,
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => (text.startsWith("<!--") ? "" : toMarkup(text)),
      heading({ tokens, depth, text }) {
        const { words, id } = readHeading(text);
        const shown = trusted(this.parser.parseInline(tokens).replace(/ \{#[\w-]+\}$/, ""));
        if (depth === 1) return toMarkup(html`<h1>${shown}</h1>`);
        const tag = trusted(`h${depth}`);
        const anchor = unique(id, taken);
        return toMarkup(
          html`<${tag} id="${anchor}"
            >${shown}<a class="anchor" href="#${anchor}" aria-label="Link to ${words}">#</a></${tag}
          > `,
        );
      },
      code: ({ text, lang }) =>
        toMarkup(
          html`<div class="code" data-language="${lang?.split(" ")[0] ?? ""}">
            <pre tabindex="0"><code>${highlight(text, lang?.split(" ")[0] ?? "")}</code></pre>
          </div> `,
        ),
    },
    hooks: {
      postprocess: (markup) =>
        grouped(markup)
          // A header without text is none.
          .replaceAll(/<th( [^>]*)?><\/th>/g, "<td></td>")
          .replaceAll("<table>", '<div class="scroll" tabindex="0"><table>')
          .replaceAll("</table>", "</table></div>"),
    },
  });
  const rendered = marked.parse(markdown);
  if (typeof rendered !== "string") throw new Error("Markdown is rendered at once");
  return rendered;
}

const LANGUAGES: Readonly<Record<string, string>> = { sh: "curl", ts: "TypeScript", py: "Python" };

/** Adjacent code blocks in other languages are the same sample: the script turns them into tabs. */
function grouped(markup: string): string {
  return markup.replace(
    /(?:<div class="code" data-language="(?:sh|ts|py)">\s*<pre tabindex="0"><code>(?:[^<]|<\/?span\b)*<\/code><\/pre>\s*<\/div>\s*){2,}/g,
    (blocks) => {
      const languages = [...blocks.matchAll(/data-language="(\w+)"/g)].map(([, language]) => language);
      if (new Set(languages).size < languages.length) return blocks;
      const named = blocks.replace(
        /data-language="(\w+)">/g,
        (start, language: string) => `${start}<p class="language">${LANGUAGES[language] ?? ""}</p>`,
      );
      return `<div class="samples">${named}</div>\n`;
    },
  );
}

/** A heading's text without Markdown, and its ID from `{#id}` or its words. */
export function readHeading(text: string): { words: string; id: string } {
  const named = /^(.*) \{#([\w-]+)\}$/.exec(text);
  const words = (named?.[1] ?? text).replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
  return {
    words,
    id:
      named?.[2] ??
      words
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
        .replaceAll(/^-|-$/g, ""),
  };
}

/** The headings below the title, with the IDs they have on the page. */
export function readSections(markdown: string): { depth: number; words: string; id: string }[] {
  const taken = new Map<string, number>();
  return lexer(markdown).flatMap((token) => {
    if (token.type !== "heading" || token.depth === 1) return [];
    const { words, id } = readHeading(String(token.text));
    return [{ depth: Number(token.depth), words, id: unique(id, taken) }];
  });
}

function unique(id: string, taken: Map<string, number>): string {
  const times = taken.get(id) ?? 0;
  taken.set(id, times + 1);
  return times === 0 ? id : `${id}-${times + 1}`;
}
