import { connect } from "node:net";

const SECONDS = 10;

/** The server's response to bytes that no client library would send. Fails if the connection stays open. */
export function sendRaw(url: string, bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const { hostname, port } = new URL(url);
  let answer = "";
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  socket
    .setEncoding("utf8")
    .on("data", (chunk: string) => (answer += chunk))
    .on("end", () => resolve(answer))
    .on("error", reject);
  socket.setTimeout(SECONDS * 1000, () =>
    socket.destroy(new Error(`No end of an answer to ${bytes.slice(0, 100)}, but ${answer.slice(0, 100)}`)),
  );
  return promise;
}
