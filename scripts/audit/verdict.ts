/** What a report of `npm audit --json` comes to. */
import * as z from "zod";

/** What to print, and whether the check fails. */
export interface AuditVerdict {
  readonly text: string;
  readonly fails: boolean;
}

const findingsSchema = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.string(),
      range: z.string().default("*"),
      /** The advisories themselves, or the names of the packages through which they come. */
      via: z.array(z.union([z.string(), z.object({ title: z.string(), url: z.string() })])).default([]),
    }),
  ),
});

/** The endpoint answered something else than a report, or nobody answered. */
const failureSchema = z.object({
  message: z.string().optional(),
  error: z.object({ code: z.string().optional(), summary: z.string().optional() }).optional(),
});

/**
 * Fails for a finding, of whatever severity. A registry without advisories, or no network, says nothing about the
 * packages: that is told, and fails nothing.
 *
 * @param stdout The report.
 * @param stderr What npm said besides, to be told when there is no report.
 */
export function auditVerdict(stdout: string, stderr = ""): AuditVerdict {
  const report = parsed(stdout);
  const findings = findingsSchema.safeParse(report);
  if (findings.success) {
    const found = Object.entries(findings.data.vulnerabilities);
    if (found.length === 0) return { text: "No known vulnerability in what this package installs.", fails: false };
    const lines = found.map(([name, { severity, range, via }]) => {
      const advisories = via.map((one) => (typeof one === "string" ? `through ${one}` : `${one.title} (${one.url})`));
      return `${name} ${range}: ${severity}: ${advisories.join("; ")}`;
    });
    return { text: `${lines.join("\n")}\n${found.length} packages with known vulnerabilities`, fails: true };
  }
  const failure = failureSchema.safeParse(report).data;
  const told = [failure?.message, failure?.error?.summary, failure?.error?.code, stderr.trim()].find(Boolean);
  return { text: `NOT AUDITED: the registry gave no advisories (${told ?? "npm said nothing"})`, fails: false };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
