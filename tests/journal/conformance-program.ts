/** Puts the journals of this package through the conformance suite on whatever runtime runs it; prints the results. */
import { runJournalConformance } from "../../src/testing/index.ts";
import { memoryStage, sqliteStage } from "./stages.ts";

const results = { memory: await runJournalConformance(memoryStage), sqlite: await runJournalConformance(sqliteStage) };
process.stdout.write(JSON.stringify(results));
