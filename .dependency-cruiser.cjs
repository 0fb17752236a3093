/**
 * Imports go one way (ARCHITECTURE.md, "Who may import whom"):
 *
 *   apps -> server, core/host -> protocol, schema-* -> core <- source-*, sender-*, view-*
 *
 * Tests may reach further: they bring the pieces together.
 */
const DRIVERS = "^(packages/(source|sender|view)-[^/]+|examples/[^/]+)/";
const OURS = "^(packages|apps|examples|e2e)/";

/** `from` may import, of ours, only itself and what `allowed` matches. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: `^(${from})/src/` },
  to: { path: OURS, pathNot: ["^$1/", ...allowed] },
});

const CONTRACTS = "^packages/core/(src|dist)/(?!(host|cli)/)";
const CORE = "^packages/core/";
const SCHEMAS = "^packages/schema-[^/]+/";
const PROTOCOL = "^packages/protocol/";
const SERVER = "^packages/server/";
const CONSOLE = "^packages/console/";

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle is two files that are one: merge them, or find the third that both need.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-unresolved",
      comment: "An import that leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    only("core-stands-alone", "packages/core", [], "The contracts rest on nothing of ours."),
    {
      name: "contracts-without-host",
      comment: "A driver pays for the contracts only: they must not pull in the host.",
      severity: "error",
      from: { path: "^packages/core/src/(?!(host|cli)/)" },
      to: { path: "^packages/core/src/(host|cli)/" },
    },
    only("schemas-on-core", "packages/schema-[^/]+", [CONTRACTS]),
    only("protocol-on-schemas", "packages/protocol", [CONTRACTS, SCHEMAS]),
    only("server-below-apps", "packages/server", [CORE, PROTOCOL, SCHEMAS, CONSOLE]),
    only("source-on-core", "packages/source-[^/]+", [CONTRACTS, SCHEMAS]),
    only("view-on-core", "packages/view-[^/]+", [CONTRACTS, SCHEMAS]),
    only("client-on-protocol", "packages/client", [CONTRACTS, PROTOCOL]),
    // The pages take nothing of them but types.
    only("console-on-types", "packages/console", [CONTRACTS, PROTOCOL, "^packages/client/"]),
    only("sender-echo-on-core", "packages/sender-echo", [CONTRACTS]),
    only("sender-fusion-on-protocol", "packages/sender-fusion", [CONTRACTS, PROTOCOL, SCHEMAS]),
    only("example-on-core", "examples/[^/]+", [CONTRACTS]),
    only("testkit-on-core-and-schemas", "packages/testkit", [CORE, SCHEMAS]),
    {
      name: "apps-below-nothing",
      comment: "Apps are the top: only the app that bundles them imports another.",
      severity: "error",
      from: { path: "^(packages|examples)/" },
      to: { path: "^apps/" },
    },
    {
      name: "apps-never-import-drivers",
      comment: "Drivers are found by name at run time. An import would bind the app to one copy.",
      severity: "error",
      from: { path: "^(apps|packages/server|packages/core)/(?!.*test/)" },
      to: { path: DRIVERS },
    },
    only("agent-on-host", "apps/agent", [CORE, SCHEMAS, PROTOCOL, CONSOLE]),
    only("fusion-on-server", "apps/fusion", [CORE, SERVER, SCHEMAS, PROTOCOL]),
    {
      name: "fold-without-machine",
      comment: "What a view folds must not depend on the machine it runs on.",
      severity: "error",
      from: { path: "^packages/(view-fs|schema-fs)/src/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-tests-in-products",
      comment: "The testkit is for tests.",
      severity: "error",
      from: { path: "^(packages/(?!testkit/)|apps/|examples/)[^/]*/?src/" },
      to: { path: "^packages/testkit/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|\\.turbo)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@fustor/source", "import", "types", "node", "default"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
    },
    progress: { type: "none" },
  },
};
