import { about, variables, type Variable } from "../model/environment.ts";

/** `.env.example`: every variable with its purpose, format and default. */
export function environmentExample(): string {
  const lines = [
    "# Copy to .env and set what you need; everything has a default. `npm start` reads .env from the current folder.",
    "# Secrets can also be read from files: NAME_FILE=/run/secrets/name.",
  ];
  let group = "";
  for (const [name, schema] of variables) {
    const variable = about.get(schema);
    if (variable === undefined) throw new Error(`${name} is not described`);
    if (variable.group !== group) lines.push("", `# --- ${variable.group} ---`);
    group = variable.group;
    lines.push(
      "",
      `# ${variable.about}`,
      `# Format: ${variable.takes}. ${without(variable, schema.safeParse(undefined).data)}`,
      `#${name}=${variable.example}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function without(variable: Variable, fallback: unknown): string {
  if (variable.otherwise !== undefined) return `Default: ${variable.otherwise}.`;
  return fallback === undefined || fallback === "" ? "Empty by default." : `Default: ${String(fallback)}.`;
}
