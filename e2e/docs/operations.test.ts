import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MetricDefinitions } from "@fustor/core/metrics";
import { readYamlFile, shippedUnit, systemdUnit, type SystemdUnitOptions } from "@fustor/core/host";
import { describe, expect, it, onTestFinished } from "vitest";
import { AGENT_METRICS } from "../../apps/agent/src/metrics.js";
import { FUSION_METRICS } from "../../packages/server/src/metrics/definitions.js";
import { itNeeds, program } from "../support/needs.js";
import { root } from "../support/processes.js";
import { sampleNames, toMetricReference } from "./metric-reference.js";

const APPS = ["agent", "fusion"] as const;
const deploy = (path: string) => join(root, "deploy", path);

describe("docs/metrics.md", () => {
  it("says what the definitions say", async () => {
    const chapters = [
      {
        title: "Fusion",
        where:
          "`http://HOST:8102/metrics`; without a key on loopback, else with one of scope `admin`.",
        metrics: FUSION_METRICS,
      },
      { title: "Agent", where: "`http://127.0.0.1:8100/metrics`.", metrics: AGENT_METRICS },
    ];
    await expect(toMetricReference(chapters)).toMatchFileSnapshot(join(root, "docs/metrics.md"));
  });
});

describe("the systemd units", () => {
  it.each(APPS)("of the %s are what the template makes", async (app) => {
    await expect(shippedUnit(app)).toMatchFileSnapshot(deploy(`systemd/fustor-${app}.service`));
  });

  const command = ["/bin/sh"];
  const shapes: readonly SystemdUnitOptions[] = [
    ...APPS.map((app) => ({ app, command, home: "/var/lib/fustor", scope: "system" }) as const),
    ...APPS.map((app) => ({ app, command, home: "/root/.fustor", scope: "user" }) as const),
    {
      app: "agent",
      command: ["/bin/sh", "/opt/it's 100 % mine/$x/cli.js"],
      home: '/srv/a home "of" 50 %',
      configFile: "/etc/my config.yaml",
      scope: "system",
      user: "root",
    },
  ];
  itNeeds(program("systemd-analyze"))("are taken by systemd in every shape", async () => {
    const folder = await makeFolder();
    for (const [index, options] of shapes.entries()) {
      const file = join(folder, `unit-${String(index)}.service`);
      await writeFile(file, systemdUnit(options));
      const { status, stderr } = run("systemd-analyze", ["verify", "--man=no", file]);
      // Of this file alone: other units of the machine are no matter of ours.
      const said = stderr.split("\n").filter((line) => line.includes(`unit-${String(index)}`));
      expect({ status, said }).toEqual({ status: 0, said: [] });
    }
  });

  itNeeds(program("systemd-analyze"))("leave little that could be abused", async () => {
    const folder = await makeFolder();
    for (const app of APPS) {
      const file = join(folder, `fustor-${app}.service`);
      await writeFile(file, shippedUnit(app));
      const { stdout, stderr } = run("systemd-analyze", ["security", "--offline=yes", file]);
      const exposure = Number(/exposure level[^\d]*([\d.]+)/.exec(stdout)?.[1]);
      expect(exposure, stdout + stderr).toBeLessThan(3);
    }
  });
});

describe("the alert rules", () => {
  itNeeds(program("promtool"))("are taken by Prometheus", () => {
    const { status, stdout, stderr } = run("promtool", [
      "check",
      "rules",
      "--lint-fatal",
      deploy("prometheus/alerts.yml"),
    ]);
    expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 });
  });

  itNeeds(program("promtool"))("fire when they should, and only then", () => {
    const { status, stdout, stderr } = run("promtool", [
      "test",
      "rules",
      deploy("prometheus/alerts.test.yml"),
    ]);
    expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 });
  });

  it("use metrics that are exported, and say what to do", async () => {
    const { groups } = await readAlerts();
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    for (const { alert, expr, annotations } of rules) {
      expect(unknownMetrics(expr), alert).toEqual([]);
      expect(annotations.summary, alert).toMatch(/\S/);
      expect(annotations.action, alert).toMatch(/\S/);
    }
  });

  it("are all tested", async () => {
    const { groups } = await readAlerts();
    const tests = await readFile(deploy("prometheus/alerts.test.yml"), "utf8");
    const tested = [...tests.matchAll(/alertname="(\w+)"/g)].map(([, name]) => name);
    const alerts = groups.flatMap((group) => group.rules).map(({ alert }) => alert);
    expect([...new Set(tested)].sort()).toEqual(alerts.sort());
  });
});

describe("the dashboard", () => {
  it("shows metrics that are exported, in every expression", async () => {
    const dashboard = JSON.parse(await readFile(deploy("grafana/fustor.json"), "utf8")) as Board;
    const expressions = dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ title, expr })),
    );
    expect(expressions.length).toBeGreaterThan(15);
    for (const { title, expr } of expressions) {
      expect(metricsIn(expr), title).not.toEqual([]);
      expect(unknownMetrics(expr), title).toEqual([]);
    }
  });

  it("gives every panel a number and a place of its own", async () => {
    const { panels } = JSON.parse(await readFile(deploy("grafana/fustor.json"), "utf8")) as Board;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from(
        { length: w * h },
        (_, at) => `${String(x + (at % w))},${String(y + Math.floor(at / w))}`,
      ),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

interface AlertFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: { readonly summary: string; readonly action: string };
    }[];
  }[];
}

interface Board {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: {
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
    };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

async function readAlerts(): Promise<AlertFile> {
  const { value } = await readYamlFile(deploy("prometheus/alerts.yml"));
  return value as AlertFile;
}

const EXPORTED = new Set(
  [FUSION_METRICS, AGENT_METRICS].flatMap((metrics: MetricDefinitions) =>
    Object.entries(metrics).flatMap(([name, definition]) => sampleNames(name, definition)),
  ),
);

function metricsIn(expr: string): readonly string[] {
  return expr.match(/\b(?:fustor|process|nodejs)_\w+/g) ?? [];
}

function unknownMetrics(expr: string): readonly string[] {
  return metricsIn(expr).filter((name) => !EXPORTED.has(name));
}

function run(name: string, args: readonly string[]) {
  return spawnSync(name, args, { encoding: "utf8", timeout: 60_000 });
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fustor-units-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
