import type { JsonObject } from "../contract/openapi/openapi.ts";
import { followReference, membersOf, shapeOf } from "./client-types.ts";

/** The Python types of a document, declared as they are used. */
export interface PythonTypes {
  /** The type of a schema. An object that has no name gets this one, or a similar one if that is taken. */
  typeOf(schema: unknown, name: string): string;
  /** Declares a schema under its own name. */
  declare(schema: JsonObject, name: string): void;
  /** Every declaration, aliases that others need first. */
  declarations(): string[];
}

/** What Python would read as a keyword, so that it cannot be declared as a member of a class. */
const KEYWORDS = new Set(["from", "in", "is", "class", "global", "import", "pass", "return", "with"]);

export function createPythonTypes(document: JsonObject): PythonTypes {
  const names = new Map<string, string>();
  const classes = new Map<string, string>();
  const aliases = new Map<string, string>();

  function typeOf(given: unknown, name: string): string {
    const schema = membersOf(followReference(document, given));
    const known = names.get(shapeOf(schema));
    if (known !== undefined) return known;
    return inline(schema, name);
  }

  function inline(schema: JsonObject, name: string): string {
    const variants = [schema.anyOf, schema.oneOf].find(Array.isArray);
    if (variants !== undefined) return union(variants.map((variant: unknown) => typeOf(variant, name)));
    if (Array.isArray(schema.enum)) return union([`Literal[${schema.enum.map(constant).join(", ")}]`]);
    if (schema.const !== undefined) return `Literal[${constant(schema.const)}]`;
    if (Array.isArray(schema.type)) return union(schema.type.map((type: unknown) => typeOf({ ...schema, type }, name)));
    if (schema.type === "array") return `list[${typeOf(schema.items, singular(name))}]`;
    if (schema.type !== "object") return PLAIN[String(schema.type)] ?? "Any";
    if (Object.keys(membersOf(schema.properties)).length > 0) return declareObject(schema, name);
    return typeof schema.additionalProperties === "object"
      ? `dict[str, ${typeOf(schema.additionalProperties, name)}]`
      : "dict[str, Any]";
  }

  function declareObject(schema: JsonObject, wanted: string): string {
    const name = freeName(wanted);
    names.set(shapeOf(schema), name);
    // Its place, before those of its members.
    classes.set(name, "");
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const members = Object.entries(membersOf(schema.properties)).map(([member, value]) => {
      const type = typeOf(value, `${name}${upper(member)}`);
      return {
        member,
        about: membersOf(value).description,
        type: required.has(member) ? type : `NotRequired[${type}]`,
      };
    });
    const about = typeof schema.description === "string" ? schema.description : "";
    const isClass = members.every(({ member }) => /^[a-z]\w*$/i.test(member) && !KEYWORDS.has(member));
    const lines = members.flatMap(({ member, about: text, type }) => [
      ...wrapped(typeof text === "string" ? text : "", "    #: "),
      isClass ? `    ${member}: ${type}` : `    ${JSON.stringify(member)}: ${JSON.stringify(type)},`,
    ]);
    classes.set(
      name,
      isClass
        ? [`class ${name}(TypedDict):`, ...docstring(about, "    "), ...lines].join("\n")
        : [...wrapped(about, "#: "), `${name} = TypedDict("${name}", {`, ...lines, "})"].join("\n"),
    );
    return name;
  }

  function freeName(wanted: string): string {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wanted : `${wanted}${number}`;
      if (!classes.has(name) && !aliases.has(name)) return name;
    }
  }

  return {
    typeOf,
    declare(schema, name) {
      const followed = membersOf(followReference(document, schema));
      const type = inline(followed, name);
      if (type === name) return;
      names.set(shapeOf(followed), name);
      const about = typeof followed.description === "string" ? followed.description : "";
      aliases.set(name, [...wrapped(about, "#: "), ...alias(name, type)].join("\n"));
    },
    declarations: () => {
      const needsClass = (text: string) =>
        [...text.replaceAll(/"[^"]*"/g, "").matchAll(/\b[A-Z]\w+/g)].some(([word]) => classes.has(word));
      const all = [...aliases.values()];
      const late = all.filter(needsClass);
      return [...all.filter((text) => !late.includes(text)), ...classes.values(), ...late];
    },
  };
}

const WIDTH = 120;

function alias(name: string, type: string): string[] {
  const line = `${name} = ${type}`;
  const inside = /^Literal\[(.*)\]$/.exec(type)?.[1];
  if (line.length <= WIDTH || inside === undefined) return [line];
  return [`${name} = Literal[`, ...inside.split(", ").map((value) => `    ${value},`), "]"];
}

/** Lines of a comment. */
function wrapped(text: string, begin: string): string[] {
  return text === "" ? [] : wrapWords(text, WIDTH - begin.length).map((line) => begin + line);
}

/** A text as documentation of what it stands in. */
export function docstring(text: string, indent: string): string[] {
  if (text === "") return [];
  const safe = text.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"');
  const line = `${indent}"""${safe}"""`;
  if (line.length <= WIDTH && !safe.endsWith('"')) return [line];
  const lines = wrapWords(safe, WIDTH - indent.length);
  return [`${indent}"""`, ...lines.map((each) => indent + each), `${indent}"""`];
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

const PLAIN: Readonly<Record<string, string>> = {
  string: "str",
  integer: "int",
  number: "float",
  boolean: "bool",
  null: "None",
};

/** `None` comes last, and literals are one. */
function union(types: readonly string[]): string {
  const parts = new Set(types.flatMap((type) => (type.endsWith(" | None") ? [type.slice(0, -7), "None"] : [type])));
  const literals = [...parts].filter((type) => type.startsWith("Literal["));
  const one = literals.length < 2 ? literals : [`Literal[${literals.map((type) => type.slice(8, -1)).join(", ")}]`];
  const others = [...parts].filter((type) => !type.startsWith("Literal[") && type !== "None");
  return [...one, ...others, ...(parts.has("None") ? ["None"] : [])].join(" | ");
}

function constant(value: unknown): string {
  const words: Readonly<Record<string, string>> = { null: "None", true: "True", false: "False" };
  return words[String(value)] ?? JSON.stringify(value);
}

function singular(name: string): string {
  return name.replace(/ies$/, "y").replace(/(?<!s)s$/, "");
}

function upper(name: string): string {
  return name.replace(/(?:^|[^a-z\d]+)([a-z\d])/gi, (_, letter: string) => letter.toUpperCase());
}
