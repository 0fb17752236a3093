import type { Row } from "@fustor/core";
import {
  DirectoryDigest,
  digestMask,
  LISTING_FIELDS,
  type DigestField,
  type FsAttributes,
} from "@fustor/schema-fs";
import type { Believer, Feed } from "@fustor/testkit";
import { TableReader } from "../../src/table-reader.js";
import { ReferenceModel } from "./model.js";
import type { Rules } from "./rules.js";

const MASK = digestMask(["ino", "uid", "gid", "mode", "ctime"]);

/** The reference model as the simulated world drives it, with rules switched off at will. */
export function createReference(feed: Feed, rules: Partial<Rules> = {}): Believer {
  const model = new ReferenceModel({
    rules,
    // Small enough for the trees of the simulated world.
    ...{ brakeRows: 12, tombstonesMax: 40 },
    digestOf,
    onChange(path, _before, after) {
      if (path === "/") return;
      feed(path, after ? { kind: "set", attributes: after.attributes } : { kind: "gone" });
    },
  });
  return {
    decided: model.decided,
    apply: (record) => {
      model.apply(record);
    },
    rows() {
      const rows = new Map<string, FsAttributes | undefined>();
      for (const [path, { attributes }] of model.rows())
        if (path !== "/") rows.set(path, attributes);
      return rows;
    },
    takeWanted: () => model.takeWanted(),
    doubtsDue: (at) => model.trust.doubtsDue(at),
    doubts: () => model.trust.doubts(),
    suspects: () => model.trust.suspects(),
    blindSpots: () => model.trust.blindSpots().keys(),
    gaps: () => model.trust.gaps(),
    held: () => model.trust.held(),
    hash: () => model.hash(),
  };
}

/** The digest of a directory whose rows are these. */
export function digestOf(
  rows: Iterable<readonly [string, FsAttributes | undefined]>,
  mask: number,
): string {
  const digest = new DirectoryDigest(mask);
  for (const [name, attributes] of rows) digest.add(name, attributes);
  return digest.toString();
}

/** The same of the rows of a listing. */
export function digestOfRows(rows: readonly Row[], fields?: readonly DigestField[]): string {
  const reader = new TableReader(LISTING_FIELDS);
  return digestOf(
    rows.map((row) => [String(row[0]), reader.attributes(row, undefined)] as const),
    fields === undefined ? MASK : digestMask(fields),
  );
}
