export { createFolder } from "../../../packages/core/test/folder.js";

/** A view driver that is a single file; only its schema is ever used. */
export const VIEW = `
export default {
  apiVersion: 1,
  kind: "view",
  name: "counts",
  configSchema: {
    type: "object",
    additionalProperties: false,
    properties: {
      keep_sec: { type: "integer", minimum: 1, default: 60 },
      token: { type: "string", secret: true },
    },
  },
  create: () => { throw new Error("no view is made here"); },
};
`;
