import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describeSourceContract } from "@fustor/testkit";
import { describe } from "vitest";
import fs from "../src/index.js";
import { makeFolder } from "./disk.js";

describe.each(["inotify", "parcel"])("watched by %s", (watch_backend) => {
  describeSourceContract({
    module: fs,
    createWorld: async () => {
      const folder = await makeFolder();
      let made = 0;
      return {
        config: { uri: folder.path, driver_params: { watch_backend } },
        insert: async () => {
          made += 1;
          const name = `file-${String(made)}`;
          await writeFile(join(folder.path, name), "content");
          return `/${name}`;
        },
        remove: (key) => rm(join(folder.path, key)),
        dispose: () => folder[Symbol.asyncDispose](),
      };
    },
  });
});
