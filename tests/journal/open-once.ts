/** Opens a journal; prints what that came to. Argument: the file. */
import { sqliteJournal } from "../../src/journal/sqlite.ts";

const [file = ""] = process.argv.slice(2);
const journal = sqliteJournal(file);
try {
  await journal.open();
  process.stdout.write("open");
} catch (error) {
  process.stdout.write(String(error));
}
