/** What stands outside the instances and asks for no token: liveness and documentation. */
import type { Api } from "./api.ts";
import { COMMON_HEADERS, JSON_HEADERS } from "./envelope.ts";
import type { ErrorStatus } from "./failures.ts";
import type { Routes } from "./server.ts";
import { wireTime } from "./time.ts";

/** What the public routes tell of. */
export interface PublicRoutesOptions {
  readonly apis: readonly Api[];
  readonly tokenHeader: string;
  readonly errorStatus: ErrorStatus;
  readonly requireIdempotencyKey: boolean;
  readonly isClosed: () => boolean;
}

/** Adds `/httptrading/health`, `/httptrading/openapi.json` and `/httptrading/docs`. */
export function mountPublicRoutes(
  app: Routes,
  { apis, tokenHeader, errorStatus, requireIdempotencyKey, isClosed }: PublicRoutesOptions,
): void {
  app.get("/httptrading/health", () => {
    const closed = isClosed();
    const health = { type: "health", status: closed ? "closed" : "ok", time: wireTime(Date.now()) };
    return new Response(JSON.stringify(health), { status: closed ? 503 : 200, headers: JSON_HEADERS });
  });

  let pages: ReturnType<typeof writePages> | undefined;
  const written = () => {
    pages ??= writePages(apis, { tokenHeader, errorStatus, requireIdempotencyKey }).catch((error: unknown) => {
      pages = undefined;
      throw error;
    });
    return pages;
  };
  app.get("/httptrading/openapi.json", async () => new Response((await written()).document, { headers: JSON_HEADERS }));
  app.get(
    "/httptrading/docs",
    async () =>
      new Response((await written()).docs, {
        headers: {
          ...COMMON_HEADERS,
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": (await written()).policy,
          "referrer-policy": "no-referrer",
        },
      }),
  );
}

/** Loaded when somebody asks for it: most gateways never show their documentation. */
async function writePages(
  apis: readonly Api[],
  options: Pick<PublicRoutesOptions, "tokenHeader" | "errorStatus" | "requireIdempotencyKey">,
): Promise<{ readonly document: string; readonly docs: string; readonly policy: string }> {
  const { openApiDocument, docsPage, DOCS_CSP } = await import("./openapi/index.ts");
  const document = await openApiDocument(apis, options);
  return { document: JSON.stringify(document), docs: docsPage(document), policy: DOCS_CSP };
}
