import type { ChangeMessage } from "@fustor/core";
import { baseName, isValidPath, parentPath } from "@fustor/schema-fs";
import { mayUpdate, order, type Evidence } from "./arbiter.js";
import { addNode, isGone, openDirectory, updateNode, type Outcome } from "./placing.js";
import { bury, removeSubtree } from "./removal.js";
import { TableReader, UNKNOWN_FILE } from "./table-reader.js";
import { believe, type TreeNode } from "./tree.js";
import type { World } from "./world.js";

/**
 * Applies rows and absences that were looked at by name.
 *
 * Absences come first: a message does not tell the order of its keys, and a name that was seen
 * below a directory that was seen to be gone speaks for a new directory.
 */
export function applyChange(world: World, evidence: Evidence, message: ChangeMessage): void {
  // A move takes what was below along, which is then unknown here until it is listed.
  const gone = [...(message.moves ?? []).map(([from]) => from), ...message.deletes];
  for (const path of gone) {
    if (path !== "/" && isValidPath(path)) applyAbsence(world, evidence, path);
  }
  const reader = new TableReader(message.upserts.fields);
  const settled = new Set(message.settled);
  let directoryPath: string | undefined;
  let directory: TreeNode | undefined;
  for (const row of message.upserts.rows) {
    const path = reader.key(row);
    if (path === undefined || !isValidPath(path)) continue;
    const parent = parentPath(path);
    if (parent !== directoryPath || directory?.children === undefined) {
      directoryPath = parent;
      directory = openDirectory(world, parent, evidence);
    }
    if (directory === undefined) continue;
    const name = baseName(path);
    const known = path === "/" ? directory : directory.children?.get(name);
    const attributes = reader.attributes(row, known?.attributes);
    if (known === undefined) {
      const given = attributes ?? UNKNOWN_FILE;
      const gate = world.tombstones.gate(parent, evidence);
      if (isGone(gate, directory, parent, name, given.type === "d", evidence)) continue;
      const node = addNode(world, directory, parent, name, given, evidence);
      judgeFreshness(world, node, evidence, "moved", settled.has(path));
    } else {
      const outcome =
        attributes === undefined
          ? confirm(known, evidence)
          : updateNode(world, known, attributes, evidence);
      if (evidence.realtime) explain(world, known, path);
      judgeFreshness(world, known, evidence, outcome, settled.has(path));
    }
  }
}

function applyAbsence(world: World, evidence: Evidence, path: string): void {
  const node = world.tree.find(path);
  if (evidence.realtime) world.blindSpots.clearPath(path);
  if (node === undefined) {
    // Its row may still be under way, in the other stream.
    const listed = world.tree.find(parentPath(path))?.listed;
    const isKnown = listed !== undefined && order(evidence, listed) === "older";
    if (!isKnown) bury(world, path, evidence, { absent: true });
    return;
  }
  if (!evidence.realtime && !evidence.scope.admits(path, node.children !== undefined)) return;
  const isFile = node.children === undefined;
  if (removeSubtree(world, node, evidence) && isFile) bury(world, path, evidence, { absent: true });
}

/** The row knows no more than that the name exists. */
function confirm(node: TreeNode, evidence: Evidence): Outcome {
  if (!mayUpdate(evidence, node)) return "refused";
  believe(node, evidence);
  return "same";
}

/** An event on the name explains what an audit had found there. */
function explain(world: World, node: TreeNode, path: string): void {
  const before = world.blindSpots.size;
  world.blindSpots.clearNode(node);
  world.blindSpots.clearPath(path);
  if (world.blindSpots.size < before) world.changed = true;
}

function judgeFreshness(
  world: World,
  node: TreeNode,
  evidence: Evidence,
  outcome: Outcome,
  isSettled: boolean,
): void {
  const { suspects } = world;
  const { attributes } = node;
  if (outcome === "refused" || attributes?.type !== "f") return;
  const wasSuspect = suspects.has(node);
  const moved = outcome === "moved";
  if (isSettled) suspects.clear(node);
  else if (evidence.realtime) suspects.written(node, evidence, { moved });
  else if (moved) suspects.found(node, attributes, evidence);
  if (suspects.has(node) !== wasSuspect) world.changed = true;
}
