export { createFolder } from "../../../packages/core/test/folder.js";
