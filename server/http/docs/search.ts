import { marked } from "marked";
import MiniSearch from "minisearch";
import { stemmer } from "stemmer";

import type { DocPage } from "../../../printing/pages.ts";
import { readHeading } from "./render-markdown.ts";
import { IGNORED, SYNONYMS } from "./search-words.ts";

/** A section that was found. */
export interface Found {
  page: string;
  heading: string;
  url: string;
  excerpt: string;
}

const LONGEST_QUERY = 200;
const LONGEST_EXCERPT = 140;
const MOST_FOUND = 12;

/** Searches all sections: best first, by stems and synonyms, with the last word as its beginning. */
export async function makeSearch(pages: readonly DocPage[]): Promise<(query: string) => Found[]> {
  const sections = pages.flatMap(sectionsOf);
  const index = new MiniSearch({
    fields: ["page", "heading", "text"],
    tokenize: wordsOf,
    processTerm: (word) => (IGNORED.has(word) ? null : stemmer(word)),
    searchOptions: {
      boost: { heading: 5, page: 4 },
      prefix: (_term, at, terms) => at === terms.length - 1,
      boostDocument: (id: number) => WEIGHTS[sections[id]?.group ?? ""] ?? 1,
    },
  });
  // A few at a time: other requests are answered meanwhile.
  await index.addAllAsync(
    sections.map(({ page, heading, text }, id) => ({ id, page, heading, text })),
    { chunkSize: 10 },
  );
  const find = index.search.bind(index);
  return (query) => {
    const asked = query.slice(0, LONGEST_QUERY);
    const meant = [...new Set([asked, withSynonyms(asked)])];
    const whole = find({
      combineWith: "OR",
      queries: meant.map((words) => ({ combineWith: "AND", queries: [words] })),
    });
    // What has only some of the words, or other spellings, comes after what has all of them.
    const rest = whole.length < 3 ? find({ combineWith: "OR", queries: meant, fuzzy: fuzziness }) : [];
    const ids = new Set([...whole, ...rest].map(({ id }) => Number(id)));
    return [...ids].slice(0, MOST_FOUND).flatMap((id) => sections[id] ?? []);
  };
}

/** The pages that are printed for each endpoint and code repeat the words of the guides. */
const WEIGHTS: Readonly<Record<string, number>> = { API: 0.35, Errors: 0.35 };

const fuzziness = (term: string): number | false => (term.length > 4 ? 0.2 : false);

interface Section extends Found {
  group: string;
  text: string;
}

function sectionsOf({ path, title, group, markdown }: DocPage): Section[] {
  const sections: Section[] = [];
  for (const token of marked.lexer(markdown)) {
    if (token.type === "heading" && token.depth <= 3) {
      const { words, id } = readHeading(token.text);
      const url = token.depth === 1 ? path : `${path}#${id}`;
      sections.push({ group, page: title, heading: words, url, text: "", excerpt: "" });
      continue;
    }
    const section = sections.at(-1);
    // Samples in other languages repeat the same content.
    if (section === undefined || token.type === "html" || /^```(ts|py)/.test(token.raw)) continue;
    section.text += `${plain(token.raw)} `;
    if (section.excerpt === "" && token.type === "paragraph") section.excerpt = shortened(plain(token.raw));
  }
  return sections;
}

function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/^```.*$|[`*|]|-{3,}/gm, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function shortened(text: string): string {
  return text.length > LONGEST_EXCERPT ? text.slice(0, LONGEST_EXCERPT).replace(/\S*$/, "…") : text;
}

/** Words in lower case. A name such as `firstComment` or `AMPOST_SMTP_URL` is one word and also each of its parts. */
function wordsOf(text: string): string[] {
  return (text.match(/[\p{L}\p{N}_]+/gu) ?? []).flatMap((name) => {
    const parts = name
      .replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|_/gu, " ")
      .trim()
      .split(" ");
    return [...new Set([name, ...parts].map((word) => word.toLowerCase()))];
  });
}

function withSynonyms(query: string): string {
  const words = (query.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).join(" ");
  return Object.entries(SYNONYMS).reduce(
    (text, [said, meant]) => ` ${text} `.replace(` ${said} `, ` ${meant} `).trim(),
    words,
  );
}
