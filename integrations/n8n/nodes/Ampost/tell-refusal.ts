import {
  type IExecuteSingleFunctions,
  type IN8nHttpFullResponse,
  type INode,
  type INodeExecutionData,
  type JsonObject,
  NodeApiError,
} from "n8n-workflow";

interface Refusal {
  error?: string;
  issues?: { path: string; message: string; fix: string }[];
}

/** Passes on successful responses; throws errors with the API's message and the fix for every issue. */
export async function tellRefusal(
  this: IExecuteSingleFunctions,
  items: INodeExecutionData[],
  answer: IN8nHttpFullResponse,
): Promise<INodeExecutionData[]> {
  if (answer.statusCode >= 400) throw refusalOf(this.getNode(), answer);
  return items;
}

/** An error response as n8n shows it. */
export function refusalOf(node: INode, { statusCode, body }: { statusCode: number; body: unknown }): NodeApiError {
  const { error: message = `Ampost answered with status ${statusCode}`, issues = [] }: Refusal = isObject(body)
    ? body
    : {};
  const description = issues
    .map(({ path, message: what, fix }) => `${path === "" ? "" : `${path}: `}${what.replace(/\.?$/, ".")} ${fix}`)
    .join("\n");
  return new NodeApiError(node, isObject(body) ? body : {}, { message, description, httpCode: String(statusCode) });
}

function isObject(body: unknown): body is JsonObject & Refusal {
  return typeof body === "object" && body !== null && !Buffer.isBuffer(body);
}
