/** Node's HTTP. An `import` of it would also load Node's `fetch`, which is a tenth of what a start loads. */
export const { createServer, maxHeaderSize, request, STATUS_CODES } = process.getBuiltinModule("node:http");
