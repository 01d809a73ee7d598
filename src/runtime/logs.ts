/** Logs on the console, for programs that have not configured LogTape themselves. */
import { configureSync, getConfig, getConsoleSink, getTextFormatter, jsonLinesFormatter } from "@logtape/logtape";

/** How logs are written. */
export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** From which level on. `debug` has every request. */
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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
