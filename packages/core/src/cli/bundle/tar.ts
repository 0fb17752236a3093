/** One file of an archive. */
export interface TarFile {
  /** Up to 100 bytes of ASCII, without a leading slash. */
  readonly name: string;
  readonly content: Buffer;
}

const BLOCK = 512;

/** An archive in the ustar format, which every `tar` reads. `at`: seconds since the epoch. */
export function toTar(files: readonly TarFile[], at: number): Buffer {
  const parts = files.flatMap(({ name, content }) => [
    header(name, content.length, at),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, at: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string =>
    `${Math.floor(value).toString(8).padStart(digits, "0")}\0`;
  block.write(name, 0, 100, "latin1");
  block.write(octal(0o600, 7), 100, "latin1");
  block.write(octal(0, 7), 108, "latin1");
  block.write(octal(0, 7), 116, "latin1");
  block.write(octal(size, 11), 124, "latin1");
  block.write(octal(at, 11), 136, "latin1");
  // The sum counts its own field as blanks.
  block.write("        ", 148, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\0" + "00", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
