/**
 * Runs the modules that are named as arguments, one after the other, and tells each call of theirs on standard error. A
 * refusal ends its module and not the run: whether it was foreseen is validated by its status. The modules say in BLOCK
 * what they are, and in MAKES whether those after them are about what they make, whose id is then in ID.
 */
const send = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const response = await send(input, init);
  process.stderr.write(`\nCALL ${process.env.BLOCK} ${response.status} ${init?.method ?? "GET"} ${String(input)}\n`);
  if (process.env.MAKES === "yes") process.env.ID = /"id":"([^"]*)/.exec(await response.clone().text())?.[1];
  return response;
};

for (const file of process.argv.slice(2)) {
  await import(file).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== "AmpostError") throw error;
  });
}
