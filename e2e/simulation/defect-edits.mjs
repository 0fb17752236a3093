/**
 * Known defects of earlier systems, in the order of `packages/view-fs/test/defects.test.ts`: the test
 * that keeps each away, and how the sources would have to read for it to return. An edit is a file,
 * what stands there, and what would stand there instead.
 */
const VIEW = "packages/view-fs/test/defects.test.ts";
const CORE = "packages/view-fs/src/core";
const SERVER = "packages/server/test";
const SERVED = "packages/server/src";
const SOURCE = "packages/source-fs/test";
const WATCH = "packages/source-fs/src/watch";

const EMPTY_LISTING =
  '{ kind: "listing", source: message.source, startedAt: message.startedAt, ' +
  'endedAt: message.endedAt, scope: message.scope, entries: { fields: ["name"], rows: [] }, ' +
  "complete: true, part: 0, last: true }";
const REMOVE_UNSEEN =
  "for (const path of [...world.tree.ids()]" +
  ".filter((id) => world.tree.seen(id).at < message.startedAt - 5)" +
  '.map((id) => world.tree.path(id))) if (message.edge === "end" && path !== "/") ' +
  "absent(world, path, E, RULE.notListed);";

export const DEFECTS = [
  {
    defect: "mv a b; mv b a stayed hidden for an hour",
    test: [VIEW, "shows both names right after mv a b; mv b a"],
    edits: [[`${CORE}/tombstones.ts`, "own !== undefined && !isNewerThan(E, own.E)", "own"]],
  },
  {
    defect: "a file made again with an older mtime stayed hidden",
    test: [VIEW, "shows a file that was made again with an older mtime"],
    edits: [
      [
        `${CORE}/change.ts`,
        "const place = placeAt(world, path, E);",
        "if (row && world.tombstones.of(path) && row.mtime * 1000 < world.tombstones.of(path).t0) " +
          "continue; const place = placeAt(world, path, E);",
      ],
    ],
  },
  {
    defect: "a failed scandir deleted a subtree",
    test: [VIEW, "deletes nothing when a directory could not be read"],
    edits: [
      [
        `${CORE}/hearing.ts`,
        "walks.unreadable(sessionId, message.scope);",
        `applyListing(world, [${EMPTY_LISTING}], E);`,
      ],
    ],
  },
  {
    defect: "lost audit batches became deletes",
    test: [VIEW, "deletes nothing because of an audit that lost a batch"],
    edits: [
      [`${CORE}/hearing.ts`, 'case "mark":', `case "mark": ${REMOVE_UNSEEN}`],
      [`${CORE}/hearing.ts`, "import { beginning", 'import { absent } from "./absence.js"; $&'],
    ],
  },
  {
    defect: "appends in silent directories stayed unseen",
    test: [VIEW, "sees what was appended in a directory that stood still itself"],
    edits: [
      [
        `${CORE}/listing.ts`,
        "readable(world, { path: scope }, E);",
        "if (self && known !== undefined && tree.attributes(known)?.mtime === self.mtime) return; $&",
      ],
    ],
  },
  {
    defect: "two events in the same millisecond: one was dropped",
    test: [VIEW, "drops none of two events in the same millisecond"],
    edits: [[`${CORE}/evidence.ts`, "return late.own >= own;", "return late.own > own;"]],
  },
  {
    defect: "a burst of 3,000 files killed realtime for good",
    test: [`${SOURCE}/watcher.test.ts`, "opens a back end that died again, and arms everything"],
    edits: [[`${WATCH}/cover.ts`, "this.#reopenAt = clock.now() +", "void"]],
  },
  {
    defect: "an overflow of inotify was ignored by the agent",
    test: [`${SOURCE}/watcher.test.ts`, "says that events were lost and lists everything again"],
    edits: [[`${WATCH}/losses.ts`, "    this.wantWalk(now);", ""]],
  },
  {
    defect: "an overflow of inotify was ignored by Fusion",
    test: [VIEW, "keeps in mind that a queue of events ran over, until all was listed"],
    edits: [[`${CORE}/hearing.ts`, "loseBy(world, message, E);", ""]],
  },
  {
    defect: "a clock stepping back dropped events",
    test: [VIEW, "drops no event because the agent's clock went back"],
    edits: [
      [`${CORE}/evidence.ts`, "return late.own >= own;", "return late.t0 >= own + early.offset;"],
    ],
  },
  {
    defect: "a root that could not be read emptied the view",
    test: [VIEW, "is not emptied by a root that is not mounted"],
    edits: [
      [
        `${CORE}/absence.ts`,
        "if (E.realtime || !world.gaps.isUnreadable(path, E.host)) return false;",
        "return false;",
      ],
    ],
  },
  {
    defect: "an unmounted root emptied the view",
    test: [VIEW, "is not emptied by a root that is not mounted"],
    edits: [
      [
        `${CORE}/agents.ts`,
        "return this.#known.get(agentId)?.identity === source.identity;",
        "return true;",
      ],
    ],
  },
  {
    defect: "symlinks were followed",
    test: [`${SOURCE}/snapshot.test.ts`, "does not follow a symbolic link out of the root"],
    edits: [
      ["packages/source-fs/src/linux-calls.ts", "address, AT_SYMLINK_NOFOLLOW,", "address, 0,"],
      [
        "packages/source-fs/src/node-looker.ts",
        "lstatSync(path, OPTIONS)",
        "statSync(path, OPTIONS)",
      ],
    ],
  },
  {
    defect: "nested new directories were never watched",
    test: [`${SOURCE}/watcher.test.ts`, "watches another directory that took the place of one"],
    edits: [[`${WATCH}/visits.ts`, "this.#agenda.addFresh(path);", ";"]],
  },
  {
    defect: "nested new directories were never asked for",
    test: [VIEW, "wants a new directory listed, whoever told of what is in it"],
    edits: [[`${CORE}/rows.ts`, "if (thing.isDirectory) world.listings.begin(id);", ""]],
  },
  {
    defect: "a renamed directory lost its own row",
    test: [VIEW, "keeps the row of a directory that was renamed"],
    edits: [
      [
        `${CORE}/change.ts`,
        "const place = placeAt(world, path, E);",
        'if (row?.type === "d") continue; $&',
      ],
    ],
  },
  {
    defect: "a session expired while data flowed",
    test: [`${SERVER}/sessions.test.ts`, "stays alive by its pushes alone"],
    edits: [
      [`${SERVED}/routes/ingest.ts`, "domain.touch(session);", ""],
      [`${SERVED}/domain.ts`, "    this.touch(session);", ""],
    ],
  },
  {
    defect: "a snapshot longer than the time-out restarted for ever",
    test: [`${SERVER}/sessions.test.ts`, "is kept alive by an upload that is slow to come"],
    edits: [[`${SERVED}/domain.ts`, "hasMoved(session) ? now :", ""]],
  },
  {
    defect: "ready was said before all was applied",
    test: [VIEW, "is ready when the snapshot was applied, not when its end was announced first"],
    edits: [
      [
        `${CORE}/hearing.ts`,
        "walks.begin(sessionId, message);",
        "$& this.progress.isReady = true;",
      ],
    ],
  },
  {
    defect: "the sentinel wrote mtime 0",
    test: [VIEW, "sets no time to 0 that a look left out"],
    edits: [
      [
        "packages/view-fs/src/table-reader.ts",
        "this.attributes(row, known?.());",
        "this.attributes(row, undefined);",
      ],
    ],
  },
  {
    defect: "reset left the view empty for good",
    test: [VIEW, "is not empty for good after a reset"],
    edits: [[`${CORE}/horizon.ts`, "E.t0 > world.resetAt", "world.resetAt === -Infinity"]],
  },
  {
    defect: "an agent restarted after kill -9 was follower to its own dead self",
    test: [
      `${SERVER}/sessions.test.ts`,
      "lets a restarted agent take over from its dead self at once",
    ],
    edits: [[`${SERVED}/domain.ts`, " || this.leader === old;", ";"]],
  },
  {
    defect: "failover made the view answer 503 although the tree was whole",
    test: [VIEW, "stays whole while leadership changes"],
    edits: [
      [`${CORE}/core.ts`, 'case "closed":', 'case "closed": hearing.progress.isReady = false;'],
    ],
  },
  {
    defect: "state lived only in memory",
    test: [`${SERVER}/restart.test.ts`, "answers at once with everything that was acknowledged"],
    edits: [
      [
        `${SERVED}/fusion-state.ts`,
        "replay(record: LogRecord): void {",
        "replay(record: LogRecord): void { if (record) return;",
      ],
    ],
  },
  {
    defect: "heartbeat, ingest and delete needed no key",
    test: [`${SERVER}/access.test.ts`, "needs a key"],
    edits: [
      [
        `${SERVED}/http/access.ts`,
        'if (request.is404 || access === "public") {',
        'if (request.is404 || access === "public" || access === "ingest") {',
      ],
    ],
  },
  {
    defect: "keys were stored in clear",
    test: [`${SERVER}/keys.test.ts`, "never writes a secret down"],
    edits: [[`${SERVED}/keys.ts`, 'sha256: sha256(secret).toString("hex"),', "sha256: secret,"]],
  },
  {
    defect: "an error in the YAML started the server with nothing to serve",
    test: ["packages/core/test/config-file.test.ts", "tells a tab with its place in one sentence"],
    edits: [
      [
        "packages/core/src/host/config-file.ts",
        'throw new ConfigError(path, [{ path: "", ...describe(error) }]);',
        "return undefined;",
      ],
    ],
  },
  {
    defect: "a view that nothing feeds was served all the same",
    test: [`${SERVER}/config.test.ts`, "refuses a view that no pipe feeds"],
    edits: [
      [`${SERVED}/config.ts`, "if (issues.length > 0) throw", "if (issues.length > 9) throw"],
    ],
  },
  {
    defect: "a server without a configuration listened on 0.0.0.0",
    test: [`${SERVER}/config.test.ts`, "listens on loopback by default"],
    edits: [[`${SERVED}/config-listen.ts`, 'default: "127.0.0.1",', 'default: "0.0.0.0",']],
  },
  {
    defect: "the node limit counted the whole view instead of the answer",
    test: [`${SERVER}/limits.test.ts`, "of names end a question that is about one more"],
    edits: [[`${SERVED}/routes/tree.ts`, "if (maxDepth !== Infinity) return;", ""]],
  },
  {
    defect: "directories' own mtimes were not kept",
    test: [VIEW, "keeps a directory's own times"],
    edits: [
      [
        `${CORE}/listing.ts`,
        "tree.attributes(known), self, E);",
        "tree.attributes(known), undefined, E);",
      ],
    ],
  },
];
