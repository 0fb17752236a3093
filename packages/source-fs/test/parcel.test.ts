import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { follow, makeFolder, openSource } from "./disk.js";

it("goes on watching after the process that runs parcel was killed", async () => {
  await using folder = await makeFolder();
  const source = await openSource(folder.path, { watch_backend: "parcel" });
  await using watched = await follow(folder.path, source);
  for (const pid of parcelProcesses()) process.kill(pid, "SIGKILL");
  await writeFile(join(folder.path, "unseen"), "");
  await watched.agrees();
  const lost = watched.model.messages.filter(({ kind }) => kind === "lost");
  expect(lost).not.toEqual([]);
  await writeFile(join(folder.path, "seen"), "");
  await watched.agrees();
});

/** Our children that run parcel. */
function parcelProcesses(): number[] {
  const children = readFileSync(`/proc/self/task/${String(process.pid)}/children`, "utf8");
  return children
    .split(" ")
    .filter((pid) => pid !== "")
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("@parcel/watcher"))
    .map(Number);
}
