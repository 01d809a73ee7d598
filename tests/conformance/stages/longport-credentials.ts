/** Credentials of every Longport that stands behind a stage. */
export const LONGPORT_KEY = "longportConformanceKey";
export const LONGPORT_SECRET = "longportConformanceSecret";
export const LONGPORT_TOKEN = "longportConformanceAccessToken";
