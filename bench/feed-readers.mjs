import { get } from "node:http";

/** Follows a view many times over and counts what comes: the other side of `feed.mjs`. */
const [url, key, count] = process.argv.slice(2);
const MARK = Buffer.from('"kind":"');
const seen = new Array(Number(count)).fill(0);
let reported = 0;

const all = seen.map((_, index) => follow(index));
await Promise.all(all);
process.send({ ready: true });

async function follow(index) {
  const headers = { accept: "text/event-stream", "x-api-key": key };
  const response = await new Promise((resolve, reject) => {
    get(`${url}/api/v1/views/default/changes`, { headers }, resolve).once("error", reject);
  });
  let tail = Buffer.alloc(0);
  response.on("data", (chunk) => {
    const bytes = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, from)) {
      seen[index] += 1;
      from = at + MARK.length;
    }
    tail = Buffer.from(bytes.subarray(Math.max(from, bytes.length - MARK.length + 1)));
    report();
  });
}

function report() {
  const slowest = Math.min(...seen);
  if (slowest === reported) return;
  reported = slowest;
  process.send({ slowest });
}
