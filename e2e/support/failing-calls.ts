import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import type { AtEnd } from "./at-end.js";
import { makeFolder } from "./folders.js";
import type { Need } from "./needs.js";
import { root, runOk } from "./processes.js";

/** What makes the library that lets calls fail. */
export const compiler: Need = {
  name: 'the program "gcc" and the C library\'s headers (libc6-dev)',
  isThere: spawnSync("gcc", ["-xc", "-E", "-include", "dlfcn.h", "/dev/null"]).status === 0,
};

/** A call on a name that does not succeed; see `failing-calls.c`. */
export interface Failure {
  readonly call: "stat" | "open" | "read";
  readonly errno: "EACCES" | "EIO" | "ESTALE" | "ENOENT";
  readonly path: string;
  /** How often each process meets it. Default: until further notice. */
  readonly times?: number;
}

/** Calls of processes that were started with `env`. */
export interface FailingCalls {
  readonly env: Readonly<Record<string, string>>;
  /** From now on these fail, and no others. */
  fail(...failures: readonly Failure[]): void;
}

/** All calls succeed at first. */
export async function startFailingCalls(atEnd: AtEnd): Promise<FailingCalls> {
  const folder = await makeFolder("calls", { atEnd });
  const library = join(folder, "failing-calls.so");
  const source = join(root, "e2e/support/failing-calls.c");
  await runOk("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
  const rules = join(folder, "rules");
  await writeFile(rules, "");
  return {
    env: { LD_PRELOAD: library, FAILING_CALLS: rules },
    fail: (...failures) => {
      const lines = failures.map(({ call, errno, path, times = -1 }) =>
        [call, constants.errno[errno], times, path].join(" "),
      );
      writeFileSync(rules, lines.map((line) => `${line}\n`).join(""));
    },
  };
}
