import { Finding } from "@nominal-code/domain/Finding"
import * as Redaction from "@nominal-code/domain/Redaction"
import type { CloneSource } from "@nominal-code/forge/Forge"
import { fit } from "@nominal-code/forge/Markdown"
import { Effect, Redacted } from "effect"
import type { FingerprintedFinding } from "./Anchor.ts"
import { commentBody } from "./CommentBody.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import { isSafeSuggestion, type OutgoingTextRules, sanitise } from "./Sanitise.ts"

/** The rules by which everything of a review is posted: our own secrets, and the forge that its links may lead to. */
export const rulesFor = Effect.fnUntraced(function*(source: CloneSource) {
  const { secrets } = yield* ReviewConfig
  const rules: OutgoingTextRules = {
    redact: Redaction.make([source.password, ...secrets].map(Redacted.value)),
    forgeHost: URL.canParse(source.url) ? new URL(source.url).host.toLowerCase() : ""
  }
  return rules
})

/** What a comment may hold beside its suggestion and its marker, and what a suggestion may hold. */
const longestBody = 25_000
const longestSuggestion = 25_000

/** A finding with the text that will be posted. A suggestion that is not fit to be posted is left out. */
export const postable =
  (rules: OutgoingTextRules, suggestions: boolean) =>
  ({ finding, fingerprint }: FingerprintedFinding): FingerprintedFinding => {
    const { suggestion, ...rest } = finding
    const kept = suggestions && suggestion !== undefined && suggestion.length <= longestSuggestion &&
      isSafeSuggestion(suggestion, rules)
    const plain = new Finding({ ...rest, ...(kept ? { suggestion } : {}) })
    const body = fit(sanitise(commentBody(plain), rules), longestBody)
    return { fingerprint, finding: new Finding({ ...plain, body }) }
  }
