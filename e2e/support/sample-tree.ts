import { link, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runOk } from "./processes.js";

/** Fills a folder with a bit of everything that a file system can hold: some 330 nodes. */
export async function fillWithSamples(dir: string): Promise<void> {
  for (let project = 0; project < 5; project += 1) {
    for (let run = 0; run < 3; run += 1) {
      const folder = join(dir, `project-${String(project)}`, `run-${String(run)}`, "frames");
      await mkdir(folder, { recursive: true });
      for (let frame = 0; frame < 20; frame += 1) {
        await writeFile(join(folder, `frame-${String(frame)}.raw`), "x".repeat(frame * 31));
      }
    }
  }
  const oddities = join(dir, "oddities");
  await mkdir(join(oddities, "empty"), { recursive: true });
  await mkdir(join(oddities, "项目 α"));
  await writeFile(join(oddities, 'line\nbreak "quoted" \\ and spaces '), "odd");
  await writeFile(join(oddities, "e\u0301 is not é"), "not normalised");
  await writeFile(join(oddities, "é is not e\u0301"), "either");
  await writeFile(
    Buffer.concat([Buffer.from(`${oddities}/latin-`), Buffer.from([0xe9, 0xff])]),
    "",
  );
  await writeFile(join(oddities, "one name"), "two names");
  await link(join(oddities, "one name"), join(oddities, "other name"));
  await symlink("../project-0", join(oddities, "link to a folder"));
  await symlink("nowhere", join(oddities, "broken link"));
  await runOk("mkfifo", [join(oddities, "pipe")]);
  await writeFile(join(oddities, "ancient"), "old");
  await utimes(join(oddities, "ancient"), 0, 1);
  await writeFile(join(oddities, "from the future"), "new");
  await utimes(join(oddities, "from the future"), 4_070_908_800, 4_070_908_800);
}
