import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Schema } from "effect"

/**
 * Reason of git's failure, from its output. `forbidden`: a server says 403 to who may not read the repository, and to
 * who has asked it too often. `memory`: it needs a larger piece of memory than it may have.
 */
export const GitFailure = Schema.Literals([
  "auth",
  "forbidden",
  "not-found",
  "missing",
  "redirected",
  "unreachable",
  "busy",
  "disk-full",
  "corrupt",
  "timeout",
  "too-large",
  "memory",
  "not-installed",
  "other"
])
export type GitFailure = typeof GitFailure.Type

/**
 * Rules from texts to reasons. The first match decides; specific ones come before `unable to access`, which git says in
 * many cases.
 */
const rules: ReadonlyArray<readonly [RegExp, GitFailure]> = [
  [/attempting to allocate \d+ over limit/i, "memory"],
  [/No space left on device|Disk quota exceeded/i, "disk-full"],
  [/authentication failed|could not read (?:username|password)|access denied|invalid credentials/i, "auth"],
  [/returned error: 401|HTTP 401\b|remote: .*(?:denied to|not granted)/i, "auth"],
  [/returned error: 403|HTTP 403\b/i, "forbidden"],
  [/repository .*not found|returned error: 404|HTTP 404\b|does not appear to be a git repository/i, "not-found"],
  [/couldn't find remote ref|not our ref|unadvertised object|no such remote ref/i, "missing"],
  [/^fatal: Needed a single revision$/im, "missing"],
  [/returned error: 30\d|unable to update url base from redirection/i, "redirected"],
  [/\.lock': File exists|another git process|cannot lock ref/i, "busy"],
  [/returned error: (?:429|5\d\d)|HTTP (?:429|5\d\d)\b/i, "unreachable"],
  [
    /could not resolve (?:host|proxy)|failed to connect|couldn't connect|connection (?:refused|reset|timed out)/i,
    "unreachable"
  ],
  [
    /operation timed out|operation too slow|network is unreachable|no route to host|ssl|tls|certificate/i,
    "unreachable"
  ],
  [/early EOF|RPC failed|hung up unexpectedly|unexpected disconnect|empty reply/i, "unreachable"],
  [/unable to access/i, "unreachable"],
  [
    /corrupt|bad object|object file .* is empty|not a git repository|bad config|unable to read (?:tree|sha1|object)/i,
    "corrupt"
  ],
  // An object of which a part is missing, as after a power cut, or all of it.
  [
    /(?:unable to (?:read|stream|parse object:)|failed to traverse parents of commit|not a valid commit name) [0-9a-f]{40}/i,
    "corrupt"
  ],
  [
    /missing (?:object|blob|tree|commit)|unable to (?:find|open) .*(?:object|pack)|far too short|too small|did not send all necessary objects|inflate:|invalid sha1 pointer/i,
    "corrupt"
  ]
]

/** Reads the reason out of what git wrote to its standard error, in the C locale. */
export const fromStderr = (stderr: string): GitFailure =>
  rules.find(([pattern]) => pattern.test(stderr))?.[1] ?? "other"

/** True if the same command may succeed later, with nothing changed by a person. */
export const isRetryable = (failure: GitFailure): boolean =>
  failure === "unreachable" || failure === "forbidden" || failure === "busy" || failure === "disk-full" ||
  failure === "corrupt" ||
  failure === "timeout"

/** Finds the line that describes the error: the last one that git marks as an error, without its prefix. */
export const headline = (stderr: string): string => {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line !== "")
  const errors = lines.filter((line) => /^(?:fatal|error):/.test(line))
  // The line that says which file it was stands first.
  const line = (errors.at(-1) === "fatal: adding files failed" ? errors[0] : errors.at(-1)) ?? lines.at(-1) ??
    "no explanation"
  return oneLine(withoutCredentials(line.replace(/^(?:fatal|error): /, "")), 500)
}

/** Removes the credentials from URLs in a text. */
export const withoutCredentials = (text: string): string =>
  text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, "$1***@")
