/**
 * Runs the modules named as arguments one after the other and writes each of their requests to standard error. An error
 * ends its module but not the run: whether it was expected is checked by its status. BLOCK names the module; MAKES says
 * whether later modules use what it creates, whose ID is then in ID.
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
