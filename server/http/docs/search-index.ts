import type { DocPage } from "../../../printing/pages.ts";
import { readHeading } from "./render-markdown.ts";

/** One section of a page, as the search in the browser finds it. */
export interface Section {
  page: string;
  heading: string;
  url: string;
  text: string;
}

const LONGEST_TEXT = 1_200;

export function searchIndex(pages: readonly DocPage[]): Section[] {
  return pages.flatMap(({ path, title, markdown }) => {
    const parts = markdown.split(/^(?=#{1,3} )/m).filter((part) => part.trim() !== "");
    return parts.map((part) => {
      const [, marks = "", line = ""] = /^(#{1,3}) (.*)$/m.exec(part) ?? [];
      const { words, id } = readHeading(line);
      return {
        page: title,
        heading: words,
        url: marks === "#" ? path : `${path}#${id}`,
        text: plain(part.slice(part.indexOf("\n") + 1)).slice(0, LONGEST_TEXT),
      };
    });
  });
}

function plain(markdown: string): string {
  // Samples in other languages repeat the same content.
  return markdown
    .replaceAll(/^```(?:ts|py)[^]*?^```$/gm, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/^```.*$|[`*|]|-{3,}/gm, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
