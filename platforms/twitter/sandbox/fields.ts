import type { Call } from "../../../sandbox/platform.ts";
import { invalid, Refusal } from "./errors.ts";

/** The query of X's reads: the valid parameters, and the fields that each can request. */

/** Rejects unknown parameters and, if a list is given, values that are not on it. */
export function needQuery({ query }: Call, known: Readonly<Record<string, readonly string[] | null>>): void {
  for (const [name, value] of query) {
    if (!Object.hasOwn(known, name))
      throw new Refusal(
        invalid(`The query parameter [${name}] is not one of [${Object.keys(known).join(",")}]`, { [name]: [value] }),
      );
    const values = known[name];
    const wrong = values && value.split(",").find((one) => !values.includes(one));
    if (wrong !== undefined && wrong !== null) {
      throw new Refusal(
        invalid(`The \`${name}\` query parameter value [${wrong}] is not one of [${values?.join(",") ?? ""}]`, {
          [name]: [value],
        }),
      );
    }
  }
}

/** The default fields and those requested by the parameter. Fields without a value are left out. */
export function pickFields(
  call: Call,
  parameter: string,
  always: readonly string[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const asked = new Set([...always, ...fieldsOf(call, parameter)]);
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => asked.has(name) && value !== undefined));
}

export function fieldsOf({ query }: Call, parameter: string): string[] {
  return (query.get(parameter) ?? "").split(",").filter(Boolean);
}

/** What a read returns for an ID that does not exist, with status 200. */
export function missingResource(type: string, parameter: string, id: string): Record<string, unknown> {
  return {
    value: id,
    detail: `Could not find ${type} with ${parameter}: [${id}].`,
    title: "Not Found Error",
    resource_type: type,
    parameter,
    resource_id: id,
    type: "https://api.twitter.com/2/problems/resource-not-found",
  };
}
