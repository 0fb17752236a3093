/**
 * `pnpm bench -- NAME [OPTIONS]`: measures, prints, and never judges. Absolute figures drift with
 * the machine; the ratios, whose two sides are taken in turns, are what can be compared.
 */
const BENCHES = {
  snapshot: "an empty Fusion and a fresh agent until the whole tree is shown, beside find",
  reaudit: "bytes on the wire for a restart and an audit of an unchanged tree",
  log: "batches with the log and without, the log read again, a checkpoint",
  restart: "a Fusion with many nodes, from its start to its first answer",
  feed: "changes told to followers of one view, one of whom is stuck",
  wire: "the binary and the JSON form of the same batches",
  core: "listings judged and applied by the core, beside the tree alone",
  checkpoint: "a view written to a file while rows come in, and made again from it",
  tree: "the columnar tree alone: memory by group of columns, inserts, sums, searches",
};

/** Where a bench is not in the file of its name. */
const FILES = { tree: "tree-memory" };

const [name, ...args] = process.argv.slice(2).filter((arg) => arg !== "--");
if (name === undefined || !(name in BENCHES)) {
  const list = Object.entries(BENCHES).map(([key, says]) => `  ${key}  ${says}`);
  process.stderr.write(`Say which: pnpm bench -- NAME [OPTIONS]\n${list.join("\n")}\n`);
  process.exit(2);
}
const { main } = await import(`./${FILES[name] ?? name}.mjs`);
await main(args);
