import { defineConfig } from "tsup";

export default defineConfig({
  entry: [
    "src/index.ts",
    "src/host/index.ts",
    "src/host/metrics/index.ts",
    "src/cli/index.ts",
    "src/cli/program/index.ts",
    "src/host/source-child.ts",
  ],
  format: "esm",
  target: "node20",
  dts: true,
  clean: true,
  removeNodeProtocol: false,
});
