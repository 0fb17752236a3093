import type { Coverage, FsStats, Steps } from "@fustor/schema-fs";
import type { Root } from "./roots.js";

/** The figures of all roots together; the top, which is nobody's, does not count. */
export function statsOfAll(roots: readonly Root[]): FsStats {
  const all = roots.map(({ fs }) => fs.stats());
  const sum = (read: (stats: FsStats) => number): number =>
    all.reduce((total, stats) => total + read(stats), 0);
  const known = (read: (stats: FsStats) => number | undefined): number[] =>
    all.flatMap((stats) => read(stats) ?? []);
  const audits = known(({ lastAuditAt }) => lastAuditAt);
  const evidence = known(({ lastEvidenceAt }) => lastEvidenceAt);
  return {
    files: sum(({ files }) => files),
    directories: sum(({ directories }) => directories),
    unlisted: sum(({ unlisted }) => unlisted),
    bytes: sum(({ bytes }) => bytes),
    suspects: sum(({ suspects }) => suspects),
    blindSpots: sum(({ blindSpots }) => blindSpots),
    gaps: sum(({ gaps }) => gaps),
    held: sum(({ held }) => held),
    tombstones: sum(({ tombstones }) => tombstones),
    lastEvidenceAt: evidence.length === 0 ? undefined : Math.max(...evidence),
    // The forest was audited when all of it was.
    lastAuditAt: audits.length < all.length ? undefined : Math.min(...audits),
    auditsCompleted: Math.min(...all.map(({ auditsCompleted }) => auditsCompleted)),
    asOf: Math.max(...all.map(({ asOf }) => asOf)),
  };
}

/** How well all roots together are known. */
export function* coverageOfAll(
  roots: readonly Root[],
  at: number,
  bounds: readonly number[],
): Steps<Coverage> {
  let sum: Coverage = {
    directories: 0,
    listed: 0,
    oldestListedAt: undefined,
    ages: bounds.map(() => 0),
  };
  for (const { fs } of roots) {
    const each = yield* fs.coverage("/", at, bounds);
    if (each === undefined) continue;
    const oldest = [sum.oldestListedAt, each.oldestListedAt].filter((time) => time !== undefined);
    sum = {
      directories: sum.directories + each.directories,
      listed: sum.listed + each.listed,
      oldestListedAt: oldest.length === 0 ? undefined : Math.min(...oldest),
      ages: each.ages.map((count, index) => count + (sum.ages[index] ?? 0)),
    };
  }
  return sum;
}
