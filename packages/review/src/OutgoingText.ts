import { Finding } from "@nominal-code/domain/Finding"
import { fit } from "@nominal-code/forge/Markdown"
import type { FingerprintedFinding } from "./Anchor.ts"
import { commentBody } from "./CommentBody.ts"

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
