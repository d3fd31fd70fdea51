import { SANDBOX_PLATFORMS } from "../sandbox/index.ts";
import type { Fidelity } from "../sandbox/platform.ts";

const MARKS = /(<!-- fidelity: generated -->\n)[^]*?(<!-- end -->)/;

/** The sandbox's README with what each endpoint is written from. */
export function sandboxReadme(current: string): string {
  const tables = SANDBOX_PLATFORMS.map(
    ({ label, fidelity }) =>
      `### ${label}\n\n| Endpoints | Source | Date | Clients |\n| --- | --- | --- | --- |\n${fidelity.map(rowOf).join("\n")}\n`,
  );
  return current.replace(MARKS, (_, before: string, after: string) => `${before}\n${tables.join("\n")}\n${after}`);
}

function rowOf({ routes, source, date, clients }: Fidelity): string {
  const endpoints = routes.map((route) => `\`${route}\``).join("<br>");
  return `| ${endpoints} | ${source} | ${date} | ${clients.join(", ")} |`;
}
