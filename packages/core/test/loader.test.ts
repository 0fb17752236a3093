import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DriverKind } from "../src/drivers.js";
import { listDrivers, loadDriver, resolveDriver } from "../src/host/index.js";
import { createFolder, writeFiles } from "./folder.js";

interface PackageOptions {
  readonly version?: string;
  readonly kind?: string;
  readonly driver?: string;
  readonly manifest?: object;
  readonly code?: string;
}

const MODULE = {
  apiVersion: 1,
  kind: '"source"',
  name: '"sap"',
  configSchema: '{ type: "object", properties: {} }',
  create: "() => ({})",
};

/** The code of a driver module, with some of its parts replaced. */
function code(parts: Partial<Record<keyof typeof MODULE, string>> = {}): string {
  const lines = Object.entries({ ...MODULE, ...parts }).map(
    ([key, value]) => `${key}: ${String(value)}`,
  );
  return `export default { ${lines.join(", ")} };`;
}

/** The files of an installed driver package. */
function driverPackage(name: string, options: PackageOptions = {}): Record<string, string> {
  const { version = "1.2.3", kind = "source", driver = "sap", manifest = {} } = options;
  const content = {
    name,
    version,
    type: "module",
    exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
    keywords: ["fustor-driver"],
    fustor: { apiVersion: 1, kind, name: driver },
    ...manifest,
  };
  const main = options.code ?? code({ kind: `"${kind}"`, name: `"${driver}"` });
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify(content),
    [`node_modules/${name}/index.js`]: main,
  };
}

async function faultOf(type: string, folder: string, kind: DriverKind = "source") {
  return loadDriver({ kind, type, folders: [folder] }).then(
    () => expect.unreachable(),
    (error: unknown) => error as Error & { code: string },
  );
}

describe("loadDriver", () => {
  it.each([
    ["a short name in our scope", "sap", "@fustor/source-sap"],
    ["a short name outside of it", "sap", "fustor-source-sap"],
    ["a full name", "fustor-source-sap", "fustor-source-sap"],
    ["a scoped name", "@acme/fustor-source-sap", "@acme/fustor-source-sap"],
  ])("finds a driver by %s", async (_, type, packageName) => {
    const folder = await createFolder(driverPackage(packageName));

    const loaded = await loadDriver({ kind: "source", type, folders: [folder] });

    expect(loaded).toMatchObject({
      packageName,
      version: "1.2.3",
      entry: join(folder, "node_modules", packageName, "index.js"),
      module: { kind: "source", name: "sap" },
    });
  });

  it("prefers our scope for a short name", async () => {
    const folder = await createFolder({
      ...driverPackage("fustor-source-sap"),
      ...driverPackage("@fustor/source-sap"),
    });
    const { packageName } = await loadDriver({ kind: "source", type: "sap", folders: [folder] });
    expect(packageName).toBe("@fustor/source-sap");
  });

  it("takes the first folder that has it, and looks upwards from each", async () => {
    const first = await createFolder(driverPackage("@fustor/source-sap", { version: "1.0.0" }));
    const second = await createFolder(driverPackage("@fustor/source-sap", { version: "2.0.0" }));
    const inner = join(first, "etc", "fustor");
    await mkdir(inner, { recursive: true });

    const { version } = await loadDriver({ kind: "source", type: "sap", folders: [inner, second] });

    expect(version).toBe("1.0.0");
  });

  it("follows links, so that a linked driver finds its own dependencies", async () => {
    const store = await createFolder({
      ...driverPackage("@fustor/source-sap", { code: `import "dep"; ${code()}` }),
      "node_modules/dep/package.json": '{ "name": "dep", "main": "dep.js" }',
      "node_modules/dep/dep.js": "",
    });
    const project = await createFolder();
    await mkdir(join(project, "node_modules", "@fustor"), { recursive: true });
    const target = join(store, "node_modules", "@fustor", "source-sap");
    await symlink(target, join(project, "node_modules", "@fustor", "source-sap"));

    const { entry } = await loadDriver({ kind: "source", type: "sap", folders: [project] });

    expect(entry).toBe(join(target, "index.js"));
  });

  it("loads a single file, relative to the first folder or absolute", async () => {
    const folder = await createFolder({ "my-driver.mjs": code() });
    const file = join(folder, "my-driver.mjs");
    for (const type of ["./my-driver.mjs", file]) {
      const loaded = await loadDriver({ kind: "source", type, folders: [folder] });
      expect(loaded).toMatchObject({ entry: file, packageName: file, module: { name: "sap" } });
    }
  });

  it("runs no code of a package whose manifest is wrong", async () => {
    const folder = await createFolder(
      driverPackage("@fustor/source-sap", {
        manifest: { fustor: { apiVersion: 2, kind: "source", name: "sap" } },
        code: "globalThis.fustorTestRan = true;",
      }),
    );
    await faultOf("sap", folder);
    expect(globalThis).not.toHaveProperty("fustorTestRan");
  });

  it("does not run code in order to resolve", async () => {
    const folder = await createFolder(
      driverPackage("@fustor/source-sap", { code: "throw new Error();" }),
    );
    const resolved = await resolveDriver({ kind: "source", type: "sap", folders: [folder] });
    expect(resolved).toEqual({
      entry: join(folder, "node_modules/@fustor/source-sap/index.js"),
      packageName: "@fustor/source-sap",
      version: "1.2.3",
      kind: "source",
      name: "sap",
      folder: join(folder, "node_modules/@fustor/source-sap"),
    });
  });
});

describe("a driver that is missing", () => {
  it("is told with the places searched and the command that installs it", async () => {
    const folder = await createFolder();
    const error = await faultOf("sap", folder);
    expect(error.code).toBe("DRIVER_NOT_FOUND");
    expect(error.message).toBe(
      `Cannot find the source driver "sap": neither @fustor/source-sap nor fustor-source-sap is installed. Searched from ${folder}. Install it next to the configuration: npm install @fustor/source-sap --prefix ${folder}`,
    );
  });

  it("is told by its full name when the config gave that", async () => {
    const folder = await createFolder();
    expect((await faultOf("@acme/x", folder, "sender")).message).toBe(
      `Cannot find the sender driver "@acme/x": no package @acme/x is installed. Searched from ${folder}. Install it next to the configuration: npm install @acme/x --prefix ${folder}`,
    );
  });

  it("is told with the installed one that was meant", async () => {
    const folder = await createFolder(driverPackage("@fustor/source-sap"));
    expect((await faultOf("spa", folder)).message).toContain('Did you mean "sap"?');
  });

  it("is told when it is a file", async () => {
    const folder = await createFolder();
    expect((await faultOf("./no.mjs", folder)).message).toBe(
      `Cannot find the source driver "./no.mjs": there is no file ${folder}/no.mjs. A relative path starts at the folder of the config file.`,
    );
  });

  it("is told when no package can be called that", async () => {
    expect((await faultOf("my driver", await createFolder())).message).toBe(
      '"my driver" is no type of a source: write a short name such as "fs", the name of a package, or a path that starts with "./" or "/".',
    );
  });
});

describe("a driver that is found but cannot be used", () => {
  const at = (folder: string) =>
    `@fustor/source-sap 1.2.3 in ${folder}/node_modules/@fustor/source-sap`;

  it.each<[string, PackageOptions, (folder: string) => string]>([
    [
      "made for a newer contract",
      { manifest: { fustor: { apiVersion: 2, kind: "source", name: "sap" } } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: it needs a newer agent: it is made for driver API 2, and this agent offers 1. Update the agent, or install an older version of the driver.`,
    ],
    [
      "made for an older contract",
      { manifest: { fustor: { apiVersion: 0, kind: "source", name: "sap" } } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: it is too old: it is made for driver API 0, and this agent offers 1. Update the driver.`,
    ],
    [
      "of another kind",
      { kind: "sender" },
      (folder) =>
        `The driver ${at(folder)} cannot be used: it is a sender, and a source is needed here. Name it under "senders", or choose another type.`,
    ],
    [
      "without a fustor field",
      { manifest: { fustor: undefined } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: it is no Fustor driver: its package.json has no "fustor" field. Install another package, or tell its author.`,
    ],
    [
      "without the keyword",
      { manifest: { keywords: ["files"] } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: it is no Fustor driver: its package.json has no keyword "fustor-driver". Install another package, or tell its author.`,
    ],
    [
      "without a kind",
      { manifest: { fustor: { apiVersion: 1, name: "sap" } } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: the "fustor" field of its package.json needs a "kind" (source, sender or view) and a "name". Tell its author.`,
    ],
    [
      "without an API version",
      { manifest: { fustor: { kind: "source", name: "sap" } } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: it does not say for which driver API it is made. Tell its author.`,
    ],
    [
      "not built",
      { manifest: { exports: { ".": "./dist/index.js" } } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: its main file ${folder}/node_modules/@fustor/source-sap/dist/index.js is missing. Build or reinstall it.`,
    ],
    [
      "that exports nothing to import",
      { manifest: { exports: { "./other": "./index.js" } } },
      (folder) =>
        `The driver ${at(folder)} cannot be used: its package.json names no main file (No "exports" main defined`,
    ],
    [
      "that throws",
      { code: 'throw new Error("no licence\\nat line 2");' },
      () =>
        "The driver @fustor/source-sap 1.2.3 cannot be used: its code failed while it was loaded (no licence). Reinstall it, or tell its author.",
    ],
    [
      "whose dependency is missing",
      { code: 'import "fustor-test-no-such-package";' },
      () =>
        "The driver @fustor/source-sap 1.2.3 cannot be used: its code failed while it was loaded (Cannot find package 'fustor-test-no-such-package'",
    ],
    [
      "without a default export",
      { code: "export const source = 1;" },
      () =>
        'The driver @fustor/source-sap 1.2.3 cannot be used: its module has no driver as its default export. Its author writes "export default defineSource({ ... })", or defineSender or defineView.',
    ],
    [
      "whose module is newer than its manifest says",
      { code: code().replace("apiVersion: 1", "apiVersion: 3") },
      () =>
        "The driver @fustor/source-sap 1.2.3 cannot be used: it needs a newer agent: it is made for driver API 3, and this agent offers 1. Update the agent, or install an older version of the driver.",
    ],
    [
      "whose module is of another kind",
      { code: code({ kind: '"view"' }) },
      () =>
        'The driver @fustor/source-sap 1.2.3 cannot be used: it is a view, and a source is needed here. Name it under "views", or choose another type.',
    ],
    [
      "whose module has no kind",
      { code: code({ kind: "7" }) },
      () =>
        'The driver @fustor/source-sap 1.2.3 cannot be used: its module has no "kind" (source, sender or view). Tell its author.',
    ],
    [
      "whose module has another name",
      { code: code({ name: '"other"' }) },
      () =>
        "The driver @fustor/source-sap 1.2.3 cannot be used: its module has another name than its package.json. Tell its author.",
    ],
    [
      "that cannot create",
      { code: code({ create: "undefined" }) },
      () =>
        'The driver @fustor/source-sap 1.2.3 cannot be used: its module has no function "create". Tell its author.',
    ],
    [
      "without a config schema",
      { code: code({ configSchema: "{}" }) },
      () =>
        'The driver @fustor/source-sap 1.2.3 cannot be used: its module has no "configSchema" of type "object" with "properties". Tell its author.',
    ],
  ])("is told when it is one %s", async (_, options, words) => {
    const folder = await createFolder(driverPackage("@fustor/source-sap", options));
    const error = await faultOf("sap", folder);
    expect(error.code).toBe("DRIVER_INVALID");
    expect(error.message.slice(0, words(folder).length)).toBe(words(folder));
    expect(error.message).not.toContain("\n");
  });

  it("keeps the cause of broken code", async () => {
    const folder = await createFolder(
      driverPackage("@fustor/source-sap", { code: 'throw new Error("no licence");' }),
    );
    expect((await faultOf("sap", folder)).cause).toMatchObject({ message: "no licence" });
  });

  it("is told when its package.json is torn", async () => {
    const folder = await createFolder({ "node_modules/fustor-source-sap/package.json": '{ "na' });
    expect((await faultOf("sap", folder)).message).toBe(
      `The driver ${folder}/node_modules/fustor-source-sap cannot be used: its package.json is not JSON. Reinstall it.`,
    );
  });

  it("asks for a newer Fusion when it is a view", async () => {
    const folder = await createFolder(
      driverPackage("@fustor/view-sap", {
        manifest: { fustor: { apiVersion: 2, kind: "view", name: "sap" } },
      }),
    );
    expect((await faultOf("sap", folder, "view")).message).toContain("it needs a newer Fusion");
  });

  it("is told when it is a folder where a file is needed", async () => {
    const folder = await createFolder({ "driver/index.js": "" });
    expect((await faultOf("./driver", folder)).message).toBe(
      `The driver ${folder}/driver cannot be used: it is not a file. Name the module inside it.`,
    );
  });

  it("is told by its path when it is a single file", async () => {
    const folder = await createFolder({ "d.mjs": code({ kind: '"sender"' }) });
    expect((await faultOf("./d.mjs", folder)).message).toBe(
      `The driver ${folder}/d.mjs cannot be used: it is a sender, and a source is needed here. Name it under "senders", or choose another type.`,
    );
  });
});

describe("listDrivers", () => {
  it("lists every installed driver once, with what speaks against it", async () => {
    const near = await createFolder({
      ...driverPackage("@fustor/source-sap", { version: "2.0.0" }),
      ...driverPackage("fustor-sender-ftp", { kind: "sender", driver: "ftp" }),
      ...driverPackage("@acme/odd", { manifest: { fustor: { apiVersion: 9, kind: "view" } } }),
      "node_modules/fustor-view-torn/package.json": "{",
      "node_modules/@types/node/package.json": '{ "name": "@types/node" }',
      "node_modules/fustor-helper/package.json": '{ "name": "fustor-helper" }',
    });
    const far = await createFolder(driverPackage("@fustor/source-sap", { version: "1.0.0" }));

    const drivers = await listDrivers([near, far]);

    const shown = drivers.map(({ packageName, version, kind, name, problem }) =>
      [packageName, version, kind, name, problem === undefined ? "fine" : "broken"].join(" "),
    );
    expect(shown).toEqual([
      "@acme/odd 1.2.3 view  broken",
      "@fustor/source-sap 2.0.0 source sap fine",
      "fustor-sender-ftp 1.2.3 sender ftp fine",
      "fustor-view-torn    broken",
    ]);
    expect(drivers[0]?.problem).toMatch(/needs a newer Fusion/);
  });

  it("finds nothing where nothing is", async () => {
    const folder = await createFolder();
    await writeFiles(folder, { "node_modules/left-pad/package.json": "{}" });
    expect(await listDrivers([folder])).toEqual([]);
  });
});

describe("the code of a driver", () => {
  it.each([
    ["never ends", "await new Promise(() => {});", 50, /did not finish within 0\.05 s/],
    ["ends the process", "process.exit(0);", 10_000, /it called process\.exit/],
  ])("is refused when it %s while it is loaded", async (_, main, importMs, words) => {
    const folder = await createFolder({ "d.mjs": main });
    const request = { kind: "source", type: "./d.mjs", folders: [folder] } as const;
    const exit: unknown = Reflect.get(process, "exit");
    await expect(loadDriver(request, { importMs })).rejects.toMatchObject({
      code: "DRIVER_INVALID",
      message: expect.stringMatching(words) as string,
    });
    expect(Reflect.get(process, "exit")).toBe(exit);
  });
});
