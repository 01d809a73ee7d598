/** Reads server-sent events out of an answer, as an EventSource does. */

/** One event as it was sent. */
export interface SentEvent {
  /** The id to resume from after this event: its own, or that of the last event that had one. */
  readonly lastEventId: string;
  readonly kind: string;
  /** The parsed data. */
  // biome-ignore lint/suspicious/noExplicitAny: events are of every shape
  readonly data: any;
}

export interface EventReader {
  /** The next event; `undefined` at the end. Passes over comments. */
  next(): Promise<SentEvent | undefined>;
  /** The next event that fits, whatever came before it; rejects when the stream ends without. */
  until(fits: (event: SentEvent) => boolean): Promise<SentEvent>;
  /** Comments seen so far. */
  comments(): readonly string[];
  /** Goes away. */
  cancel(): Promise<void>;
}

/** Begins to read. */
export function eventReader(response: Response): EventReader {
  if (response.body === null) throw new Error("an answer without a body has no events");
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const comments: string[] = [];
  let text = "";
  let lastEventId = "";

  /** One block of lines up to an empty one; `undefined` if it is no event. */
  function parsed(block: string): SentEvent | undefined {
    let kind = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      const [field, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
      if (colon === 0) comments.push(value);
      else if (field === "id") lastEventId = value;
      else if (field === "event") kind = value;
      else if (field === "data") data.push(value);
      else if (field !== "retry") throw new Error(`no field of an event: ${line}`);
    }
    return data.length === 0 ? undefined : { lastEventId, kind, data: JSON.parse(data.join("\n")) };
  }

  async function next(): Promise<SentEvent | undefined> {
    while (true) {
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = parsed(text.slice(0, end));
        text = text.slice(end + 2);
        if (event !== undefined) return event;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  }

  return {
    next,
    async until(fits) {
      for (let event = await next(); event !== undefined; event = await next()) if (fits(event)) return event;
      throw new Error("the stream ended before the event that was waited for");
    },
    comments: () => comments,
    cancel: () => reader.cancel(),
  };
}
