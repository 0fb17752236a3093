import type { DriverKind } from "../drivers.js";
import { checkApiVersion, checkKind, invalid, isDriverKind } from "./manifest.js";

/** What a driver's `package.json` promised of its module. */
export interface Expected {
  readonly kind: DriverKind;
  /** Absent for a driver that is a single file. */
  readonly name?: string;
}

/** Returns the driver that `namespace` exports, or throws `DRIVER_INVALID`. */
export function checkModule(subject: string, namespace: object, expected: Expected): object {
  const module = "default" in namespace ? namespace.default : undefined;
  if (typeof module !== "object" || module === null) {
    throw invalid(
      subject,
      'its module has no driver as its default export. Its author writes "export default defineSource({ ... })", or defineSender or defineView',
    );
  }
  const { apiVersion, kind, name, create, configSchema } = module as Record<string, unknown>;
  checkApiVersion(subject, apiVersion, kind);
  if (!isDriverKind(kind)) {
    throw invalid(subject, 'its module has no "kind" (source, sender or view). Tell its author');
  }
  checkKind(subject, kind, expected.kind);
  if (typeof name !== "string" || (expected.name !== undefined && name !== expected.name)) {
    const said = expected.name === undefined ? "no name" : `another name than its package.json`;
    throw invalid(subject, `its module has ${said}. Tell its author`);
  }
  if (typeof create !== "function") {
    throw invalid(subject, 'its module has no function "create". Tell its author');
  }
  if (!isObjectSchema(configSchema)) {
    throw invalid(
      subject,
      'its module has no "configSchema" of type "object" with "properties". Tell its author',
    );
  }
  return module;
}

function isObjectSchema(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  const { type, properties } = schema as Record<string, unknown>;
  return type === "object" && typeof properties === "object" && properties !== null;
}
