import { createServer, type Server } from "node:net";

export interface MailServer {
  url: string;
  /** The emails as received. */
  emails: string[];
  /** The recipients in the commands. */
  recipients: string[];
  close(): void;
}

/** As much of SMTP (RFC 5321) as receiving emails requires. The first ones are rejected temporarily. */
export async function startMailServer({
  refusals = 0,
}: {
  refusals?: number;
} = {}): Promise<MailServer> {
  const emails: string[] = [];
  const recipients: string[] = [];
  let left = refusals;
  const server: Server = createServer((socket) => {
    let text = "";
    let inMessage = false;
    socket.on("error", () => undefined);
    socket.write("220 test\r\n");
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (
        let end = text.indexOf(inMessage ? "\r\n.\r\n" : "\r\n");
        end >= 0;
        end = text.indexOf(inMessage ? "\r\n.\r\n" : "\r\n")
      ) {
        const part = text.slice(0, end);
        text = text.slice(end + (inMessage ? 5 : 2));
        if (inMessage) {
          inMessage = false;
          if (left > 0) {
            left -= 1;
            socket.write("451 later\r\n");
          } else {
            emails.push(part);
            socket.write("250 taken\r\n");
          }
        } else if (/^RCPT TO:/i.test(part)) {
          recipients.push(part.slice("RCPT TO:".length).trim());
          socket.write("250 ok\r\n");
        } else if (/^DATA/i.test(part)) {
          inMessage = true;
          socket.write("354 go on\r\n");
        } else {
          socket.write(/^QUIT/i.test(part) ? "221 bye\r\n" : "250 ok\r\n");
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `smtp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    emails,
    recipients,
    close: () => void server.close(),
  };
}
