/** Shows `/api/status`, once a second. All text goes in as text, never as HTML. */
const POLL_MS = 1000;
const number = new Intl.NumberFormat("en");
/** What sources say about themselves, in words; other keys are made readable by `sentence`. */
const LABELS = {
  backend: "Watching by",
  backendReason: "Chosen because",
  watches: "Folders watched",
  watchesMax: "Folders that can be watched",
  unwatched: "Folders not watched",
  unreadable: "Unreadable folders",
  dirtyNames: "Changed names to look at",
  dirtyDirectories: "Changed folders to look at",
  overflows: "Lost notices",
  heals: "Repairs after lost notices",
  lastWalk: "Last walk",
  lastWalkMs: "Last walk took (ms)",
  lastWalkDirectories: "Last walk, folders",
  lastWalkRows: "Last walk, rows",
  lastWalkUnreadable: "Last walk, unreadable",
  pid: "Source process",
  rssMb: "Source memory (MB)",
  restarts: "Source restarts",
};
/** Numbers that count nothing. */
const NAMES = ["pid"];
const cards = new Map();
const byId = (id) => document.getElementById(id);

async function poll() {
  try {
    const reply = await fetch("/api/status", { cache: "no-store" });
    if (!reply.ok) throw new Error(`the agent answered ${reply.status}`);
    show(await reply.json());
    say(undefined);
  } catch (error) {
    say(`The agent does not answer (${error.message}). Figures below are old; still trying.`);
  }
  setTimeout(poll, POLL_MS);
}

function say(text) {
  setText(byId("trouble"), text ?? "");
  byId("trouble").hidden = text === undefined;
}

function show(status) {
  setText(byId("agent"), status.agentId);
  setText(
    byId("facts"),
    `version ${status.version} · up ${duration(status.uptimeMs)} · process ${status.pid}`,
  );
  for (const pipe of status.pipes) showPipe(pipe, status.now);
  for (const [id, card] of cards) {
    if (status.pipes.some((pipe) => pipe.id === id)) continue;
    card.element.remove();
    cards.delete(id);
  }
}

function showPipe(pipe, now) {
  const card = cards.get(pipe.id) ?? addCard(pipe.id);
  const rowsPerSecond = rate(card, pipe.counters.rowsSent, now);
  card.badge.dataset.state = pipe.state === "stopped" && pipe.problem ? "failed" : pipe.state;
  setText(card.badge, pipe.state);
  setText(card.words, describe(pipe));
  setText(card.problem, pipe.problem?.message ?? "");
  card.problem.hidden = !pipe.problem;
  showFigures(card.figures, {
    Source: `${pipe.sourceId} (${pipe.sourceType})`,
    Sender: `${pipe.senderId} (${pipe.senderType})`,
    "Rows sent": number.format(pipe.counters.rowsSent),
    "Rows a second": number.format(Math.round(rowsPerSecond)),
    Waiting: number.format(pipe.counters.buffered),
    Batches: number.format(pipe.counters.batchesSent),
    Retries: number.format(pipe.counters.retries),
    Snapshots: number.format(pipe.counters.snapshotsCompleted),
    Audits: number.format(pipe.counters.auditsCompleted),
    ...Object.fromEntries(
      Object.entries(pipe.source).map(([key, value]) => [
        LABELS[key] ?? sentence(key),
        typeof value === "number" && !NAMES.includes(key) ? number.format(value) : String(value),
      ]),
    ),
  });
}

function describe({ state, enabled, role, phase, watching }) {
  if (!enabled) return "switched off in the configuration";
  if (state !== "running") return "";
  const doing = phase === "idle" ? "" : `, ${phase} under way`;
  return `${role}, ${watching ? "watching" : "not watching yet"}${doing}`;
}

function addCard(id) {
  const element = byId("pipe").content.cloneNode(true).firstElementChild;
  setText(element.querySelector("h2"), id);
  byId("pipes").append(element);
  const card = {
    element,
    badge: element.querySelector(".badge"),
    words: element.querySelector(".words"),
    problem: element.querySelector(".problem"),
    figures: element.querySelector("dl"),
    rows: undefined,
    at: undefined,
  };
  cards.set(id, card);
  return card;
}

function showFigures(list, figures) {
  const names = Object.keys(figures);
  const known = [...list.querySelectorAll("dt")].map((term) => term.textContent);
  if (names.join() !== known.join()) {
    list.replaceChildren(
      ...names.map((name) => {
        const pair = document.createElement("div");
        const term = document.createElement("dt");
        term.textContent = name;
        pair.append(term, document.createElement("dd"));
        return pair;
      }),
    );
  }
  list.querySelectorAll("dd").forEach((value, index) => setText(value, figures[names[index]]));
}

function rate(card, rows, now) {
  const perSecond = now > card.at ? Math.max(0, ((rows - card.rows) / (now - card.at)) * 1000) : 0;
  card.rows = rows;
  card.at = now;
  return perSecond;
}

/** Leaves equal text alone, so that a screen reader and a selection are not disturbed. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** `watchesMax` as `Watches max`. */
function sentence(key) {
  const words = key
    .replaceAll("_", " ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

void poll();
