import {
  type IExecuteSingleFunctions,
  type IN8nHttpFullResponse,
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
  { statusCode, body }: IN8nHttpFullResponse,
): Promise<INodeExecutionData[]> {
  if (statusCode < 400) return items;
  const { error: message = `Ampost answered with status ${statusCode}`, issues = [] }: Refusal = isObject(body)
    ? body
    : {};
  const description = issues
    .map(({ path, message: what, fix }) => `${path === "" ? "" : `${path}: `}${what.replace(/\.?$/, ".")} ${fix}`)
    .join("\n");
  throw new NodeApiError(this.getNode(), isObject(body) ? body : {}, {
    message,
    description,
    httpCode: String(statusCode),
  });
}

function isObject(body: unknown): body is JsonObject & Refusal {
  return typeof body === "object" && body !== null && !Buffer.isBuffer(body);
}
