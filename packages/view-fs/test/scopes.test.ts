import { describe, expect, it } from "vitest";
import { compareRecords } from "./core/compare.js";
import { directory, file, Scene, type Agent } from "./scene.js";

const WITHOUT_TMP = { filePattern: "*", exclude: ["*.tmp", "cache/"] };

/** Agent `a` told of all there is, by one session after another. */
function told(): { scene: Scene; a: Agent } {
  const scene = new Scene();
  const a = scene.agent("a");
  a.listing("/", { cache: directory(), "x.tmp": file(), y: file() }, { at: 10 });
  a.listing("/cache", { z: file() }, { at: 11 });
  scene.at = 20;
  return { scene, a };
}

describe("a session with another scope than the last of its agent", () => {
  it("takes out what nobody reports any more, and that is no blind spot", () => {
    const { scene, a } = told();
    a.close();
    scene.agent("a", { scope: WITHOUT_TMP });
    expect(scene.paths()).toEqual(["/y"]);
    expect(scene.view.stats().blindSpots).toBe(0);
    compareRecords(scene.records, "narrower");
  });

  it("leaves what another agent reports", () => {
    const { scene } = told();
    scene.agent("b", { role: "follower", scope: { filePattern: "*", exclude: ["cache/"] } });
    scene.agent("a", { scope: WITHOUT_TMP });
    expect(scene.paths()).toEqual(["/x.tmp", "/y"]);
    compareRecords(scene.records, "another agent");
  });

  it("takes out nothing while it cannot be understood, or is of another root", () => {
    const { scene } = told();
    scene.agent("a", { scope: { filePattern: 7 } });
    expect(scene.paths()).toHaveLength(4);
    scene.agent("a", { scope: WITHOUT_TMP, identity: "other" });
    expect(scene.paths()).toHaveLength(4);
    compareRecords(scene.records, "not understood");
  });

  it("brings nothing back that was told before, and everything that is told after", () => {
    const { scene, a } = told();
    scene.agent("a", { scope: WITHOUT_TMP });
    a.change({ "/x.tmp": file() }, [], { at: 15 });
    expect(scene.paths()).toEqual(["/y"]);
    const again = scene.agent("a");
    again.listing("/", { cache: directory(), "x.tmp": file(), y: file() }, { at: 30 });
    expect(scene.paths()).toEqual(["/cache", "/x.tmp", "/y"]);
    compareRecords(scene.records, "wider");
  });

  it("finds no blind spots in what its last listings left out", () => {
    const scene = new Scene();
    const a = scene.agent("a", { scope: WITHOUT_TMP });
    a.listing("/", { y: file() }, { at: 10 });
    const again = scene.agent("a");
    again.listing("/", { "x.tmp": file(), y: file(), z: file() }, { at: 20, source: "audit" });
    expect(scene.view.blindSpots().additions.map(({ path }) => path)).toEqual(["/z"]);
    compareRecords(scene.records, "blind spots");
  });

  it("leaves in no doubt what nobody looks at any more", () => {
    const { scene, a } = told();
    a.listing("/", { cache: directory(), y: file() }, { at: 21, complete: false });
    expect([...scene.view.doubts()]).toEqual(["/x.tmp"]);
    scene.agent("a", { scope: WITHOUT_TMP });
    expect([...scene.view.doubts()]).toEqual([]);
    compareRecords(scene.records, "doubts");
  });
});
