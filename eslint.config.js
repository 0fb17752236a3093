import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: ["**/dist/**", "**/node_modules/**", "**/.turbo/**", ".fustor/**", "e2e/artefacts/**"],
  },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Streams are async generators that may have nothing to await yet.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    // Plain scripts: no types to check, the rules that need none.
    files: ["**/*.{js,mjs,cjs}"],
    rules: {
      eqeqeq: "error",
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    // Determinism: the core of a view reads no clock, no chance, no disk, no network.
    files: ["packages/view-fs/src/**/*.ts", "packages/schema-fs/src/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        "Date",
        "performance",
        "setTimeout",
        "setInterval",
        "setImmediate",
        "process",
        "fetch",
        "crypto",
      ],
      "no-restricted-properties": ["error", { object: "Math", property: "random" }],
      "no-restricted-imports": ["error", { patterns: ["node:*"] }],
    },
  },
  {
    // Only these may read the machine's clock; everyone else is handed one.
    files: ["packages/*/src/**/*.ts", "apps/*/src/**/*.ts", "examples/*/src/**/*.ts"],
    ignores: [
      "packages/core/src/host/system-clock.ts",
      "packages/view-fs/**",
      "packages/schema-fs/**",
      // Pages live in a browser, which has one clock only.
      "packages/console/src/web/**",
    ],
    rules: {
      "no-restricted-globals": ["error", "Date", "performance", "setTimeout", "setInterval"],
      "no-restricted-properties": ["error", { object: "Math", property: "random" }],
    },
  },
);
