/** Everything that is fuzzed. */
import type { Target } from "../target.ts";
import { futuFrames } from "./futu.ts";
import { httpRaw, httpStructured } from "./http.ts";
import { httpSocket } from "./http-socket.ts";
import { interactiveBrokersStream } from "./interactive-brokers.ts";
import { journal } from "./journal.ts";
import { longportHttp, longportLink } from "./longport.ts";
import { orderIds } from "./order-ids.ts";
import { simulators } from "./simulators.ts";
import { texts } from "./texts.ts";
import { tigerHttp, tigerPush } from "./tiger.ts";

export const TARGETS: readonly Target[] = [
  httpStructured,
  httpRaw,
  httpSocket,
  futuFrames,
  interactiveBrokersStream,
  longportLink,
  longportHttp,
  tigerPush,
  tigerHttp,
  orderIds,
  simulators,
  texts,
  journal,
];
