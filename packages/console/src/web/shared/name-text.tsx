import { t } from "../i18n/i18n.js";

/**
 * A character that would change how its neighbours look, or that cannot be seen: control
 * characters, the marks that turn the direction of text, invisible ones, and the replacement
 * character, which stands for bytes that are no text.
 */
const ODD =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffd]/u;

/** The text of a file's name, cut into what can be shown as it is and single odd characters. */
export function splitOdd(
  name: string,
): readonly { readonly text: string; readonly odd: boolean }[] {
  const parts: { text: string; odd: boolean }[] = [];
  for (const text of name) {
    const odd = ODD.test(text);
    const last = parts.at(-1);
    if (!odd && last !== undefined && !last.odd) last.text += text;
    else parts.push({ text, odd });
  }
  return parts;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** How an odd character is shown: as programs write it, in letters that every font has. */
export function picture(odd: string): string {
  const code = odd.codePointAt(0) ?? 0;
  if (code === 0xfffd) return "\ufffd";
  const escape = ESCAPES[odd];
  if (escape !== undefined) return escape;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * A name as text and nothing else, its odd characters made visible. It is the same in every language,
 * also for browsers that translate.
 */
export function NameText({ name }: { readonly name: string }) {
  if (!ODD.test(name)) return <bdi translate={false}>{name}</bdi>;
  return (
    <bdi translate={false}>
      {splitOdd(name).map(({ text, odd }) =>
        odd ? (
          <span class="odd" title={t("name.odd")}>
            {picture(text)}
          </span>
        ) : (
          text
        ),
      )}
    </bdi>
  );
}
