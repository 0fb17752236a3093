import { constants } from "node:os";
import { expect, it } from "vitest";
import { errnoOf } from "../src/look.js";

it("an error that Node.js has no word for is called what the system calls it", () => {
  const errno = -constants.errno.ESTALE;
  const code = `Unknown system error ${String(errno)}`;
  expect(errnoOf(Object.assign(new Error(code), { code, errno }))).toBe("ESTALE");
  expect(errnoOf(Object.assign(new Error("EIO"), { code: "EIO", errno: -5 }))).toBe("EIO");
});
