import { labelOfName } from "../api/in-words.ts";

/**
 * What the server and the platforms say in English, in another language. Places in a text, such as "{limit}", stand for
 * what differs from one sentence to the next; that is said in the language, too. "{number}" is a number; "{id}" and
 * "{name}" stay as they are.
 */
export class Book {
  readonly #texts = new Map<string, string>();
  /** With places, the most definite first. */
  readonly #templates: readonly Template[];
  readonly #numbers: Intl.NumberFormat;
  readonly #times: Intl.DateTimeFormat;
  readonly #lists: Readonly<Record<"or" | "and", Intl.ListFormat>>;

  readonly #miss: (english: string) => void;

  /** `po` has what the language says of each English text. `miss` is told what the book does not have. */
  constructor(po: string, locale: string, timeZone: string, miss: (english: string) => void = () => {}) {
    this.#miss = miss;
    const templates: Template[] = [];
    for (const [english, said] of readPo(po)) {
      const parts = english.split(PLACE);
      if (parts.length === 1) this.#texts.set(english, said);
      else {
        const [pieces, names] = [0, 1].map((odd) => parts.filter((_, place) => place % 2 === odd));
        if (pieces && names) templates.push({ pieces, names, said });
      }
    }
    this.#templates = templates.sort((one, other) => lengthOf(other) - lengthOf(one));
    this.#numbers = new Intl.NumberFormat(locale);
    this.#times = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone });
    this.#lists = {
      or: new Intl.ListFormat(locale, { type: "disjunction" }),
      and: new Intl.ListFormat(locale, { type: "conjunction" }),
    };
  }

  /** Sentence by sentence; one that is not in the book stays as it is, and so does what a platform said. */
  say(english: string): string {
    if (english.length > LONGEST) return english;
    const quoted = english.indexOf(SAYS);
    if (quoted !== -1) {
      const start = quoted + SAYS.length - 1;
      return this.say(english.slice(0, start)) + english.slice(start);
    }
    const found = this.#find(english);
    if (found !== null) return found;
    const [end = english.length] = endsOf(english);
    const unknown = english.slice(0, end);
    if (unknown !== "") this.#miss(unknown);
    return end === english.length ? english : `${unknown} ${this.say(english.slice(end + 1))}`;
  }

  #find(english: string): string | null {
    const whole = this.#texts.get(english);
    if (whole !== undefined) return whole;
    for (const end of endsOf(english).slice(0, MOST_SENTENCES)) {
      const said = this.#sentence(english.slice(0, end));
      if (said !== null) return `${said} ${this.say(english.slice(end + 1))}`;
    }
    return this.#sentence(english);
  }

  #sentence(english: string): string | null {
    const said = this.#texts.get(english) ?? this.#fill(english) ?? this.#withPeriod(english);
    return said === null || /^\p{Ll}/u.test(english) ? said : said.slice(0, 1).toUpperCase() + said.slice(1);
  }

  /** What is wrong is said without a period, unless what to do about it follows. */
  #withPeriod(english: string): string | null {
    const text = english.endsWith(".") ? english.slice(0, -1) : "";
    const said = this.#texts.get(text) ?? this.#fill(text);
    return said === null ? null : `${said}.`;
  }

  #fill(english: string): string | null {
    for (const { pieces, names, said } of this.#templates) {
      const values = valuesIn(english, pieces);
      if (values?.every((value, place) => names[place] !== "number" || NUMBER.test(value)))
        return said.replace(PLACE, (_, name: string) => this.#value(name, values[names.indexOf(name)] ?? ""));
    }
    return null;
  }

  /** What stands in a place: a label, a number, a time, a list of them, or words of others, which stay as they are. */
  #value(name: string, english: string): string {
    if (name === "id" || name === "name") return english;
    if (NUMBER.test(english)) return this.#numbers.format(Number(english));
    if (TIME.test(english)) return this.#times.format(new Date(english));
    const said = this.#known(english) ?? this.#list(english);
    if (said === null) this.#miss(english);
    return said ?? english;
  }

  #known(english: string): string | null {
    const small = english.slice(0, 1).toLowerCase() + english.slice(1);
    const known = this.#texts.get(english) ?? this.#texts.get(small) ?? this.#texts.get(labelOfName(english));
    if (known !== undefined) return known;
    const [, label, number] = /^(\D+) (\d+)$/.exec(english) ?? [];
    const numbered = this.#texts.get(label ?? "");
    if (numbered !== undefined) return `${numbered} ${number}`;
    const parts = english.split(": ");
    const said = parts.map((part) => (parts.length > 1 ? this.#known(part) : null));
    if (said.every((part) => part !== null)) return said.join(": ");
    return this.#fill(english) ?? this.#fill(small);
  }

  #list(english: string): string | null {
    const parts = english.split(/, | or | and /);
    if (parts.length < 2) return null;
    const said = parts.map((part) => this.#known(part) ?? (/^[\w"./:+-]+$/.test(part) ? part : null));
    if (said.some((part) => part === null)) return null;
    const words = said.map(String);
    const joint = / or /.test(english) ? "or" : / and /.test(english) ? "and" : null;
    return joint === null ? words.join(", ") : this.#lists[joint].format(words);
  }
}

interface Template {
  /** What stands before, between and after the places. */
  pieces: readonly string[];
  names: readonly string[];
  said: string;
}

/** Longer ones are of no sentence of ours. */
const LONGEST = 2000;
/** In one text of the book, except for the last. */
const MOST_SENTENCES = 4;
/** Before the words of a platform. */
const SAYS = " says: ";
const PLACE = /\{(\w+)\}/g;
const NUMBER = /^\d+(\.\d+)?$/;
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
const ENTRY = /^msgid ((?:".*"\n)+)msgstr ((?:".*"(?:\n|$))+)/gm;

/** The texts of a catalog with what a language says. */
export function readPo(po: string): Map<string, string> {
  const pairs = [...po.matchAll(ENTRY)].map(([, id = "", text = ""]) => [unquote(id), unquote(text)] as const);
  return new Map(pairs.filter(([id]) => id !== ""));
}

function unquote(lines: string): string {
  return lines
    .trim()
    .split("\n")
    .map((line): string => JSON.parse(line))
    .join("");
}

/** Where sentences end before another begins. */
function endsOf(text: string): number[] {
  return Array.from(text.matchAll(/[.!?](?= [\p{Lu}“"])/gu), ({ index }) => index + 1);
}

function lengthOf({ pieces }: Template): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** What stands between the pieces, if they are all there, in their order and with something between each two. */
function valuesIn(text: string, pieces: readonly string[]): string[] | null {
  const [first = "", ...others] = pieces;
  const last = others.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last)) return null;
  const values: string[] = [];
  let position = first.length;
  for (const piece of others) {
    const next = text.indexOf(piece, position + 1);
    if (next === -1) return null;
    values.push(text.slice(position, next));
    position = next + piece.length;
  }
  const end = text.length - last.length;
  return end > position ? [...values, text.slice(position, end)] : null;
}
