/** Every broker's stage, by the name under which it is run. */
import type { Stage } from "../../../src/testing/index.ts";
import { futuStage } from "./futu.ts";
import { interactiveBrokersStage } from "./interactive-brokers.ts";
import { longportStage } from "./longport.ts";
import { paperStage } from "./paper.ts";
import { tigerStage } from "./tiger.ts";

export const STAGES: Readonly<Record<string, (simulatorHost: string) => Stage>> = {
  paper: () => paperStage,
  "futu-simulate": (simulatorHost) => futuStage("SIMULATE", simulatorHost),
  "futu-real": (simulatorHost) => futuStage("REAL", simulatorHost),
  "interactive-brokers": interactiveBrokersStage,
  "longport-web": (simulatorHost) => longportStage("web", simulatorHost),
  "longport-native": (simulatorHost) => longportStage("native", simulatorHost),
  "tiger-live": (simulatorHost) => tigerStage("live", simulatorHost),
  "tiger-paper": (simulatorHost) => tigerStage("paper", simulatorHost),
};
