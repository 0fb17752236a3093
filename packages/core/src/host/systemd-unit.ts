import { join } from "node:path";
import { APP_WORDS, type App } from "./app.js";

export interface SystemdUnitOptions {
  readonly app: App;
  /** The program and what stands before `start`, e.g. `["/usr/bin/node", "/opt/x/dist/cli.js"]`. */
  readonly command: readonly string[];
  /** Absolute. Must be there before the first start, unless it is the folder that systemd makes. */
  readonly home: string;
  /** A `user` unit runs in somebody's own manager, which cannot set up every protection. */
  readonly scope: "system" | "user";
  /** Of a `system` unit: the account that it runs as. */
  readonly user?: string;
  /** The configuration file, unless it is the one in the home. Absolute. */
  readonly configFile?: string;
}

/** The home of the units that are shipped; systemd makes it at the first start. */
export const SYSTEM_HOME = "/var/lib/fustor";

/**
 * A hardened systemd unit that runs `start` in the foreground. What it may write is its home; what
 * it may read is everything that its user may.
 *
 * A wrong command line or configuration (2, 78) is not started again: it would fail the same way.
 */
export function systemdUnit(options: SystemdUnitOptions): string {
  const { app, scope } = options;
  const { noun } = APP_WORDS[app];
  const sections = [
    [
      "[Unit]",
      `Description=Fustor ${noun === "agent" ? "agent: reports what is on its storage" : "Fusion: one current picture of shared storage"}`,
      "Documentation=https://www.npmjs.com/package/@fustor/" + app,
      ...(scope === "system" ? ["Wants=network-online.target", "After=network-online.target"] : []),
      "StartLimitIntervalSec=300",
      "StartLimitBurst=10",
    ],
    ["[Service]", ...serviceLines(options)],
    ["[Install]", `WantedBy=${scope === "system" ? "multi-user" : "default"}.target`],
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function serviceLines(options: SystemdUnitOptions): readonly string[] {
  const { app, command, home, scope, user, configFile } = options;
  const config = configFile === undefined ? [] : ["--config", configFile];
  const start = [...command, "start", ...config].map(quoteArgument).join(" ");
  return [
    "Type=exec",
    `ExecStart=${start}`,
    `Environment=${quote(`FUSTOR_HOME=${home}`)}`,
    "Environment=NODE_ENV=production",
    "Restart=always",
    "RestartSec=2",
    "RestartPreventExitStatus=2 78",
    // Longer than a last checkpoint of many millions of files takes.
    `TimeoutStopSec=${app === "fusion" ? "90" : "15"}`,
    "KillMode=mixed",
    "LimitNOFILE=65536",
    "UMask=0077",
    ...(scope === "system" ? systemLines(app, home, user) : []),
    ...PROTECTION,
  ];
}

/** What only the system's manager can do: users, capabilities and mounts. */
function systemLines(app: App, home: string, user: string | undefined): readonly string[] {
  return [
    ...(user === undefined ? [] : [`User=${user}`]),
    ...(home === SYSTEM_HOME
      ? ["StateDirectory=fustor", "StateDirectoryMode=0700"]
      : [`ReadWritePaths=${quote(home)}`]),
    // An agent may look at names and attributes of everything, without being root.
    `CapabilityBoundingSet=${app === "agent" ? "CAP_DAC_READ_SEARCH" : ""}`,
    `AmbientCapabilities=${app === "agent" ? "CAP_DAC_READ_SEARCH" : ""}`,
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    // The agent may be asked to watch a tree below /tmp.
    ...(app === "agent" ? [] : ["PrivateTmp=yes"]),
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "RemoveIPC=yes",
  ];
}

/** V8 makes code at run time, so that `MemoryDenyWriteExecute` is not among them. */
const PROTECTION = [
  "NoNewPrivileges=yes",
  "LockPersonality=yes",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "SystemCallErrorNumber=EPERM",
] as const;

/** The unit of an app as it is shipped: the program from the PATH of a global install. */
export function shippedUnit(app: App): string {
  const command = [join("/usr/local/bin", `fustor-${app}`)];
  return systemdUnit({ app, command, home: SYSTEM_HOME, scope: "system", user: "fustor" });
}

/** `%` begins a specifier in every value. */
function quote(text: string): string {
  const escaped = text.replaceAll("%", "%%");
  return /^[\w@%+=:,./-]+$/.test(escaped)
    ? escaped
    : `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** `$` begins a variable in a command line. */
function quoteArgument(text: string): string {
  return quote(text).replaceAll("$", "$$$$");
}
