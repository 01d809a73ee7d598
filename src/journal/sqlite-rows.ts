/** Lines out of a journal's tables; what its writers and a reader of a file have in common. */
import { begun, progressed } from "./intent-record.ts";
import type { IntentRecord, JournalHead, JournalLine, OrderRecord } from "./journal.ts";
import { isJournalLine } from "./line-shape.ts";
import type { Row, Statement, Statements } from "./sqlite-statements.ts";

/** Statements that only read. */
export interface Rows {
  head(): JournalHead;
  intent(instance: string, id: string): IntentRecord | undefined;
}

/** A text column of a row. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`column ${column} holds ${typeof value} where text belongs`);
  return value;
}

/** A numeric column of a row. */
export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new Error(`column ${column} holds ${typeof value} where a number belongs`);
  return value;
}

/** The line in a row's body. Throws when the row is damaged: half a line must not count as one. */
export function lineOf(row: Row): JournalLine {
  const line: unknown = JSON.parse(textOf(row, "body"));
  if (!isJournalLine(line)) throw new Error("a row holds what is no line: restore a backup of the file");
  return line;
}

/** The order of a row that has one. */
export function orderOf(line: JournalLine): OrderRecord {
  if (line.kind === "order" || line.kind === "correction") return line.order;
  throw new Error(`a line of kind ${line.kind} stands where an order belongs`);
}

/** The row of a statement that has exactly one. */
export function oneRow(statement: Statement): Row {
  const row = statement.get();
  if (row === undefined) throw new Error("a row that every journal has is missing");
  return row;
}

/** Prepares them for one connection. */
export function prepareRows(db: Statements): Rows {
  const head = db.prepare(
    "SELECT epoch, max(pruned_lines, ifnull((SELECT max(sequence) FROM line), 0)) AS sequence FROM meta",
  );
  // From its last beginning on: a free intent may have begun again.
  const intent = db.prepare(`
    SELECT body FROM line WHERE instance = ? AND intent = ? AND sequence >= (
      SELECT sequence FROM line WHERE instance = ? AND intent = ? AND kind = 'intent' ORDER BY sequence DESC LIMIT 1
    ) ORDER BY sequence`);

  return {
    head() {
      const row = oneRow(head);
      return { epoch: textOf(row, "epoch"), sequence: numberOf(row, "sequence") };
    },
    intent(instance, id) {
      let record: IntentRecord | undefined;
      for (const row of intent.all(instance, id, instance, id)) {
        const line = lineOf(row);
        if (line.kind === "intent") record = begun(line);
        else if (line.kind === "progress") record = progressed(record, line);
      }
      return record;
    },
  };
}
