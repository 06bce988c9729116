import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { Effect } from "effect"
import type { FingerprintedFinding } from "./judgement/Anchor.ts"

/** Characters of a dry run's review that are kept with its job. */
const longest = 30_000

const placed = ({ finding }: FingerprintedFinding): string => {
  const { body, line, path, severity, startLine, suggestion } = finding
  const lines = startLine === undefined ? line : `${startLine}-${line}`
  return [`${path}:${lines} (${severity})`, body, ...(suggestion === undefined ? [] : [`Suggestion:\n${suggestion}`])]
    .join("\n")
}

/** The text of a review or an answer that is not posted: what it says, and each comment with its place. It is logged. */
export const notPosted = Effect.fnUntraced(
  function*(said: string, comments: ReadonlyArray<FingerprintedFinding> = []) {
    const { redact } = yield* KnownSecrets
    const text = redact([said, ...comments.map(placed)].join("\n\n")).slice(0, longest)
    yield* Effect.logInfo(`dry run, this would have been posted:\n${text}`)
    return text
  }
)
