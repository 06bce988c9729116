import { Context, Effect, Layer, Redacted } from "effect"
import type { JobOutcome } from "../job/Job.ts"
import * as Redaction from "./Redaction.ts"

/**
 * The secrets of this process, by value: the one list that logs, posts, stored reasons, transcripts and spans are redacted
 * with. Those of the configuration are known from the start; a token that is minted later is added.
 */
export interface KnownSecrets {
  /** Hides every known secret in a text, in several encodings, and whatever looks like a credential. */
  readonly redact: (text: string) => string
  /** Hides every known secret, and leaves alone what merely looks like one: for texts with a form, such as JSON. */
  readonly redactKnown: (text: string) => string
  /** Adds a secret that this process has made or been given. The last 200 are known. */
  readonly add: (secret: Redacted.Redacted) => Effect.Effect<void>
}

const mostAdded = 200

export const makeKnownSecrets = (configured: ReadonlyArray<Redacted.Redacted>): KnownSecrets => {
  const lasting = configured.map(Redacted.value)
  let added: ReadonlyArray<string> = []
  let [redact, redactKnown] = [Redaction.make(lasting), Redaction.makeKnown(lasting)]
  return {
    redact: (text) => redact(text),
    redactKnown: (text) => redactKnown(text),
    add: (secret) =>
      Effect.sync(() => {
        const value = Redacted.value(secret)
        if (lasting.includes(value) || added.includes(value)) return
        added = [...added, value].slice(-mostAdded)
        const all = [...lasting, ...added]
        redact = Redaction.make(all)
        redactKnown = Redaction.makeKnown(all)
      })
  }
}

/** The secrets of this process. By default none is known by its value, and credentials are hidden by their form. */
export const KnownSecrets = Context.Reference<KnownSecrets>("@nominal-code/domain/KnownSecrets", {
  defaultValue: () => ({ redact: Redaction.make([]), redactKnown: (text) => text, add: () => Effect.void })
})

/** An outcome as it may be stored and told: without secrets in its failure's detail. */
export const withoutSecrets = Effect.fnUntraced(function*(outcome: JobOutcome) {
  if (!("failure" in outcome)) return outcome
  const { redact } = yield* KnownSecrets
  const { failure } = outcome
  const told: JobOutcome = { ...outcome, failure: { ...failure, detail: redact(failure.detail) } }
  return told
})

export const layer = (configured: ReadonlyArray<Redacted.Redacted>) =>
  Layer.sync(KnownSecrets, () => makeKnownSecrets(configured))
