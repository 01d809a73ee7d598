/** How the document tells of answers that are server-sent events. */
import type { Api } from "../api.ts";
import type { Content, Parameter } from "./types.ts";

/** Whether an API answers with server-sent events. */
export function streamsEvents({ schema }: Api): boolean {
  return schema?.eventStreamExample !== undefined;
}

/** The good answer of such an API. */
export function eventStreamContent({ schema }: Api): Content {
  return {
    "text/event-stream": {
      schema: { type: "string", description: "Server-sent events, one after the other, without an end." },
      example: schema?.eventStreamExample,
    },
  };
}

export const LAST_EVENT_ID: Parameter = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "Id of the last event seen: the stream goes on after it. An EventSource sends it by itself.",
  schema: { type: "string" },
};
