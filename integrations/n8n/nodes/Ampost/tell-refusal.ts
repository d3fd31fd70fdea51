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

/** Lets an answer pass that is none of refusal; a refusal is told in the words of the API, with what to do about every issue. */
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
