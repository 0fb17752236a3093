/**
 * States that a healthy pair is seldom in, made by changing what its servers answer. `page` is where
 * they are looked at; `answers` are what calls whose address fits are told (`hang`, `away`, or an
 * object; a function gets the real answer); `later` holds them back until the page stands.
 */
const seconds = () => Date.now() / 1_000;

/** As an agent refuses, and as Fusion does. */
const fault = (status, code, message) => ({ status, body: { error: { code, message } } });
const refusal = (status, detail) => ({ status, body: { detail } });

const HELD = {
  holds: [
    { id: "h1", path: "/projects/aurora", names: 11_204 },
    { id: "h2", path: "/projects/borealis/run-03", names: 962, decision: "rejected" },
    { id: "h3", path: "/scratch/maría", names: 31, decision: "approved" },
  ],
};

const GAPS = [
  { path: "/archive/2025", kind: "lost", reason: "inotify queue overflow", since: 1_700_000_000 },
  { path: "/home/root-only", kind: "unreadable", reason: "EACCES", since: 1_700_000_000 },
];

const BLIND = {
  additions: [{ path: "/projects/draco/run-07/raw/frame-00412.fits" }],
  modifications: [{ path: "/models/part-003.bin" }, { path: "/README.md" }],
  deletions: ["/scratch/li.wei/old.csv"],
};

const SCANS = [
  {
    state: "running",
    path: "/projects",
    recursive: true,
    progress: { directories: 212, rows: 48_121 },
  },
  { state: "queued", path: "/models", recursive: false, progress: { directories: 0, rows: 0 } },
  {
    ...{ state: "failed", path: "/gone", recursive: false, ended_at: seconds() - 25 },
    progress: { directories: 0, rows: 0 },
    error: "The source of the leader cannot list on demand.",
  },
].map((job, i) => ({
  id: `scan-${String(i)}`,
  created_at: seconds() - 30,
  ...(job.state === "queued" ? {} : { started_at: seconds() - 29 }),
  ...job,
}));

const ROOTS = {
  roots: [
    { agent_id: "node-a", uri: "/data/research", identity: "ext4:2-1690000000", state: "taken" },
    {
      ...{ agent_id: "node-c", uri: "/data/research", identity: "tmpfs:1-1700000000" },
      state: "refused",
      reason:
        "The folder /data/research of node-c is not the one that the view shows: none of 24 names " +
        "near its top is there.",
    },
  ].map((root) => ({ pipe_id: "default", at: seconds() - 12, ...root })),
};

const KEYS = [
  { name: "desk", scopes: ["admin"], expires_at: null },
  { name: "rack-7", scopes: ["ingest:default"], expires_at: 2_000_000_000 },
  {
    name: "report of the group that works on the archive",
    scopes: ["query:default/projects/aurora/run-03/a-directory-with-a-rather-long-name/raw"],
    expires_at: 1_700_000_000,
  },
].map((key, i) => ({ id: `3f2a9c51d0b${String(i)}`, created_at: 1_690_000_000, ...key }));

const asAdmin = { "**/api/v1/login": { body: { key_id: KEYS[0].id, ...KEYS[0] } } };

export const HARD_STATES = {
  "fusion-loading": { page: "/console/files", answers: { "**/usage?*": "hang" } },
  "fusion-failed": {
    page: "/console/usage",
    answers: {
      "**/usage?*": refusal(500, "Internal Server Error"),
    },
  },
  "fusion-away": { page: "/", later: true, answers: { "**/api/**": "away", "**/metrics": "away" } },
  "fusion-no-view": { page: "/", answers: { "**/api/v1/views": { body: { views: [] } } } },
  "fusion-filling": {
    page: "/",
    answers: {
      "**/api/v1/views": ({ views }) => ({
        views: views.map((view) => ({
          ...view,
          ready: false,
          reason: "the first snapshot is under way",
        })),
      }),
    },
  },
  "fusion-waiting": {
    page: "/",
    answers: {
      "**/api/v1/views": ({ views }) => ({
        views: views.map((view) => ({
          ...view,
          ...{ files: 0, directories: 0, bytes: 0, suspects: 0, blind_spots: 0, gaps: 0, held: 0 },
          ...{ ready: false, reason: "no snapshot was completed yet", sessions: 0 },
          ...{ has_leader: false, staleness_seconds: null, revision: 0 },
        })),
      }),
      "**/sessions": (reply) => ({ ...reply, active_sessions: [] }),
    },
  },
  "fusion-refused-root": { page: "/", answers: { ...asAdmin, "**/roots": { body: ROOTS } } },
  "fusion-stale": {
    page: "/console/files",
    answers: {
      "**/api/v1/views": ({ views }) => ({
        views: views.map((view) => ({
          ...view,
          ...{ sessions: 0, has_leader: false, staleness_seconds: 8_040 },
        })),
      }),
    },
  },
  "fusion-not-ready": {
    page: "/console/usage",
    answers: {
      "**/usage?*": refusal(503, "View 'default': Initial snapshot sync phase in progress"),
    },
  },
  "fusion-scan-failed": {
    page: "/console/scans",
    answers: { "**/views/*/scans": { body: { scans: SCANS } } },
  },
  "fusion-empty": { page: "/console/files?path=/empty", answers: {} },
  "fusion-no-such-path": { page: "/console/files?path=/gone", answers: {} },
  "fusion-nothing-found": { page: "/console/search?text=no-such-name&go=1", answers: {} },
  "fusion-not-a-page": { page: "/console/nothing", answers: {} },
  "fusion-mistrust": {
    page: "/console/trust",
    answers: {
      "**/holds": { body: HELD },
      "**/blind-spots?*": { body: BLIND },
      "**/coverage?*": (reply) => ({
        ...reply,
        coverage: 0.934,
        listed: Math.floor(reply.directories * 0.934),
        watched: false,
        gaps: GAPS.map((gap) => ({ ...gap, since: seconds() - 260 })),
      }),
    },
  },
  "fusion-all-keys": {
    page: "/console/keys",
    answers: { ...asAdmin, "**/api/v1/keys": { body: { keys: KEYS } } },
  },
  "fusion-keys-failed": {
    page: "/console/keys",
    answers: {
      ...asAdmin,
      "**/api/v1/keys": refusal(500, "The file of the keys is damaged."),
    },
  },
  "agent-loading": { at: "agent", page: "/", answers: { "**/api/status": "hang" } },
  "agent-away": { at: "agent", page: "/", later: true, answers: { "**/api/**": "away" } },
  "agent-no-pipe": {
    at: "agent",
    page: "/",
    answers: { "**/api/status": (reply) => ({ ...reply, pipes: [] }) },
  },
  "agent-walking": {
    at: "agent",
    page: "/",
    answers: {
      "**/api/status": (reply) => ({
        ...reply,
        pipes: reply.pipes.slice(0, 1).map((pipe) => ({
          ...pipe,
          phase: "audit",
          walk: { startedAt: reply.now - 17_000, rowsSent: 812 },
          source: {
            ...pipe.source,
            ...{ walkDirectories: 4_127, lastWalkDirectories: 9_904, lastWalkMs: 42_000 },
          },
        })),
      }),
    },
  },
  "agent-first-walk": {
    at: "agent",
    page: "/",
    answers: {
      "**/api/status": (reply) => ({
        ...reply,
        pipes: reply.pipes.slice(0, 1).map((pipe) => ({
          ...pipe,
          phase: "snapshot",
          walk: { startedAt: reply.now - 64_000, rowsSent: 1_204_831 },
          source: {
            backend: "inotify",
            watches: 61_007,
            watchesMax: 65_536,
            walkDirectories: 61_007,
          },
        })),
      }),
    },
  },
  "agent-reload-failed": {
    at: "agent",
    page: "/",
    press: ".page-head button",
    answers: {
      "**/api/v1/reload": fault(
        409,
        "CONFIG_INVALID",
        "/etc/fustor/agent-config.yaml is not valid:\n" +
          '  /etc/fustor/agent-config.yaml:7:5 /pipes/0/source_id is "my-fils". ' +
          'Did you mean "my-files"?\n' +
          "  /etc/fustor/agent-config.yaml:9:3 /senders/0/config must have the key credential",
      ),
    },
  },
  "agent-refused": {
    at: "agent",
    page: "/",
    answers: {
      "**/api/status": (reply) => ({
        ...reply,
        pipes: reply.pipes.slice(0, 1).map((pipe) => ({
          ...pipe,
          state: "retrying",
          role: undefined,
          watching: false,
          problem: {
            code: "UNAUTHORIZED",
            message: "Fusion at http://fusion.lab:8102 does not know this key.",
            at: reply.now - 95_000,
          },
        })),
      }),
    },
  },
};

/** From now on the calls of a page are answered as a hard state says. */
export async function answerAs(page, answers) {
  for (const [address, answer] of Object.entries(answers)) {
    await page.route(address, async (route) => {
      if (answer === "hang") return;
      if (answer === "away") await route.abort("connectionrefused");
      else if (typeof answer !== "function") {
        const { status = 200, body } = answer;
        await route.fulfill({ status, json: body });
      } else {
        const reply = await route.fetch();
        await route.fulfill({ json: answer(await reply.json()) });
      }
    });
  }
}

/** Shows a hard state of the consoles at these addresses. `page.unrouteAll` ends it. */
export async function showHardState(page, state, { fusion, agent }) {
  const { at, page: path, later = false, press, answers } = state;
  if (!later) await answerAs(page, answers);
  await page.goto((at === "agent" ? agent : fusion) + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  if (later) await answerAs(page, answers);
  if (press !== undefined) await page.locator(press).click();
  if (later || press !== undefined) await page.getByRole("alert").first().waitFor();
}
