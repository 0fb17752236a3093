import { FustorError } from "@fustor/core";
import { formatTable, print, printValue, type Column } from "@fustor/core/cli";
import { createSystemClock, findPlaces, prepareHome, type PlaceOptions } from "@fustor/core/host";
import { AuditLog, auditFileOf, createKeyStore, pipesOf, type KeyInfo } from "@fustor/server";
import { join } from "node:path";
import { planFusion } from "../plan.js";

export interface CreateKeyOptions extends PlaceOptions {
  readonly scope: readonly string[];
  readonly name?: string;
  readonly expires?: string;
  readonly json?: boolean;
}

/** Makes a key and prints it, for the only time. */
export async function createKey(options: CreateKeyOptions): Promise<number> {
  const { home, file } = findKeys(options);
  const clock = createSystemClock();
  const expiresAt =
    options.expires === undefined ? undefined : clock.now() + parseLifetime(options.expires);
  await prepareHome(home);
  const { id, key } = await createKeyStore(file, { clock }).create({
    scopes: options.scope,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  await note(home, "keys create", `${id} ${options.scope.join(" ")}`);
  for (const warning of await findUnknownNames(options)) process.stderr.write(`${warning}\n`);
  if (options.json === true) {
    print([JSON.stringify({ id, key, scopes: options.scope, expiresAt })]);
    return 0;
  }
  print([key]);
  // Beside the key, so that `KEY=$(fustor-fusion keys create ...)` holds the key alone.
  process.stderr.write(
    `This is the key ${id} for ${options.scope.join(", ")}, ${untilWhen(expiresAt)}. Keep it: it is ` +
      "not shown again.\n",
  );
  return 0;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LIFETIME_MS_MAX = 100 * 365 * 86_400_000;

/** `12h`, `90d` or `52w` in milliseconds. Throws `USAGE` for anything else. */
function parseLifetime(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  const lifetimeMs = Number(count) * (UNITS[unit] ?? 0);
  if (lifetimeMs > 0 && lifetimeMs <= LIFETIME_MS_MAX) return lifetimeMs;
  throw new FustorError(
    "USAGE",
    `--expires ${text} is no time to live. Write hours, days or weeks: 12h, 90d, 52w.`,
  );
}

function untilWhen(expiresAt: number | undefined): string {
  return expiresAt === undefined ? "until it is revoked" : `until ${day.format(expiresAt)}`;
}

/** Prints what is known of every key; the keys themselves are not kept. */
export async function listKeys(
  options: PlaceOptions & { readonly json?: boolean },
): Promise<number> {
  const keys = await createKeyStore(findKeys(options).file).list();
  printValue(keys, options, formatKeys);
  return 0;
}

/** Makes a key useless. Fails when there is no such key. */
export async function revokeKey(id: string, options: PlaceOptions): Promise<number> {
  const { home, file } = findKeys(options);
  const keys = createKeyStore(file);
  // Nothing is written where nothing is revoked: there may be no home yet.
  const isThere = (await keys.list()).some((key) => key.id === id);
  if (!isThere || !(await keys.revoke(id))) {
    throw new FustorError(
      "USAGE",
      `There is no key "${id}" in ${file}. See: fustor-fusion keys list`,
    );
  }
  await note(home, "keys revoke", id);
  print([`The key ${id} is revoked; a running Fusion refuses it within seconds.`]);
  return 0;
}

/** Tells the audit log what was done at the command line, and by which user. */
async function note(home: string, what: string, target: string): Promise<void> {
  const audit = new AuditLog(auditFileOf(home), { clock: createSystemClock() });
  audit.write({ who: `user:${String(process.getuid?.() ?? "?")}`, what, target, result: "done" });
  await audit.close();
}

/**
 * A key may be made before the view or pipe that it is for; more often the name has a slip. A
 * configuration that cannot be read is no matter of keys.
 */
async function findUnknownNames(options: CreateKeyOptions): Promise<string[]> {
  const plan = await planFusion(findPlaces("fusion", options)).catch(() => undefined);
  if (plan === undefined) return [];
  const known = {
    query: plan.config.views.map(({ id }) => id),
    ingest: pipesOf(plan.config).map(({ id }) => id),
  };
  return options.scope.flatMap((scope) => {
    const [kind, name = ""] = scope.replace(/\/[^]*$/, "").split(":");
    if ((kind !== "query" && kind !== "ingest") || known[kind].includes(name)) return [];
    const noun = kind === "query" ? "view" : "pipe";
    const there = `there are ${known[kind].join(", ")}`;
    return [`Note: the configuration of this Fusion has no ${noun} "${name}"; ${there}.`];
  });
}

function findKeys(options: PlaceOptions): { readonly home: string; readonly file: string } {
  const { home } = findPlaces("fusion", options);
  return { home, file: join(home, "keys.json") };
}

/** The keys for people, in lines that fit into `width`. */
function formatKeys(keys: readonly KeyInfo[], width: number): string[] {
  if (keys.length === 0) {
    return ["There is no key. Make one: fustor-fusion keys create --scope ingest:default"];
  }
  return formatTable(COLUMNS, keys, width);
}

const day = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });

const COLUMNS: readonly Column<KeyInfo>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "NAME", value: ({ name }) => name ?? "-" },
  { title: "SCOPES", value: ({ scopes }) => scopes.join(", ") },
  { title: "CREATED", value: ({ createdAt }) => day.format(createdAt) },
  { title: "EXPIRES", value: ({ expiresAt }) => formatEnd(expiresAt) },
];

function formatEnd(expiresAt: number | undefined): string {
  if (expiresAt === undefined) return "never";
  const isOver = expiresAt <= createSystemClock().now();
  return `${day.format(expiresAt)}${isOver ? " (expired)" : ""}`;
}
