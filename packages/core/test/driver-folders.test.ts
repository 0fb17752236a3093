import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { driverFolders } from "../src/host/index.js";
import { createFolder } from "./folder.js";

describe("driverFolders", () => {
  it("names the config's folder, the home, the project, the installation, the global root", async () => {
    const root = await createFolder({
      "project/node_modules/.store/agent/dist/cli.js": "",
      "usr/lib/node_modules/.keep": "",
      "prefix/lib/node_modules/.keep": "",
    });
    const installed = join(root, "project/node_modules/.store/agent/dist/cli.js");

    const folders = driverFolders({
      configFile: join(root, "etc/agent-config.yaml"),
      home: join(root, "home"),
      binPath: join(root, "project/node_modules/.bin/fustor-agent"),
      selfUrl: pathToFileURL(installed).href,
      env: { npm_config_prefix: join(root, "prefix"), PREFIX: join(root, "none") },
      nodePath: join(root, "usr/bin/node"),
    });

    expect(folders).toEqual(
      [
        "etc",
        "home",
        "project",
        "project/node_modules/.store/agent/dist",
        "usr/lib",
        "prefix/lib",
      ].map((folder) => join(root, folder)),
    );
  });

  it.each([
    ["npm's link", "p/node_modules/.bin/fustor-agent", "p"],
    ["pnpm's shim", "p/node_modules/.bin/../@fustor/agent/dist/cli.js", "p"],
    ["pnpm's store", "p/node_modules/.pnpm/a@1/node_modules/@fustor/agent/dist/cli.js", "p"],
    ["a dependency of a dependency", "p/node_modules/fustor/node_modules/.bin/x", "p"],
    ["a plain script", "src/agent/dist/cli.js", "src/agent/dist"],
  ])("takes the project from %s", (_, binPath, project) => {
    const folders = driverFolders({
      home: "/home/u/.fustor",
      binPath: `/${binPath}`,
      selfUrl: "file:///opt/agent/cli.js",
      env: {},
      nodePath: "/none/bin/node",
    });
    expect(folders).toEqual(["/home/u/.fustor", `/${project}`, "/opt/agent"]);
  });

  it("includes what pnpm has installed globally beside it", async () => {
    const root = await createFolder({
      "global/v11/1-agent/node_modules/@fustor/agent/cli.js": "",
      "global/v11/2-driver/node_modules/.keep": "",
      "global/v11/3-outdated/node_modules/.keep": "",
    });
    const groups = join(root, "global/v11");
    await symlink("1-agent", join(groups, "aaa"));
    await symlink("2-driver", join(groups, "bbb"));

    const folders = driverFolders({
      home: join(root, "home"),
      binPath: join(groups, "aaa/node_modules/@fustor/agent/cli.js"),
      selfUrl: pathToFileURL(join(groups, "aaa/node_modules/@fustor/agent/cli.js")).href,
      env: {},
      nodePath: "/none/bin/node",
    });

    expect(folders).toEqual(
      [
        "home",
        "global/v11/aaa",
        "global/v11/1-agent/node_modules/@fustor/agent",
        "global/v11/bbb",
      ].map((name) => join(root, name)),
    );
  });

  it("follows links to the installation but not to the project", async () => {
    const root = await createFolder({ "store/agent/cli.js": "" });
    const linked = join(root, "project/node_modules/@fustor");
    await mkdir(linked, { recursive: true });
    await symlink(join(root, "store/agent"), join(linked, "agent"));

    const folders = driverFolders({
      home: join(root, "home"),
      binPath: join(linked, "agent/cli.js"),
      selfUrl: pathToFileURL(join(linked, "agent/cli.js")).href,
      env: {},
      nodePath: "/none/bin/node",
    });

    expect(folders).toEqual(["home", "project", "store/agent"].map((name) => join(root, name)));
  });
});
