import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
code { font-family: ui-monospace, monospace; }
dt { margin-top: 0.8rem; }
`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fustor Fusion</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Fustor Fusion</h1>
<p>One current picture of storage that many machines write to. Agents report to this address;
programs ask here what is where.</p>
<h2>State</h2>
<ul>
<li><a href="/readyz">Readiness</a>: whether every view has applied its first snapshot</li>
<li><a href="/healthz">Health</a>: whether this process answers</li>
<li><a href="/metrics">Metrics</a> for Prometheus</li>
</ul>
<h2>Questions</h2>
<p>Send an API key with the scope <code>query:VIEW</code> as <code>X-API-Key</code> or
<code>Authorization: Bearer</code>.</p>
<dl>
<dt><code>GET /api/v1/views</code></dt><dd>the views that the key may read, with their counts</dd>
<dt><code>GET /api/v1/views/VIEW/tree?path=/&amp;max_depth=1</code></dt><dd>what is in a directory</dd>
<dt><code>GET /api/v1/views/VIEW/search?pattern=TEXT</code></dt><dd>files by a part of their name</dd>
<dt><code>GET /api/v1/views/VIEW/stats</code></dt><dd>figures of one view</dd>
</dl>
</main>
</body>
</html>
`;

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `GET /`: says to people what this is and where to look. */
export function addPage(app: FastifyInstance): void {
  app.get("/", { config: { access: "public" } }, async (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", POLICY)
      .header("referrer-policy", "no-referrer")
      .send(PAGE),
  );
}
