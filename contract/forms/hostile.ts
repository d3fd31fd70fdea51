import { issueOf, type Issue } from "../../model/errors.ts";
import { dotted } from "./nearest-path.ts";

const MAX_DEPTH = 64;
/** Ten times what any operation takes. */
const MAX_VALUES = 5_000;

/**
 * What no field can contain, anywhere: deep nesting, huge numbers of values, characters that no database stores and
 * numbers that no computer can represent. Returns the first such problem, or null. Walks the value without recursion.
 */
export function findHostile(value: unknown): Issue | null {
  const waiting: { value: unknown; path: PropertyKey[] }[] = [{ value, path: [] }];
  for (let values = 0; waiting.length > 0; values += 1) {
    const { value: current, path } = waiting.pop() ?? { value: null, path: [] };
    if (values > MAX_VALUES) return tooMany();
    if (typeof current === "string") {
      const trouble = troubleOf(current);
      if (trouble !== null)
        return hostile("request.characters", path, `${dotted(path) || "The text"} ${trouble}`, "Remove the character.");
    } else if (typeof current === "number" && !Number.isFinite(current)) {
      return hostile("request.number", path, `${dotted(path)} is too large a number`, "Send a smaller number.");
    } else if (typeof current === "object" && current !== null) {
      if (path.length >= MAX_DEPTH)
        return hostile(
          "request.depth",
          path.slice(0, 3),
          `The request is nested more than ${MAX_DEPTH} levels deep`,
          "Send a flatter body.",
        );
      const members = Array.isArray(current) ? current.length : Object.keys(current).length;
      if (members + waiting.length > MAX_VALUES) return tooMany();
      for (const [key, member] of Object.entries(current)) {
        const trouble = troubleOf(key);
        if (trouble !== null)
          return hostile(
            "request.characters",
            path,
            `A key in ${dotted(path) || "the request"} ${trouble}`,
            "Remove the character.",
          );
        waiting.push({ value: member, path: [...path, Array.isArray(current) ? Number(key) : key] });
      }
    }
  }
  return null;
}

function tooMany(): Issue {
  return hostile("request.size", [], "The request has too many values", `Send fewer than ${MAX_VALUES} values.`);
}

function troubleOf(text: string): string | null {
  if (text.includes("\0")) return "contains a NUL character (\\u0000), which cannot be stored";
  return text.isWellFormed()
    ? null
    : "contains half of a surrogate pair (such as \\ud83d alone), which is not a character";
}

function hostile(rule: string, path: PropertyKey[], message: string, fix: string): Issue {
  const place = path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return issueOf({ rule, path: place, message, fix });
}
