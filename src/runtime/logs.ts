/** Logs on the console, for programs that have not configured LogTape themselves. */
import { configureSync, getConfig, getConsoleSink, getTextFormatter, jsonLinesFormatter } from "@logtape/logtape";
import type { LogFormat, LogLevel } from "./serve-options.ts";

export { logTape } from "../logs/index.ts";

/** Configures LogTape, unless it is: then the application decides, and is told so. */
export function writeLogs(format: LogFormat, level: LogLevel, print: (line: string) => void): void {
  if (getConfig() !== null) {
    print("LogTape is configured already, so `logs` is left to that.");
    return;
  }
  const formatter = format === "json" ? jsonLinesFormatter : getTextFormatter({ timestamp: "rfc3339" });
  configureSync({
    sinks: { console: getConsoleSink({ formatter }) },
    loggers: [
      { category: "httptrading", lowestLevel: level, sinks: ["console"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["console"] },
    ],
  });
}
