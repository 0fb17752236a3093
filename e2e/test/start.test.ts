import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { atEndOfTest } from "../support/at-end.js";
import { eventuallyEqual } from "../support/equal.js";
import { eventually, Hopeless } from "../support/eventually.js";
import { makeFolder } from "../support/folders.js";
import { freePort } from "../support/loopback.js";
import { root, start, type Running } from "../support/processes.js";
import { fillWithSamples } from "../support/sample-tree.js";

interface Connection {
  readonly endpoint: string;
  readonly query_key: string;
  readonly console_url: string;
  readonly agent_console_url: string;
  readonly view: string;
}

/** Should something have changed since the last build, it is built first. */
const BUILD_MS = 400_000;

describe("npm start -- DIR", () => {
  it(
    "shows the folder, follows it, and ends cleanly",
    async () => {
      const dir = await makeFolder("tree");
      await fillWithSamples(dir);
      const { home, running } = await npmStart(dir);

      const connection = await readConnection(running, join(home, "connection.json"));
      const { endpoint, query_key: key, view } = connection;
      await eventuallyEqual(dir, { endpoint, key, view });
      await writeFile(join(dir, "later"), "later");
      await eventuallyEqual(dir, { endpoint, key, view });

      expect(running.output()).toContain(connection.console_url);
      expect(running.output()).toContain(connection.agent_console_url);
      expect(running.output()).toContain(key);
      for (const page of [connection.console_url, connection.agent_console_url]) {
        expect((await fetch(page)).headers.get("content-type")).toMatch(/^text\/html/);
      }

      process.kill(-running.pid, "SIGINT");
      await running.ended; // npm tells of the signal, whatever its script says
      expect(running.output()).toMatch(/have stopped\.\s*$/);
      await expect(fetch(`${endpoint}/healthz`)).rejects.toThrow();
    },
    BUILD_MS,
  );

  it(
    "shows the folder that it was started on, whatever it showed before",
    async () => {
      const [first, second] = [await makeFolder("first"), await makeFolder("second")];
      await fillWithSamples(first);
      await writeFile(join(second, "alone"), "");
      const home = await makeFolder("home");
      for (const dir of [first, second]) {
        const { running } = await npmStart(dir, home);
        const shown = await readConnection(running, join(home, "connection.json"));
        await eventuallyEqual(dir, { ...shown, key: shown.query_key });
        process.kill(-running.pid, "SIGINT");
        await running.ended;
        await rm(join(home, "connection.json"));
      }
    },
    BUILD_MS,
  );

  it(
    "ends both programs when npm itself is killed",
    async () => {
      const { home, running } = await npmStart(await makeFolder("tree"));
      const { endpoint } = await readConnection(running, join(home, "connection.json"));

      running.child.kill("SIGKILL");
      await running.ended;

      await eventually(() => !hasProcesses(running.pid) || undefined, {
        what: `the end of what npm had started:\n${running.output()}`,
      });
      expect(running.output()).toMatch(/have stopped\.\s*$/);
      await expect(fetch(`${endpoint}/healthz`)).rejects.toThrow();
      expect((await readdir(home)).filter((name) => name.endsWith(".pid"))).toEqual([]);
    },
    BUILD_MS,
  );
});

/** Runs `npm start` on `dir` in a process group of its own, as in a terminal. */
async function npmStart(dir: string, homeOf?: string): Promise<{ home: string; running: Running }> {
  const home = homeOf ?? (await makeFolder("home"));
  // Ctrl-C in a terminal reaches every process of the group, whose number is npm's.
  const running = start("setsid", ["npm", "start", "--", dir], {
    cwd: root,
    env: {
      FUSTOR_HOME: home,
      FUSTOR_FUSION_PORT: String(await freePort()),
      FUSTOR_AGENT_PORT: String(await freePort()),
    },
  });
  atEndOfTest(async () => {
    if (hasProcesses(running.pid)) process.kill(-running.pid, "SIGKILL");
    await running.ended;
  });
  return { home, running };
}

/** Whether anything of a process group still runs. */
function hasProcesses(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

async function readConnection(running: Running, file: string): Promise<Connection> {
  const connection = await eventually(
    async () => {
      if (!running.isRunning()) throw new Hopeless(`It has ended:\n${running.output()}`);
      return JSON.parse(await readFile(file, "utf8")) as Connection;
    },
    { what: file, withinMs: BUILD_MS / 2 },
  );
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  return connection;
}
