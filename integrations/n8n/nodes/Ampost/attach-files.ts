import { randomUUID } from "node:crypto";

import type { IExecuteSingleFunctions, IHttpRequestOptions } from "n8n-workflow";

/**
 * Sends the item's files as multipart/form-data: for a post alongside its JSON, for a media object instead of it, under
 * the name given in its body. Without files, the request is unchanged.
 */
export async function attachFiles(
  this: IExecuteSingleFunctions,
  request: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
  const fields = String(this.getNodeParameter("binaryFields", ""))
    .split(",")
    .map((field) => field.trim())
    .filter((field) => field !== "");
  if (fields.length === 0) return request;
  const boundary = `ampost-${randomUUID()}`;
  const isPost = this.getNodeParameter("resource") === "post";
  const parts = isPost
    ? [part(boundary, 'name="data"', "application/json", Buffer.from(JSON.stringify(request.body)))]
    : [];
  for (const field of fields) {
    const { fileName = field, mimeType } = this.helpers.assertBinaryData(field);
    const name = isPost ? fileName : this.getNodeParameter("filename", "") || fileName;
    parts.push(
      part(
        boundary,
        `name="${isPost ? "files" : "file"}"; filename="${quoted(String(name))}"`,
        mimeType,
        await this.helpers.getBinaryDataBuffer(field),
      ),
    );
  }
  const headers = { ...request.headers, "Content-Type": `multipart/form-data; boundary=${boundary}` };
  return { ...request, headers, body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]) };
}

function part(boundary: string, disposition: string, type: string, bytes: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}

/** Escaped like browsers do for names in headers. */
function quoted(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
