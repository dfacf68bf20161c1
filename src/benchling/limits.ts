/** Every number the outside world or we ourselves set for talking to Benchling. Milliseconds and bytes unless named otherwise. */

/** docs.benchling.com, rate limiting: 300 requests in 30 s for an app over all its processes; used when no header says it. */
export const RATE_LIMIT_REQUESTS = 300
export const RATE_LIMIT_WINDOW_MS = 30_000

/** docs.benchling.com, rate limiting: delay = min(15, 2**n + rand(0,1)) seconds, n from 1. */
export const BACKOFF_CAP_SECONDS = 15
/** The vendor's own SDK tries a call five times in all. */
export const CALL_ATTEMPTS = 5
/** A wait asked for by `x-rate-limit-reset` is believed up to two windows. */
export const RESET_WAIT_CAP_MS = 60_000

/** Requests of one process under way at once; more only burn the window faster for the other processes. */
export const MAX_IN_FLIGHT = 8

/** OAuth: a token is renewed min(60 s, 10 %) before it ends, as the vendor's SDK does. */
export const TOKEN_EARLY_SECONDS = 60
export const TOKEN_EARLY_SHARE = 0.1

/** Reaching the host: DNS, TCP and TLS. */
export const CONNECT_TIMEOUT_MS = 10_000
/** From the start of a request to the head of its answer; long entries take seconds to render. */
export const HEADERS_TIMEOUT_MS = 60_000
/** Between two pieces of an answer's body. */
export const BODY_STALL_TIMEOUT_MS = 30_000
/** A whole JSON answer. An entry with tables of 100,000 cells is about 10 MiB. */
export const JSON_ANSWER_MAX_BYTES = 64 * 1024 * 1024
/** Nesting of a JSON answer; Benchling's deepest known answer has 12 levels. */
export const JSON_ANSWER_MAX_DEPTH = 100

/** Benchling's own words are shown to people up to this many characters. */
export const DETAIL_MAX_CHARACTERS = 300

/** Export tasks: the first question at once, then pauses that grow; the known system gives up after 30 minutes. */
export const POLL_FIRST_MS = 500
export const POLL_GROWTH = 1.5
export const POLL_CAP_MS = 10_000
export const EXPORT_TIMEOUT_MS = 30 * 60_000

/** Opening a download is tried again this often on 429, 5xx and broken connections. */
export const DOWNLOAD_ATTEMPTS = 3
export const DOWNLOAD_BACKOFF_MS = 500
export const DOWNLOAD_BACKOFF_CAP_MS = 5_000
export const DOWNLOAD_HEADERS_TIMEOUT_MS = 30_000
export const DOWNLOAD_STALL_TIMEOUT_MS = 30_000
/** A server that sends less on average, over a window of waiting for it, is given up like one that stalls. */
export const DOWNLOAD_MIN_BYTES_PER_SECOND = 16 * 1024
export const DOWNLOAD_RATE_WINDOW_MS = 60_000
/** Signed addresses have at most 8 KiB, session token and file name included; twice that is read. */
export const DOWNLOAD_ADDRESS_MAX_CHARACTERS = 16 * 1024
/** How much of an error document of the object store is read to learn its code. */
export const DOWNLOAD_ERROR_MAX_BYTES = 4096

/** OpenAPI v2: `pageSize` of lists. */
export const LIST_PAGE_MAX = 100

/** OpenAPI v2, AppCanvas.data: JSON text of less than 5 kB. */
export const CANVAS_DATA_MAX_BYTES = 5000
/** OpenAPI v2: label of an input block, in characters. */
export const CANVAS_LABEL_MAX = 50
/** OpenAPI v2, AppSession: name 3–100 characters, 1 s to 30 days, ten messages of 3–200 characters with ten references each. */
export const SESSION_NAME_MIN = 3
export const SESSION_NAME_MAX = 100
export const SESSION_TIMEOUT_MAX_SECONDS = 2_592_000
export const SESSION_MESSAGES_MAX = 10
export const SESSION_MESSAGE_MIN = 3
export const SESSION_MESSAGE_MAX = 200
export const SESSION_MESSAGE_REFERENCES_MAX = 10

/** Names of linked objects are remembered: this many, for this long; a refusal for a shorter time. */
export const NAMES_MAX = 2000
export const NAMES_TTL_MS = 10 * 60_000
export const NAMES_REFUSED_TTL_MS = 60_000
