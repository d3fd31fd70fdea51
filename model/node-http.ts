/** Node's HTTP. An `import` reads all that it exports, among it `WebSocket`, for which Node loads its `fetch`. */
export const { createServer, maxHeaderSize, request, STATUS_CODES } = process.getBuiltinModule("node:http");
