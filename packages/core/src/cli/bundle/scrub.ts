/** Shorter ones would stand everywhere by chance; nobody should have such a secret. */
const LENGTH_MIN = 4;

/** A name that is one of a secret, and what parts it from its value; also in JSON inside JSON. */
const NAMED = String.raw`(?:\\?["'])?(?:x-api-key|(?:api|query)_?key|authorization|set-cookie|cookie|passw(?:or)?d|credential|secret|token)(?:\\?["'])?\s*[:=]\s*`;
const QUOTED = String.raw`(\\?["'])(?:(?!\2)\\.|(?!\2|\\).)*\2`;
const BARE = String.raw`[^\s,;"'}\\]+`;

/** What looks like a secret, wherever it stands. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // A whole key also behind a letter: a line feed before it is one in a line of the log.
  [/(?:\bfk_|fk_[0-9a-f]{12}_)[A-Za-z0-9_-]+/g, "fk_***"],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, "$1 ***"],
  [/(\w+:\/\/)[^\s/@:]+:[^\s/@]+@/g, "$1***@"],
  [new RegExp(`(${NAMED})${QUOTED}`, "gi"), "$1$2***$2"],
  [new RegExp(`(${NAMED})${BARE}`, "gi"), "$1***"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, "***"],
];

/** Replaces every secret that is known, in whatever form a text may show it, and what looks like one. */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length < LENGTH_MIN) continue;
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
    ];
    for (const form of new Set(forms)) clean = clean.replaceAll(form, "***");
  }
  for (const [pattern, instead] of PATTERNS) clean = clean.replace(pattern, instead);
  return clean;
}
