import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "./disk.js";

const NAME = "incarnation";

/**
 * Names one life of a state: as long as it stays the same, nothing that was acknowledged was lost.
 * It is renewed before damaged records are set aside, so that whoever starts next heals what the
 * last one could not.
 */
export async function readIncarnation(disk: Disk, folder: string): Promise<string> {
  if ((await disk.list(folder)).includes(NAME)) {
    const text = Buffer.from(await disk.read(join(folder, NAME)))
      .toString("latin1")
      .trim();
    if (/^[0-9a-f-]{36}$/.test(text)) return text;
  }
  return renewIncarnation(disk, folder);
}

/** Resolves once a new one is durable. */
export async function renewIncarnation(disk: Disk, folder: string): Promise<string> {
  const incarnation = randomUUID();
  const draft = join(folder, `${NAME}.tmp`);
  if ((await disk.list(folder)).includes(`${NAME}.tmp`)) await disk.remove(draft);
  const file = await disk.create(draft);
  try {
    await file.append([Buffer.from(`${incarnation}\n`)]);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(draft, join(folder, NAME));
  await disk.syncFolder(folder);
  return incarnation;
}
