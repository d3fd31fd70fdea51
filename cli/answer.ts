/** Every command prints one JSON object on one line of standard output, or lines for people. */
export function answer(options: { json?: boolean }, value: object, lines: readonly string[]): void {
  console.log(options.json ? JSON.stringify(value) : lines.join("\n"));
}

/** What a person needs to know about a failure. The stack is only for our own bugs, on request. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = error instanceof AggregateError ? error.errors.map(sentenceOf).join("; ") : error.message;
  return process.env.AMPOST_LOG_LEVEL === "debug" ? (error.stack ?? known) : known || error.name;
}
