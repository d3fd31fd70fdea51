import { type Tool, TOOLS } from "../../contract/openapi/tools.ts";

/** What a request's URL and headers select. */
export interface Offer {
  tools: readonly Tool[];
  /** Whether these are all tools. */
  isWhole: boolean;
  /** Whether results are only text, for clients that do not read structured content. */
  asText: boolean;
}

/** The paths of MCP, and whether each has only the tools that read. */
export const MCP_PATHS = [
  { path: "/mcp", readOnly: false },
  { path: "/mcp/readonly", readOnly: true },
] as const;

/** The tools that every list of names has, in their order; or what is wrong with the lists. An empty list is none. */
export function selectTools(readOnly: boolean, lists: readonly string[]): Omit<Offer, "asText"> | { problem: string } {
  const wanted = lists.map(namesIn).filter((names) => names.length > 0);
  const unknown = wanted.flat().find((name) => !TOOLS.some((tool) => isNamed(tool, name)));
  if (unknown !== undefined) {
    const toolsets = [...new Set(TOOLS.map(({ toolset }) => toolset))].join(", ");
    return { problem: `Unknown toolset "${unknown.slice(0, 100)}". Choose from ${toolsets}, or name single tools.` };
  }
  const tools = TOOLS.filter(
    (tool) =>
      (!readOnly || tool.annotations.readOnlyHint) &&
      wanted.every((names) => names.some((name) => isNamed(tool, name))),
  );
  if (tools.length === 0) return { problem: "None of these tools is offered here. Choose others, or omit the choice." };
  return { tools, isWhole: tools.length === TOOLS.length };
}

function isNamed({ name, toolset }: Tool, wanted: string): boolean {
  return wanted === name || wanted === toolset;
}

function namesIn(list: string): string[] {
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
