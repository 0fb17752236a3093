/** One server-sent event. */
export interface ServerEvent {
  readonly name: string;
  readonly id: string;
  readonly data: string;
}

/** The events of a `text/event-stream`, until it ends. Comments are left out. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseEvent(block: string): ServerEvent | undefined {
  let [name, id] = ["message", ""];
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field = "", text = ""] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
    if (field === "event") name = text;
    else if (field === "id") id = text;
    else if (field === "data") data.push(text);
  }
  return data.length === 0 ? undefined : { name, id, data: data.join("\n") };
}
