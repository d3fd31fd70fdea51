import type { z } from "zod";

import { nearestWord } from "../../model/nearest-word.ts";
import { fieldsOf, type Field } from "./fields-of.ts";

/** How to report an unknown key. */
export interface KeyAdvice {
  message: string;
  fix: string;
}

/** Flat keys of the legacy route that have a different name here. */
const LEGACY_KEYS: Readonly<Record<string, string>> = { mediaUrls: "content.media" };

/**
 * Finds the valid path that a misplaced or misspelled key was most likely meant for: the same name elsewhere, then the
 * closest name next to it, then the closest anywhere.
 */
export function adviseKey(schema: z.ZodType, parent: readonly PropertyKey[], key: string, word = "key"): KeyAdvice {
  const written = dotted([...parent, key]);
  const fields = fieldsOf(schema);
  const beside = fields.filter((field) => isMemberOf(field, parent));
  const near = fields.filter((field) => !isBuried(field, parent));
  const legacy = Object.hasOwn(LEGACY_KEYS, key) ? LEGACY_KEYS[key] : undefined;
  if (legacy !== undefined && fields.some((field) => dotted(field.path) === legacy)) {
    return { message: `"${key}" is a key of the legacy endpoint. Use "${legacy}"`, fix: `Move it to ${legacy}.` };
  }
  const same = closest(
    near.filter((field) => field.path.at(-1) === key),
    parent,
  );
  if (same !== undefined) {
    const place = same.length === 1 ? "the top level" : `"${dotted(same)}"`;
    return { message: `"${key}" belongs at ${place}`, fix: `Move it to ${place.replaceAll('"', "")}.` };
  }
  const meant = nearestName(beside, key) ?? nearestName(near, key);
  if (meant !== undefined) {
    const path = dotted(adapt(meant.path, parent));
    return {
      message: `Unknown ${word} "${written}": did you mean "${path}"?`,
      fix: `Rename it to ${path}, or remove it.`,
    };
  }
  const names = beside.map((field) => field.path.at(-1) ?? "").filter((name) => name !== "*");
  return {
    message: `Unknown ${word} "${written}"`,
    fix: names.length === 0 ? "Remove it." : `Remove it. Known here: ${[...new Set(names)].join(", ")}.`,
  };
}

/** "content.media[0].url" */
export function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number" || step === "*") return `${text}[${step === "*" ? "" : step}]`;
    return text === "" ? String(step) : `${text}.${String(step)}`;
  }, "");
}

function nearestName(fields: readonly Field[], key: string): Field | undefined {
  const name = nearestWord(
    fields.map((field) => field.path.at(-1) ?? "").filter((word) => word !== "*"),
    key,
  );
  return fields.find((field) => field.path.at(-1) === name);
}

/**
 * Of several fields, the one with the longest common path with the key's location, then the one nearest to the top. If
 * several platforms have it, none is chosen.
 */
function closest(fields: readonly Field[], parent: readonly PropertyKey[]): PropertyKey[] | undefined {
  const rank = ({ path }: Field) => [shared(path, parent), -path.length] as const;
  const sorted = fields.toSorted((a, b) => rank(b)[0] - rank(a)[0] || rank(b)[1] - rank(a)[1]);
  const best = sorted[0];
  if (best === undefined) return undefined;
  const path = adapt(best.path, parent);
  const equals = sorted.filter(
    (field) => rank(field).join() === rank(best).join() && field.path[1] === "platformOverrides",
  );
  if (equals.length > 1 && shared(best.path, parent) < 3) path[2] = "<platform>";
  return path;
}

function shared(path: readonly string[], parent: readonly PropertyKey[]): number {
  const end = path.findIndex((step, index) => !sameStep(step, parent[index]));
  return end === -1 ? path.length : end;
}

/** A key found elsewhere was not meant for a list deep inside a platform's settings. */
function isBuried({ path }: Field, parent: readonly PropertyKey[]): boolean {
  return path[1] === "platformOverrides" && path.includes("*") && shared(path, parent) < 3;
}

function isMemberOf(field: Field, parent: readonly PropertyKey[]): boolean {
  return field.path.length === parent.length + 1 && shared(field.path, parent) === parent.length;
}

function sameStep(step: string, other: PropertyKey | undefined): boolean {
  return step === other || (step === "*" && typeof other === "number");
}

/** The field's path with the array indexes of the key's location. */
function adapt(path: readonly string[], parent: readonly PropertyKey[]): PropertyKey[] {
  const common = shared(path, parent);
  return path.map((step, index) => (index < common ? (parent[index] ?? step) : step));
}
