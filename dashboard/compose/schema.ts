import { COVER_MEDIA_ID } from "../../model/capabilities.ts";
import { labelOfName } from "../api/in-words.ts";
import { isRecord } from "./draft.ts";

/** A setting as a form shows it, read from its JSON Schema. */
export interface SettingField {
  name: string;
  /** In English, as the hint. */
  label: string;
  hint: string;
  isRequired: boolean;
  kind: FieldKind;
}

export type FieldKind =
  | { is: "choice"; values: readonly string[] }
  | { is: "yesNo" }
  | { is: "text"; isLong: boolean }
  | { is: "number"; isWhole: boolean; min: number | undefined; max: number | undefined }
  | { is: "time" }
  | { is: "lines"; max: number | undefined }
  | { is: "group"; fields: readonly SettingField[] }
  | { is: "list"; fields: readonly SettingField[]; max: number | undefined }
  | { is: "media" }
  | { is: "cover" };

/** The fields of a JSON Schema of an object, in its order. What cannot be chosen is left out. */
export function fieldsOf(schema: unknown): SettingField[] {
  const { properties, required } = isRecord(schema) ? schema : {};
  if (!isRecord(properties)) return [];
  const names = Array.isArray(required) ? required : [];
  const covers = COVER_MEDIA_ID in properties;
  return Object.entries(properties).flatMap(([name, property]) => {
    const kind = kindOf(name, property);
    // A cover is chosen from the files, whatever way it came there.
    if (kind === null || (covers && name === "coverUrl")) return [];
    const hint = isRecord(property) && typeof property["description"] === "string" ? property["description"] : "";
    return [{ name, label: labelOfName(name), hint, isRequired: names.includes(name), kind }];
  });
}

function kindOf(name: string, given: unknown): FieldKind | null {
  const schema = firstOf(given);
  if (schema["const"] !== undefined) return null;
  if (Array.isArray(schema["enum"])) return { is: "choice", values: schema["enum"].map(String) };
  if (name === COVER_MEDIA_ID) return { is: "cover" };
  switch (schema["type"]) {
    case "boolean":
      return { is: "yesNo" };
    case "integer":
    case "number":
      return {
        is: "number",
        isWhole: schema["type"] === "integer",
        min: numberOf(schema["minimum"]),
        max: numberOf(schema["maximum"]),
      };
    case "string":
      return schema["format"] === "date-time" ? { is: "time" } : { is: "text", isLong: LONG.test(name) };
    case "object":
      return { is: "group", fields: fieldsOf(schema) };
    case "array": {
      const items = firstOf(schema["items"]);
      const max = numberOf(schema["maxItems"]);
      if (items["type"] !== "object") return { is: "lines", max };
      const { properties } = items;
      if (isRecord(properties) && "altText" in properties) return { is: "media" };
      return { is: "list", fields: fieldsOf(items), max };
    }
    default:
      return null;
  }
}

/** Of alternatives, the first that is not null. */
function firstOf(schema: unknown): Record<string, unknown> {
  if (!isRecord(schema)) return {};
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  return anyOf.filter(isRecord).find((each) => each["type"] !== "null") ?? {};
}

const LONG = /text|comment|description/i;

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}
