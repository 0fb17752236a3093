import type { ChangeMessage } from "@fustor/core";
import { isValidPath, parentPath, type FsAttributes } from "@fustor/schema-fs";
import { readerOf } from "../table-reader.js";
import { absent } from "./absence.js";
import type { Evidence } from "./evidence.js";
import { exists } from "./existence.js";
import { judgeFreshness } from "./freshness.js";
import { isTooOld } from "./horizon.js";
import { move } from "./moves.js";
import { placeAt } from "./places.js";
import { RULE } from "./rules.js";
import type { World } from "./world.js";

/** Applies what was seen of names, each by a look at that very name: moves, absences, rows. */
export function applyChange(world: World, message: ChangeMessage, E: Evidence): void {
  const { tree } = world;
  const reader = readerOf(message.upserts.fields);
  const rows = new Map<string, FsAttributes | undefined>();
  for (const row of message.upserts.rows) {
    const path = reader.key(row);
    if (path === undefined || !isValidPath(path)) continue;
    if (isTooOld(world, E, parentPath(path))) continue;
    const known = (): FsAttributes | undefined => {
      const id = tree.find(path);
      return id === undefined ? undefined : tree.attributes(id);
    };
    rows.set(path, reader.rowOf(row, known));
  }
  for (const [from, to] of message.moves ?? []) {
    if (rows.has(to) && isValidPath(from) && from !== "/") move(world, from, to, rows.get(to), E);
  }
  for (const path of message.deletes) {
    if (path === "/" || !isValidPath(path) || isTooOld(world, E, parentPath(path))) continue;
    absent(world, path, E, E.realtime ? RULE.event : RULE.probe);
  }
  const settled = message.settled && new Set(message.settled);
  for (const [path, row] of rows) {
    const place = placeAt(world, path, E);
    const before = place.id === undefined ? undefined : tree.attributes(place.id);
    const isKnown = exists(world, place, before, row, E);
    if (!isKnown || row?.type !== "f" || place.id === undefined) continue;
    judgeFreshness(world, place.id, before, row, E, { isSettled: settled?.has(path) === true });
  }
}
