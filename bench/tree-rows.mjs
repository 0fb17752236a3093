const PROJECTS = ["aurora", "borealis", "corona", "deneb", "eridani", "fomalhaut"];
const SUBJECTS = ["camera", "spectra", "calibration", "sequencing", "proofs", "übersicht"];
const ENDINGS = ["raw", "fits", "csv", "tif", "json", "h5"];
const COMMON = ["README.md", "index.json", "meta.yaml", "thumbs.db", "run.log", "config.ini"];
const MODES = [0o644, 0o664, 0o600, 0o755];
/** One directory as large as a mail spool, so that paging has something to page. */
const BIG = 300_000;

/**
 * Directories with their rows, without end, as research groups have them: some names stand
 * everywhere, some are counted up in each directory, half stand once. The first one is big.
 */
export function rowsOfDirectories(random) {
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  let run = 0;
  let ino = 2 ** 33;
  const attributes = (type) => ({
    type,
    size: type === "d" ? 4096 : Math.floor(random() ** 4 * 1e8),
    mtime: 1_500_000_000 + below(200_000_000),
    mtimeNsec: below(1e9),
    ctime: 1_500_000_000 + below(200_000_000),
    ctimeNsec: below(1e9),
    mode: type === "d" ? 0o755 : pick(MODES),
    uid: 1_000 + below(200),
    gid: 100,
    ino: (ino += 1 + below(4)),
    nlink: type === "d" ? 2 : 1,
    blocks: below(2_000) * 8,
  });
  const unique = () =>
    `${pick(SUBJECTS)}-${below(2 ** 30).toString(36)}-${below(2 ** 30).toString(36)}`;
  return {
    next() {
      run += 1;
      const big = run === 1;
      const path = big
        ? ["big"]
        : [pick(PROJECTS), String(2000 + below(25)), `week-${below(52)}`, `run-${run}`];
      const count = big ? BIG : 1 + Math.floor(-Math.log(1 - random()) * 30);
      const stem = `${pick(SUBJECTS)}_${pick(PROJECTS)}`;
      const ending = pick(ENDINGS);
      const rows = new Map();
      for (let i = 0; i < count; i += 1) {
        const dice = random();
        const name =
          i < COMMON.length && dice < 0.5
            ? COMMON[i]
            : dice < 0.45
              ? `${stem}_${String(i).padStart(4, "0")}.${ending}`
              : `${unique()}.${ending}`;
        rows.set(name, { name: asDecoded(name), attributes: attributes("f") });
      }
      return { path, self: attributes("d"), rows: [...rows.values()] };
    },
  };
}

/** In one piece, as a decoder makes strings: what is put together from parts stays in parts. */
export function asDecoded(name) {
  return Buffer.from(name).toString();
}

/** Marsaglia's xorshift32: small, and the same everywhere. */
export function createRandom(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
