import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import { IncomingMessage, ServerResponse } from "node:http";

import type { Exchange } from "./description.ts";
import { watchAnswer } from "./watch-answers.ts";

/**
 * Loaded into every process of an installation. Writes API responses that are not as described to the file that
 * AMPOST_TEST_DIFFERENCES names. The validator is loaded once there is a response.
 */
const file = process.env.AMPOST_TEST_DIFFERENCES ?? "";

subscribe("http.server.request.start", (message) => {
  const { request, response } = Object(message);
  if (request instanceof IncomingMessage && response instanceof ServerResponse)
    watchAnswer(request, response, (exchange) => void writeDown(exchange));
});

async function writeDown(exchange: Exchange): Promise<void> {
  const { ourDescription } = await import("./description.ts");
  for (const difference of await ourDescription().findDifferences(exchange)) appendFileSync(file, `${difference}\n`);
}
