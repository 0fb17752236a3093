/**
 * Every group of tests, by name. `vitest.config.ts` hands the list to vitest.
 *
 * The whole-system tests start real processes and share the machine's two cores, so they run one
 * file at a time; everything else runs side by side.
 */
const resolve = { conditions: ["@fustor/source"] };
const ssr = { resolve: { conditions: ["@fustor/source"], externalConditions: ["@fustor/source"] } };

export default [
  {
    resolve,
    ssr,
    test: {
      name: "unit",
      include: ["{packages,apps,examples}/*/test/**/*.test.ts", "e2e/docs/**/*.test.ts"],
      testTimeout: 20_000,
    },
  },
  {
    resolve,
    ssr,
    test: {
      name: "e2e",
      include: ["e2e/test/*.test.ts", "e2e/test/console/*.test.ts"],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      fileParallelism: false,
    },
  },
  {
    resolve,
    ssr,
    test: {
      name: "scenarios",
      include: ["e2e/test/{scenarios,faults}/*.test.ts"],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      // They wait most of the time; and they begin when all others are done.
      maxWorkers: 4,
      sequence: { groupOrder: 1 },
    },
  },
];
