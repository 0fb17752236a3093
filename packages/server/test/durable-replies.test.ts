import fastify from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import { answerWhenDurable, WAITING_BYTES_MAX } from "../src/http/durable-replies.js";

/** A log on a disk that takes everything whenever `flush` is called. */
class SlowLog {
  readonly failure = undefined;
  bytesWaiting = 0;
  mostWaiting = 0;
  #waiting: (() => void)[] = [];

  append(bytes: number): void {
    this.bytesWaiting += bytes;
    this.mostWaiting = Math.max(this.mostWaiting, this.bytesWaiting);
  }

  durable(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  flush(): void {
    this.bytesWaiting = 0;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

describe("a log that waits for its disk", () => {
  it("takes from those who waited no more at once than it may hold", async () => {
    const log = new SlowLog();
    const app = fastify();
    onTestFinished(() => app.close());
    answerWhenDurable(app, { log });
    const batch = WAITING_BYTES_MAX / 4;
    app.post("/", async () => {
      log.append(batch);
      return {};
    });
    log.append(WAITING_BYTES_MAX + 1);
    const replies = Array.from({ length: 20 }, () => app.inject({ method: "POST", url: "/" }));
    const answered = Promise.all(replies);
    const disk = setInterval(() => {
      log.flush();
    }, 1);
    onTestFinished(() => {
      clearInterval(disk);
    });
    expect((await answered).map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
    expect(log.mostWaiting).toBeLessThanOrEqual(WAITING_BYTES_MAX + batch);
  });
});
