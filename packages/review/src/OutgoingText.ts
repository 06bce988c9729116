import { Finding } from "@nominal-code/domain/Finding"
import * as Redaction from "@nominal-code/domain/Redaction"
import type { CloneSource } from "@nominal-code/forge/Forge"
import { fit } from "@nominal-code/forge/Markdown"
import { Effect, Redacted } from "effect"
import type { FingerprintedFinding } from "./Anchor.ts"
import { commentBody } from "./CommentBody.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import { isSafeSuggestion, type OutgoingTextRules, sanitise } from "./Sanitise.ts"

/** Rules for all texts of a review: our secrets, and the forge that links may lead to. */
export const rulesFor = Effect.fnUntraced(function*(source: CloneSource) {
  const { secrets } = yield* ReviewConfig
  const rules: OutgoingTextRules = {
    redact: Redaction.make([source.password, ...secrets].map(Redacted.value)),
    forgeHost: URL.canParse(source.url) ? new URL(source.url).host.toLowerCase() : ""
  }
  return rules
})

/** Maximum length of a comment without its suggestion and marker, and of a suggestion. */
const longestBody = 25_000
const longestSuggestion = 25_000

/** Finalizes the text of a finding. A suggestion that must not be posted is left out. */
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
