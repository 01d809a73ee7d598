/** The vendor's enumerations as the installed SDK defines them, so that a member it adds is seen by the tests. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import protobuf from "protobufjs";

const folder = join(dirname(createRequire(import.meta.url).resolve("futu-api/package.json")), "proto");

/** Every number of an enumeration, from the `.proto` file that ships with the SDK. */
export function vendorEnum(file: string, name: string): readonly number[] {
  return [...new Set(Object.values(vendorMembers(file, name)))].sort((a, b) => a - b);
}

/** The same with the vendor's names, without that of the enumeration before each. */
export function vendorMembers(file: string, name: string): Readonly<Record<string, number>> {
  const source = readFileSync(join(folder, `${file}.proto`), "utf8");
  const { root } = protobuf.parse(source, { keepCase: true });
  const members = Object.entries(root.lookupEnum(`${file}.${name}`).values);
  return Object.fromEntries(members.map(([member, number]) => [member.replace(`${name}_`, ""), number]));
}
