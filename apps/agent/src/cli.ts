#!/usr/bin/env -S node --max-semi-space-size=2
// Nothing is imported before this check: an old Node.js would fail on the import itself.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `fustor-agent needs Node.js 20.19 or newer, and this is ${process.versions.node}. ` +
      "Install Node.js 24 (recommended) from https://nodejs.org and try again.",
  );
  process.exit(1);
}

const { main } = await import("./program.js");
// Not left to the event loop: a hanging file system or peer must not keep the process alive.
process.exit(await main(process.argv.slice(2)));

export {};
