/** Opens a journal and prints its epoch. Argument: the file. */
import { sqliteJournal } from "../../src/journal/sqlite.ts";

const [file = ""] = process.argv.slice(2);
const journal = sqliteJournal(file);
process.stdout.write((await journal.open()).epoch);
await journal.close();
