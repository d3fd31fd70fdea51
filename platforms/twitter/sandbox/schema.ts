import type { z } from "zod";

import type { Call } from "../../../sandbox/platform.ts";
import { invalid, Refusal, type Problem } from "./errors.ts";

/** The JSON body, or X's error about its schema violations. */
export function readJson<T>({ body }: Call, schema: z.ZodType<T>): T {
  if (body.kind !== "json")
    throw new Refusal(invalid("The body has to be JSON, and the content type application/json."));
  const parsed = schema.safeParse(body.value);
  if (!parsed.success) throw new Refusal(schemaProblem(parsed.error));
  return parsed.data;
}

/** One sentence per problem, with its location in the body. */
export function schemaProblem(error: z.ZodError): Problem {
  const sentences = error.issues.flatMap((issue) => {
    const place = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
    if (issue.code !== "unrecognized_keys") return [`$${place}: ${issue.message}`];
    return issue.keys.map(
      (key) => `$${place}.${key}: is not defined in the schema and the schema does not allow additional properties`,
    );
  });
  return invalid(sentences.join("; "));
}
