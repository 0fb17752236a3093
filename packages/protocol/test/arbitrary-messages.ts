import type { Message, MessageSource, Row, Value } from "@fustor/core";
import { CHANGE_FIELDS, decodeName, LISTING_FIELDS } from "@fustor/schema-fs";
import fc from "fast-check";

/** Names of any bytes that a file system takes, with what is nasty over-represented. */
const name = fc
  .oneof(
    { weight: 3, arbitrary: fc.stringMatching(/^[a-z]{1,4}_[0-9]{1,4}\.(?:raw|h5)$/) },
    { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 12, unit: "binary" }) },
    {
      weight: 2,
      arbitrary: fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => decodeName(bytes)),
    },
  )
  .map((text) => decodeName(Buffer.from(text.replace(/[/\0]/g, "x"))))
  .filter((text) => text !== "." && text !== "..");
const rawName = fc
  .uint8Array({ minLength: 1, maxLength: 8 })
  .map((bytes) => decodeName(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0xff : byte))))
  .filter((text) => text !== "." && text !== "..");
const fileName = fc.oneof(name, rawName);
const path = fc
  .array(fileName, { minLength: 0, maxLength: 4 })
  .map((parts) => `/${parts.join("/")}`);

const count = fc.oneof(
  fc.nat(),
  fc.constantFrom(0, 1, 4096, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const seconds = fc.oneof(fc.integer(), fc.maxSafeInteger());
const nsec = fc.nat(999_999_999);
const big = fc.oneof(count, fc.constantFrom("9007199254740993", "18446744073709551615", "007"));
const any: fc.Arbitrary<Value> = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.integer({ min: 0xd7f0, max: 0xe010 }).map((n) => String.fromCharCode(n)) }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);

const orNull = (value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) });

const COLUMNS: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  type: fc.constantFrom("f", "d", "l", "p", "s", "b", "c"),
  size: count,
  mtime: seconds,
  mtime_nsec: nsec,
  ctime: seconds,
  ctime_nsec: nsec,
  mode: fc.constantFrom(0o644, 0o755, 0o4755),
  uid: fc.constantFrom(0, 1000),
  gid: fc.nat(5),
  ino: big,
  nlink: fc.nat(4),
  blocks: count,
};

/** Fields after the key: those of files, some of them, or others with any values. */
const fieldsAfterKey = fc.oneof(
  { weight: 3, arbitrary: fc.constant(LISTING_FIELDS.slice(1)) },
  { weight: 1, arbitrary: fc.subarray([...LISTING_FIELDS.slice(1), "later", "x y"]) },
);

function rowOf(key: string, fields: readonly string[]): fc.Arbitrary<Row> {
  const values = fields.map((field) => orNull(COLUMNS[field] ?? any));
  return fc.tuple(...values).map((rest) => [key, ...rest]);
}

function tableOf(keyField: string, keys: readonly string[]) {
  return fieldsAfterKey.chain((fields) =>
    fc
      .tuple(...keys.map((key) => rowOf(key, fields)))
      .map((rows) => ({ fields: [keyField, ...fields], rows })),
  );
}

const SOURCES: readonly MessageSource[] = [
  "realtime",
  "snapshot",
  "audit",
  "on_demand",
  "sentinel",
];
const time = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 41 }),
  fc.double({ min: 1.7e12, max: 1.9e12, noNaN: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
);
const observed = fc.tuple(fc.constantFrom(...SOURCES), time, time).map(([source, one, other]) => ({
  source,
  startedAt: Math.min(one, other),
  endedAt: Math.max(one, other),
}));

const changed = (keys: fc.Arbitrary<string>, keyField: string): fc.Arbitrary<Message> =>
  fc.uniqueArray(keys, { maxLength: 12 }).chain((all) => {
    const [upserted, rest] = [all.slice(0, 8), all.slice(8)];
    return fc
      .tuple(
        observed,
        tableOf(keyField, upserted),
        fc.option(fc.subarray(upserted), { nil: undefined }),
        fc.option(fc.shuffledSubarray(upserted), { nil: undefined }),
        fc.boolean(),
      )
      .map(([seen, upserts, settled, settledAnyhow, moves]): Message => {
        const [from] = rest;
        const [to] = upserted;
        const isMove = moves && from !== undefined && to !== undefined && isApart(from, to);
        const marked = settled ?? settledAnyhow;
        return {
          kind: "change",
          ...seen,
          upserts,
          deletes: rest,
          ...(marked === undefined ? {} : { settled: marked }),
          ...(isMove ? { moves: [[from, to] as const] } : {}),
        };
      });
  });

function isApart(from: string, to: string): boolean {
  const [one, other] = [from, to].map((path) => (path === "/" ? path : `${path}/`));
  return !String(one).startsWith(String(other)) && !String(other).startsWith(String(one));
}

const listed = (scopes: fc.Arbitrary<string>, names: fc.Arbitrary<string>, keyField: string) =>
  fc
    .tuple(observed, scopes, fc.uniqueArray(names, { maxLength: 10 }), fc.boolean())
    .chain(([seen, scope, keys, hasSelf]) =>
      fc
        .tuple(
          tableOf(keyField, hasSelf ? ["", ...keys] : keys),
          fc.boolean(),
          fc.nat(3),
          fc.boolean(),
        )
        .map(([{ fields, rows }, complete, part, last]): Message => {
          const [self] = rows;
          return {
            kind: "listing",
            ...seen,
            scope,
            entries: { fields, rows: hasSelf ? rows.slice(1) : rows },
            ...(hasSelf && self !== undefined ? { self } : {}),
            complete,
            part,
            last,
          };
        }),
    );

const digested = (scopes: fc.Arbitrary<string>, keyField: string): fc.Arbitrary<Message> =>
  fc
    .tuple(
      observed,
      scopes,
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.nat(),
      tableOf(keyField, [""]),
    )
    .map(([seen, scope, digest, rows, self]) => ({
      kind: "digest",
      ...seen,
      scope,
      digest: digest.toString(16).padStart(16, "0"),
      count: rows,
      self,
    }));

const words = fc.string({ minLength: 1, maxLength: 20 });
const other = (scopes: fc.Arbitrary<string>): fc.Arbitrary<Message> =>
  fc.tuple(observed, scopes, words, fc.nat(5), fc.boolean()).map(([seen, scope, text, n, yes]) => {
    if (n === 0) return { kind: "unreadable", ...seen, scope, errno: text };
    if (n === 1) return { kind: "lost", ...seen, scope, reason: text };
    return {
      kind: "mark",
      ...seen,
      walk: (["snapshot", "audit", "scan"] as const)[n % 3] ?? "scan",
      edge: yes ? "begin" : "end",
      id: text,
      scope,
      ...(yes ? {} : { totals: { scopes: n, rows: 2 ** 40, unreadable: 0 } }),
    };
  });

/** Any messages that a source of files may say. */
export const fileMessages: fc.Arbitrary<Message[]> = fc.array(
  fc.oneof(
    changed(path, CHANGE_FIELDS[0]),
    listed(path, fileName, LISTING_FIELDS[0]),
    digested(path, LISTING_FIELDS[0]),
    other(path),
  ),
  { maxLength: 6 },
);

/** Keys of another schema: any text, half characters among it. */
const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constantFrom("\ud800", "a\udc80", "\udcc3\udca9", "é", "row/../1"),
);

/** Any messages of a schema of which nothing is known. */
export const otherMessages: fc.Arbitrary<Message[]> = fc.array(
  fc.oneof(changed(key, "id"), listed(key, key, "id"), digested(key, "id"), other(key)),
  { maxLength: 6 },
);
