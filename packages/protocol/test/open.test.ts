import type { SessionRequest } from "@fustor/core";
import { describe, expect, it } from "vitest";
import {
  decodeOpening,
  encodeOpening,
  seqGapBody,
  urls,
  v2ErrorBody,
  WIRE_LIMITS,
} from "../src/index.js";

const request: SessionRequest = {
  agentId: "agent",
  bootId: "boot",
  pipeId: "pipe",
  source: {
    schema: "fs",
    uri: "/data",
    identity: "ext4:2",
    scope: { filePattern: "*", exclude: ["*.tmp"] },
    facts: { fsType: "ext4", network: false },
  },
  capabilities: ["audit"],
};

describe("an opening", () => {
  const body = encodeOpening(request, {
    protocols: ["v2", "v1"],
    encodings: ["batch", "json"],
    clock: 12.5,
  });

  it("comes out as it went in", () => {
    expect(decodeOpening(body)).toEqual({
      ...request,
      taskId: "agent:pipe",
      offersV2: true,
      clock: 12.5,
      timeoutSeconds: undefined,
    });
  });

  it("counts as v1 when it does not offer v2", () => {
    const opening = decodeOpening(
      encodeOpening(request, { protocols: ["v1"], encodings: ["batch", "json"], clock: 0 }),
    );
    expect(opening).toMatchObject({ offersV2: false, bootId: undefined, agentId: "agent" });
    expect(opening.source).toMatchObject({ schema: "fs", uri: "/data", identity: "" });
  });

  const spared = ["source_uri", "encodings", "protocols"];
  it.each(Object.keys(body.client_info).filter((key) => !spared.includes(key)))(
    "is refused by name when it offers v2 and its %s is missing or wrong",
    (key) => {
      const withKey = (value: unknown) => () =>
        decodeOpening({ ...body, client_info: { ...body.client_info, [key]: value } });
      const refusal = `client_info offers v2, but has no valid ${key};`;
      if (key !== "uri") expect(withKey(undefined)).toThrow(refusal);
      expect(withKey(key === "clock" ? "now" : 5)).toThrow(refusal);
    },
  );

  it("says where its root is, and what it is called, in no more letters than a path has", () => {
    const said = (letters: number) => {
      const text = "/".padEnd(letters, "x");
      const { root } = body.client_info;
      return [{ uri: text }, { root: { ...root, identity: text } }].map((part) => () => {
        decodeOpening({ ...body, client_info: { ...body.client_info, ...part } });
      });
    };
    for (const open of said(WIRE_LIMITS.pathLength)) expect(open).not.toThrow();
    for (const open of said(WIRE_LIMITS.pathLength + 1)) expect(open).toThrow("has no valid");
  });

  it("needs no uri, which is for people", () => {
    const client_info = { ...body.client_info, uri: undefined };
    expect(decodeOpening({ ...body, client_info })).toMatchObject({
      offersV2: true,
      source: { uri: "" },
    });
  });

  it("takes agent and pipe from the task of a v1 agent, and the time-out that it asks for", () => {
    expect(decodeOpening({ task_id: "a:b:c", session_timeout_seconds: 5 })).toMatchObject({
      agentId: "a",
      pipeId: "b:c",
      timeoutSeconds: 5,
    });
    expect(decodeOpening({ task_id: "alone" })).toMatchObject({ agentId: "alone", pipeId: "" });
  });
});

describe("a url", () => {
  it.each([
    [urls.session(), "/api/v1/pipe/session/"],
    [urls.sessionOf("v2", "s1"), "/api/v2/pipe/session/s1"],
    [urls.heartbeat("v1", "s1"), "/api/v1/pipe/session/s1/heartbeat"],
    [urls.ingest("v2", "s1"), "/api/v2/pipe/ingest/s1/events"],
    [urls.ingest("v1", "../$&/x"), "/api/v1/pipe/ingest/..%2F%24%26%2Fx/events"],
    [urls.auditStart(), "/api/v1/pipe/consistency/audit/start"],
    [urls.auditEnd(), "/api/v1/pipe/consistency/audit/end"],
    [urls.sentinelTasks(), "/api/v1/pipe/consistency/sentinel/tasks"],
    [urls.sentinelFeedback(), "/api/v1/pipe/consistency/sentinel/feedback"],
  ])("%s is %s", (url, expected) => {
    expect(url).toBe(expected);
  });
});

describe("an error body", () => {
  it("holds code, message and, where there is one, a hint", () => {
    expect(v2ErrorBody("FORBIDDEN", "No.")).toEqual({
      error: { code: "FORBIDDEN", message: "No." },
    });
    expect(v2ErrorBody("FORBIDDEN", "No.", "Ask.").error.hint).toBe("Ask.");
  });

  it("tells the seq that was expected", () => {
    expect(seqGapBody(3, 5)).toMatchObject({ error: { code: "SEQ_GAP" }, expected: 3 });
  });
});
