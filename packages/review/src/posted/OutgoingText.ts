import { Finding } from "@nominal-code/domain/review/Finding"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { fit } from "@nominal-code/forge/Markdown"
import type { FingerprintedFinding } from "../judgement/Anchor.ts"
import { commentBody, commentHead } from "./CommentBody.ts"

/** Maximum length of a comment without its suggestion and marker, and of a suggestion. */
const longestBody = 25_000
const longestSuggestion = 25_000

/** Composes the comment of a finding. A suggestion that is too long is left out. The forge cleans what it posts. */
export const composed =
  (suggestions: boolean) => ({ finding, fingerprint }: FingerprintedFinding): FingerprintedFinding => {
    const { suggestion, ...rest } = finding
    const kept = suggestions && suggestion !== undefined && suggestion.length <= longestSuggestion
    const plain = new Finding({ ...rest, ...(kept ? { suggestion } : {}) })
    return { fingerprint, finding: new Finding({ ...plain, body: fit(commentBody(plain), longestBody) }) }
  }

/** Maximum length of a finding in one line. */
const longestLine = 300

/** Composes the line of a finding that is told of in the summary only: its heading, and what is wrong. */
export const noticed = ({ finding, fingerprint }: FingerprintedFinding): FingerprintedFinding => {
  const { suggestion: _, ...rest } = finding
  const [statement = ""] = finding.body.trim().split(/\n\s*\n/, 1)
  return {
    fingerprint,
    finding: new Finding({ ...rest, body: `${commentHead(finding)}: ${oneLine(statement, longestLine)}` })
  }
}
