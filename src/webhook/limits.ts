/** Limits of the door, each with its source. Times in ms, sizes in bytes. */

/** Benchling's tolerance between the signed timestamp and now, both ways, inclusive (benchling-sdk, docs: 5 minutes). Seconds. */
export const TIMESTAMP_TOLERANCE_S = 300

/** Largest delivery. Benchling documents none; its EventBridge form stops at 256 KB. */
export const BODY_MAX_BYTES = 10 * 1024 * 1024

/** Signatures of one delivery that are tried. Benchling sends one or two; each costs a verification for every key. */
export const SIGNATURES_MAX = 4

/** A webhook-id is the key of a record. Benchling's have about 30 characters. */
export const WEBHOOK_ID_MAX = 255

/** Benchling: ask for the JWKS at intervals of no more than 6 hours. */
export const JWKS_EXPIRE_MS = 6 * 3_600_000

/** Long before that it is refreshed in the background. */
export const JWKS_REFRESH_MS = 3_600_000

/** When no key matches, the JWKS is fetched again, but not more often than this: anybody can send a bad signature. */
export const JWKS_FORCE_EVERY_MS = 30_000

/** After a failed fetch nobody tries again for this long. */
export const JWKS_PAUSE_MS = 1_000

/** Benchling waits 3 s for the answer (changelog, August 2023); a fetch on the way must leave room for the rest. */
export const JWKS_TIMEOUT_MS = 2_000

export const JWKS_MAX_BYTES = 256 * 1024

export const JWKS_MAX_KEYS = 32

/** How long storing a delivery may take, tries included, before the answer is 503: well under Benchling's 3 s. */
export const STORE_WITHIN_MS = 2_000
export const STORE_ATTEMPTS = 8

/** What a 503 asks the sender to wait, in seconds. */
export const RETRY_AFTER_S = 5

/** Behind a load balancer connections must outlive its own idle time (NLB 350 s), or it meets closed ones. */
export const KEEP_ALIVE_MS = 620_000

/** Time for all headers, and for a whole request. */
export const HEADERS_WITHIN_MS = 10_000
export const REQUEST_WITHIN_MS = 15_000

/** Node looks after those two only so often (30 s unless told). */
export const TIMEOUTS_EVERY_MS = 1_000

/** On closing, time for what is still being sent. A delivery that is whole is answered in less: keys twice, and storing. */
export const CLOSE_WITHIN_MS = 2 * JWKS_TIMEOUT_MS + STORE_WITHIN_MS + 1_000

/** Health checks run this often, in the background. */
export const HEALTH_EVERY_MS = 15_000

/** A check that takes longer fails: what it asks is as good as away, and the others are to be looked at again. */
export const HEALTH_WITHIN_MS = 10_000
