import { mkdirSync, readFileSync, renameSync, rmdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "@fustor/testkit";
import { expect, it } from "vitest";
import { OPTIONS } from "../src/watch/parcel.js";
import { ParcelProcess } from "../src/watch/parcel-process.js";
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

it("hears of a directory whose name parcel could not give up before", async () => {
  await using folder = await makeFolder();
  const at = (path: string) => join(folder.path, path);
  const heard: string[] = [];
  const ignore = () => undefined;
  const parcel = new ParcelProcess({
    onEvents: (_, events) => heard.push(...events),
    onBroken: ignore,
    onDropped: ignore,
    onDeath: ignore,
  });
  try {
    mkdirSync(at("a/inner"), { recursive: true });
    const former = await parcel.subscribe(at("a"), OPTIONS);
    renameSync(at("a"), at("moved"));
    await until(() => heard.includes(at("a")));
    // It stays in parcel's books under its former name, and cannot be struck off.
    rmdirSync(at("moved/inner"));
    await parcel.unsubscribe(former);
    mkdirSync(at("a"));
    await parcel.subscribe(at("a"), OPTIONS);
    await writeFile(at("a/file"), "");
    await until(() => heard.includes(at("a/file")));
  } finally {
    await parcel.close();
  }
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
