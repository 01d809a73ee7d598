/** What Longport's simulator and our adapter say to each other. */
import {
  DEFAULT_ACCESS_TOKEN,
  DEFAULT_APP_KEY,
  DEFAULT_APP_SECRET,
  startLongport,
} from "../../../simulators/longport/server.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import { drive, NOW, type Recorded, recordFetch, recordWebSockets, type Talk } from "./drive.ts";

export interface LongportTalk {
  readonly talk: Talk;
  readonly answers: readonly Recorded[];
}

let recording: Promise<LongportTalk> | undefined;

/** Recorded once a process. */
export function longportTalk(): Promise<LongportTalk> {
  recording ??= record();
  return recording;
}

async function record(): Promise<LongportTalk> {
  const simulator = await startLongport({ now: NOW });
  try {
    const { port } = simulator;
    const broker = longport({
      instanceId: "longportInstance0001",
      tokens: ["longportInstanceToken"],
      appKey: DEFAULT_APP_KEY,
      appSecret: DEFAULT_APP_SECRET,
      accessToken: DEFAULT_ACCESS_TOKEN,
      httpUrl: `http://127.0.0.1:${port}`,
      quoteWsUrl: `ws://127.0.0.1:${port}/quote/v2`,
      tradeWsUrl: `ws://127.0.0.1:${port}/trade/v2`,
    });
    let answers: readonly Recorded[] = [];
    const talk = await recordWebSockets(async () => {
      answers = await recordFetch(() => drive(broker));
    });
    return { talk, answers };
  } finally {
    await simulator.close();
  }
}
