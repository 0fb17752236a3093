import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { FustorError } from "../errors.js";
import type { App } from "../host/app.js";
import { findPlaces, type PlaceOptions, type Places } from "../host/places.js";
import { systemdUnit } from "../host/systemd-unit.js";
import { print } from "./print.js";

export interface ServiceOptions extends PlaceOptions {
  /** For the whole machine, in place of this user. */
  readonly system?: boolean;
  readonly dryRun?: boolean;
}

interface Unit {
  readonly name: string;
  readonly file: string;
  readonly scope: "system" | "user";
  readonly text: string;
}

/** Writes a systemd unit that runs the app, and has it started now and at every boot. */
export async function installService(app: App, options: ServiceOptions): Promise<number> {
  const places = findPlaces(app, options);
  const unit = toUnit(app, places, options);
  if (options.dryRun === true) {
    process.stdout.write(unit.text);
    process.stderr.write(`This would be ${unit.file}. Nothing was changed.\n`);
    return 0;
  }
  try {
    await mkdir(dirname(unit.file), { recursive: true });
    await writeFile(unit.file, unit.text, { mode: 0o644 });
  } catch (cause) {
    throw cannotWrite(unit, cause);
  }
  await systemctl(unit, "daemon-reload");
  await systemctl(unit, "enable", "--now", unit.name);
  print([
    `${unit.file} runs fustor-${app} from now on. See: ${systemctlWords(unit, "status")}`,
    ...(unit.scope === "user"
      ? ["To keep it running without a login: loginctl enable-linger"]
      : []),
  ]);
  return 0;
}

/** Stops the app and removes its unit; the home stays as it is. */
export async function uninstallService(app: App, options: ServiceOptions): Promise<number> {
  const unit = toUnit(app, findPlaces(app, options), options);
  if (options.dryRun === true) {
    print([`This would stop ${unit.name} and remove ${unit.file}. Nothing was changed.`]);
    return 0;
  }
  await systemctl(unit, "disable", "--now", unit.name);
  try {
    await rm(unit.file, { force: true });
  } catch (cause) {
    throw cannotWrite(unit, cause);
  }
  await systemctl(unit, "daemon-reload");
  print([`${unit.name} is stopped, and ${unit.file} is removed. The home stays as it is.`]);
  return 0;
}

function toUnit(app: App, places: Places, { system = false }: ServiceOptions): Unit {
  const { home, configFile, configNamed, launcher } = places;
  const name = `fustor-${app}.service`;
  const scope = system ? "system" : "user";
  const folder = system ? "/etc/systemd/system" : join(homedir(), ".config/systemd/user");
  const text = systemdUnit({
    app,
    scope,
    home,
    command: [process.execPath, launcher.entry, ...launcher.args],
    ...(system ? { user: userInfo().username } : {}),
    ...(configNamed ? { configFile } : {}),
  });
  return { name, file: join(folder, name), scope, text };
}

function cannotWrite({ file, scope }: Unit, cause: unknown): FustorError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  const fix =
    scope === "system" ? "Run it as root, or leave out --system" : "Look at that folder's owner";
  return new FustorError("START_FAILED", `Cannot write ${file} (${code}). ${fix}.`, { cause });
}

/** Throws `START_FAILED` in the words of systemctl. */
async function systemctl({ scope }: Unit, ...args: readonly string[]): Promise<void> {
  const all = [...(scope === "user" ? ["--user"] : []), ...args];
  const words = await new Promise<string | undefined>((resolve) => {
    const child = spawn("systemctl", all, { stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    child.once("error", () => {
      resolve("systemctl cannot be started: this machine is not run by systemd");
    });
    child.once("close", (code) => {
      resolve(code === 0 ? undefined : text.trim());
    });
  });
  if (words === undefined) return;
  throw new FustorError(
    "START_FAILED",
    `systemctl ${all.join(" ")} failed: ${words}. With --dry-run the unit is printed only.`,
  );
}

function systemctlWords({ scope, name }: Unit, verb: string): string {
  return `systemctl ${scope === "user" ? "--user " : ""}${verb} ${name}`;
}
