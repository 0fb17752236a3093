import { createServer } from "node:net";
import type { App } from "../../host/app.js";
import { readClaim } from "../../host/pid-file.js";
import { fault, fine, type Finding } from "./finding.js";

export interface PortQuestion {
  readonly app: App;
  /** What is served there. */
  readonly subject: string;
  readonly home: string;
  readonly host: string;
  readonly port: number;
  /** How to choose another one. */
  readonly fix: string;
}

/** Is the port free, or ours already? */
export async function checkPort(question: PortQuestion): Promise<Finding> {
  const { app, subject, home, host, port, fix } = question;
  const place = port === 0 ? `${host}, any free port` : `${host}:${String(port)}`;
  const code = await tryPort(host, port);
  if (code === undefined) return fine(subject, `${place} can be used`);
  const claim = await readClaim(home, app).catch(() => undefined);
  const isOurs = claim?.alive === true && claim.url?.endsWith(`:${String(port)}`) === true;
  if (isOurs) return fine(subject, `${place} is held by our own process ${String(claim.pid)}`);
  return fault(subject, `${place} cannot be used (${code})`, fix);
}

/** The system's word for why not; undefined when it can be used. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen({ host, port }, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}
