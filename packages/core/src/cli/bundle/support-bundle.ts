import { open, readFile, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { FustorError } from "../../errors.js";
import { APP_WORDS, type App } from "../../host/app.js";
import { driverFolders } from "../../host/driver-folders.js";
import { listDrivers } from "../../host/driver-list.js";
import { readClaim } from "../../host/pid-file.js";
import type { Places } from "../../host/places.js";
import { createSystemClock, isoTime } from "../../host/system-clock.js";
import type { Finding } from "../doctor/finding.js";
import { readPlatform } from "../doctor/platform.js";
import type { Fetch } from "../https-fetch.js";
import { print } from "../print.js";
import { fetchFrom } from "../running.js";
import { scrub } from "./scrub.js";
import { toTar, type TarFile } from "./tar.js";

/** What an app adds to the bundle. */
export interface BundleParts {
  readonly app: App;
  readonly version: string;
  /** `import.meta.url` of the app. */
  readonly selfUrl: string;
  /** What it looked at. */
  readonly findings: readonly Finding[];
  /** The configuration as it is used, secrets hidden; or in words why there is none. */
  readonly config: unknown;
  /** All secrets that are known, in clear: none of them may be in the bundle. */
  readonly secrets: readonly string[];
  /** What a running one is asked, by the name of the file that the answer goes to. */
  readonly questions: Readonly<Record<string, string>>;
}

/** The end of a log that is taken along. */
const LOG_BYTES_MAX = 1024 * 1024;
const ANSWER_MS = 5_000;

/**
 * Writes everything that helps to find a fault into one compressed archive, for its user alone, and
 * says so. Every text goes through `scrub`. Throws `USAGE` when the file is there already.
 */
export async function writeSupportBundle(
  file: string,
  places: Places,
  parts: BundleParts,
): Promise<void> {
  const { app, secrets } = parts;
  const clock = createSystemClock();
  const now = clock.wall?.() ?? clock.now();
  const stamp = isoTime(now).replaceAll(/[:-]/g, "").replace("T", "-").slice(0, 15);
  const name = `fustor-${app}-support-${stamp}`;
  const target = resolve(file === "" ? `${name}.tar.gz` : file);
  const texts: Record<string, string> = {
    "about.json": toJson({ app, made: isoTime(now), ...(await describeSystem(places, parts)) }),
    "config.json": toJson(parts.config),
    "doctor.json": toJson(parts.findings),
    "log.txt": await readEnd(places.logFile),
    ...(await askRunning(places, parts)),
  };
  const known = [...secrets, ...(await pairSecrets(places.home))];
  const files = Object.entries(texts).map(([each, text]): TarFile => ({
    name: `${name}/${each}`,
    content: Buffer.from(scrub(text, known)),
  }));
  try {
    await writeFile(target, gzipSync(toTar(files, now / 1_000)), { mode: 0o600, flag: "wx" });
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const fix = code === "EEXIST" ? "is there already. Name a file that is not" : `(${code})`;
    throw new FustorError("USAGE", `Cannot write ${target}: it ${fix}.`, { cause });
  }
  print([
    `Wrote ${target}: ${Object.keys(texts).join(", ")}.`,
    "Secrets were taken out; names of files and machines are in it. Look before you pass it on.",
  ]);
}

async function describeSystem(
  { home, configFile, binPath, env }: Places,
  { version, selfUrl }: BundleParts,
): Promise<object> {
  const folders = driverFolders({ configFile, home, binPath, selfUrl, env });
  const drivers = await listDrivers(folders);
  return {
    version,
    node: process.versions.node,
    ...readPlatform(),
    system: release(),
    home,
    drivers: drivers.map(({ packageName, version: each, problem }) => ({
      package: packageName,
      version: each,
      problem,
    })),
  };
}

/** What the running one answers; who does not answer is a finding of its own. */
async function askRunning(
  { home }: Places,
  { app, questions }: BundleParts,
): Promise<Record<string, string>> {
  const claim = await readClaim(home, app).catch(() => undefined);
  const { noun } = APP_WORDS[app];
  const answers: Record<string, string> = {};
  for (const [name, path] of Object.entries(questions)) {
    answers[name] =
      claim?.alive !== true || claim.url === undefined
        ? `no ${noun} answers in this home\n`
        : await fetchText(fetchFrom(claim), `${claim.url}${path}`);
  }
  return answers;
}

async function fetchText(fetch: Fetch, url: string): Promise<string> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    return await reply.text();
  } catch (error) {
    return `${url}: ${error instanceof Error ? error.message : String(error)}\n`;
  }
}

/** The last whole lines of a file. */
async function readEnd(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - LOG_BYTES_MAX);
      const bytes = Buffer.alloc(size - from);
      await file.read(bytes, 0, bytes.length, from);
      const text = bytes.toString("utf8");
      return from === 0 ? text : text.slice(text.indexOf("\n") + 1);
    } finally {
      await file.close();
    }
  } catch (error) {
    return `${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}\n`;
  }
}

/** The key of a pair that runs, or ran, in this home. */
async function pairSecrets(home: string): Promise<readonly string[]> {
  try {
    const text = await readFile(`${home}/connection.json`, "utf8");
    const { query_key } = JSON.parse(text) as { readonly query_key?: unknown };
    return typeof query_key === "string" ? [query_key] : [];
  } catch {
    return [];
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
