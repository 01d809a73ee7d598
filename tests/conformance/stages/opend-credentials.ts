/** Credentials of every OpenD that stands behind a stage. */
export const OPEND_KEY = "futuConformanceKey";
export const OPEND_PIN = "123456";
