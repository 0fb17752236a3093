import { fine, warning, type Finding } from "./finding.js";

export interface PlatformFacts {
  readonly platform: string;
  readonly arch: string;
  /** Of the C library; undefined where it is another one than glibc. */
  readonly glibc: string | undefined;
}

/** What this process runs on. */
export function readPlatform(): PlatformFacts {
  const report = process.report.getReport() as {
    readonly header?: { readonly glibcVersionRuntime?: string };
  };
  const { platform, arch } = process;
  return { platform, arch, glibc: report.header?.glibcVersionRuntime };
}

/** Is this one of the platforms on which everything is tested? */
export function checkPlatform({ platform, arch, glibc }: PlatformFacts): Finding {
  const subject = "platform";
  if (platform === "linux" && arch === "x64" && glibc !== undefined) {
    return fine(subject, `linux x64, glibc ${glibc}: tested`);
  }
  const library = platform !== "linux" ? "" : glibc === undefined ? ", not glibc" : ", glibc";
  const fix = "try it with care; only Linux on x64 with glibc is tested";
  return warning(subject, `${platform} ${arch}${library}: untested`, fix);
}
