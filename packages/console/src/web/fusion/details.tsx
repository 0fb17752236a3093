import type { EntryReply, ExplainReply, GapJson, SaidJson } from "@fustor/protocol";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { findText, t, type TextKey } from "../i18n/i18n.js";
import { toApiError } from "../shared/api.js";
import { CopyButton } from "../shared/copy-button.js";
import { ago, bytes, count, moment, permissions } from "../shared/format.js";
import { Icon } from "../shared/icons.js";
import { NameText } from "../shared/name-text.js";
import { nameOf, shellWord, type WirePath } from "../shared/path.js";
import { Phrase } from "../shared/phrase.js";
import { useAnswer } from "../shared/polled.js";
import { Said } from "../shared/said.js";
import { ErrorWords, ServerWords } from "../shared/server-words.js";
import { Answered } from "../shared/states.js";
import { askEntry, askExplain, beginScan } from "./api.js";
import { TrustMarks } from "./trust.js";

interface DetailsProps {
  readonly view: string;
  readonly at: WirePath;
  readonly onClose: () => void;
}

/** All that is known of one name, and why it is shown as it is. */
export function Details({ view, at, onClose }: DetailsProps) {
  const question = `details ${view} ${at.path_b64 ?? at.path}`;
  const known = useAnswer(question, async (signal) => {
    const [entry, explain] = await Promise.all([
      askEntry(view, at, signal),
      askExplain(view, at, signal),
    ]);
    return { entry, explain };
  });
  return (
    <aside class="details card" aria-label={t("details.title")}>
      <div class="details-head">
        <h2>
          <NameText name={nameOf(at)} />
        </h2>
        <button type="button" class="icon-button" aria-label={t("action.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div class="actions">
        <CopyButton text={shellWord(at)} label={t("action.copyPath")} />
        <ScanButton view={view} at={at} />
      </div>
      <Answered of={known} lines={6}>
        {({ entry, explain }) => (
          <>
            <Facts of={entry} />
            <Why of={explain} reply={entry} />
          </>
        )}
      </Answered>
    </aside>
  );
}

/** Asks the agent that leads to look at a directory again. */
export function ScanButton({ view, at }: { readonly view: string; readonly at: WirePath }) {
  const [said, setSaid] = useState<ComponentChildren>();
  const scan = async (): Promise<void> => {
    try {
      await beginScan(view, at, false);
      setSaid(t("scan.asked"));
    } catch (error) {
      setSaid(<ErrorWords error={toApiError(error)} />);
    }
  };
  return (
    <span class="action">
      <button type="button" onClick={() => void scan()}>
        <Icon name="refresh" />
        {t("action.lookAgain")}
      </button>
      <Said>{said}</Said>
    </span>
  );
}

function Facts({ of: { entry } }: { readonly of: EntryReply }) {
  const { type, size, blocks, mode, uid, gid, ino, nlink, mtime, ctime } = entry;
  const facts: readonly [TextKey, string | undefined][] = [
    ["word.type", type === null ? undefined : (findText(`type.${type}`) ?? type)],
    ["word.size", orNone(size, exactBytes)],
    ["word.allocated", orNone(blocks, (value) => bytes(value * 512))],
    ["word.modified", orNone(mtime, moment)],
    ["word.changed", orNone(ctime, moment)],
    ["word.permissions", orNone(mode, (value) => `${permissions(value)} (${value.toString(8)})`)],
    ["word.owner", uid === null ? undefined : `${String(uid)}:${String(gid ?? "?")}`],
    ["word.links", orNone(nlink, count)],
    ["word.inode", ino ?? undefined],
  ];
  return (
    <dl class="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{t(label)}</dt>
          <dd>{value ?? t("word.unknown")}</dd>
        </div>
      ))}
    </dl>
  );
}

function Why({ of: explain, reply }: { readonly of: ExplainReply; readonly reply: EntryReply }) {
  const { rule, seen, others, directory, gaps } = explain;
  const { listed } = directory;
  const { entry } = reply;
  const isTrusted = !(entry.suspect || entry.doubted || entry.held || entry.blind_spot);
  return (
    <section class="why">
      <h3>{t("why.title")}</h3>
      <p class="marks">
        {isTrusted ? (
          <span class="good">
            <Icon name="check" /> {t("trust.sure")}
          </span>
        ) : (
          <TrustMarks of={entry} />
        )}
      </p>
      <ul>
        {seen !== null && <Witness of="why.seen" said={seen} />}
        {others.map((said) => (
          <Witness key={`${said.host} ${String(said.at)}`} of="why.also" said={said} />
        ))}
        {listed === null ? (
          <li>{t("why.neverListed")}</li>
        ) : (
          <Witness of="why.listed" said={listed} />
        )}
        {explain.suspect_until !== null && (
          <li>{t("why.suspectUntil", { at: moment(explain.suspect_until) })}</li>
        )}
        {entry.doubted && <li>{t("trust.doubtedText")}</li>}
        {entry.held && <li>{t("trust.heldText")}</li>}
        {entry.blind_spot && <li>{t("trust.blindText")}</li>}
        {gaps.map((gap) => (
          <li key={gap.path}>
            <GapText of={gap} />
          </li>
        ))}
        {rule !== null && (
          <li class="quiet">
            {t("why.rule")} <code>{rule}</code>
          </li>
        )}
      </ul>
    </section>
  );
}

/** Why something below a path may not be as it is shown. */
export function GapText({ of: { path, kind, reason, since } }: { readonly of: GapJson }) {
  return (
    <span>
      <Phrase
        of={kind === "lost" ? "gap.lost" : "gap.unreadable"}
        values={{
          path: <NameText name={path} />,
          reason: <ServerWords text={reason} />,
          since: moment(since),
        }}
      />
    </span>
  );
}

interface WitnessProps {
  readonly of: "why.seen" | "why.also" | "why.listed";
  readonly said: SaidJson;
}

/** Who says so, how they know, and since when. */
function Witness({ of, said: { host, how, at } }: WitnessProps) {
  const age = ago(Math.max(0, Math.round(Date.now() / 1_000 - at)));
  const values = { host: <NameText name={host} />, how: t(`how.${how}`), age };
  return (
    <li>
      <Phrase of={of} values={values} />
    </li>
  );
}

/** As people read it and, where that rounds, to the byte. */
function exactBytes(value: number): string {
  return value < 1024 ? bytes(value) : `${bytes(value)} (${count(value)} B)`;
}

function orNone<Value>(value: Value | null, format: (value: Value) => string): string | undefined {
  return value === null ? undefined : format(value);
}
