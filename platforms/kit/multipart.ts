import { randomUUID } from "node:crypto";

import { type HttpRequest, parametersIn, type RequestParameters } from "./http.ts";

/** A file as part of a form. `sizeBytes` is exactly the size of what `open` returns. */
export interface FilePart {
  name: string;
  filename: string;
  contentType: string;
  sizeBytes: number;
  open(): Promise<ReadableStream<Uint8Array>>;
}

/** The body of a multipart/form-data request: fields, then one file, which is streamed and never held in memory. */
export function multipartBytes(
  fields: RequestParameters,
  file: FilePart,
  boundary: string = randomUUID(),
): NonNullable<HttpRequest["bytes"]> {
  const encoder = new TextEncoder();
  const parts = parametersIn(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"\r\n\r\n${value}\r\n`,
  );
  const fileHead =
    `--${boundary}\r\nContent-Disposition: form-data; name="${quote(file.name)}"; ` +
    `filename="${quote(file.filename)}"\r\nContent-Type: ${file.contentType}\r\n\r\n`;
  const head = encoder.encode([...parts, fileHead].join(""));
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: head.length + file.sizeBytes + tail.length,
    open: async () => joined(head, await file.open(), tail),
  };
}

/** In the browsers' format. Source: HTML standard, multipart/form-data encoding algorithm. */
function quote(name: string): string {
  return name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

function joined(head: Uint8Array, middle: ReadableStream<Uint8Array>, tail: Uint8Array): ReadableStream<Uint8Array> {
  const reader = middle.getReader();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(head),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      controller.enqueue(tail);
      controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
