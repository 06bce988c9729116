import { type JobPayload, JobPayloadJson, payloadVersions } from "@nominal-code/domain/job/JobPayload"
import { Data, Effect, Predicate, Schema } from "effect"
import { issueText } from "./PayloadIssue.ts"
import { EventRequest, NamedRequest, PageRequest, type RunRequest } from "./RunRequest.ts"

/** The payload of `run-job`: a server's job, or a request of a person or another program. */
export type RunPayload = Data.TaggedEnum<{
  FromServer: { readonly payload: JobPayload }
  Request: { readonly request: RunRequest }
}>
const { FromServer, Request } = Data.taggedEnum<RunPayload>()

/** A text that is not a payload. The message is one line. */
class NotAPayload extends Schema.TaggedError<NotAPayload>()("NotAPayload", { message: Schema.String }) {}

const notAPayload = (why: string) => new NotAPayload({ message: `the job payload is not valid: ${why}` })

const refused = ({ issue }: Schema.SchemaError) => notAPayload(issueText(issue))

const strict = { onExcessProperty: "error", errors: "all" } as const

const asRequest = <S extends Schema.Decoder<RunRequest>>(schema: S, value: unknown) =>
  Schema.decodeUnknownEffect(schema)(value, strict).pipe(
    Effect.mapBoth({ onFailure: refused, onSuccess: (request) => Request({ request }) })
  )

/** True if the payload is of a run that a server waits for. */
const isAwaited = (value: unknown) => Predicate.hasProperty(value, "run") || Predicate.hasProperty(value, "attempt")

/**
 * Reads a payload in whichever form it is written. A field that is not known is an error, except in the payload of a run
 * that was found where a server leaves it: during a rollout that server may be newer than this program.
 */
export const decode = Effect.fn("RunPayload.decode")(function*(text: string, leftByServer = false) {
  const value = yield* Effect.mapError(Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))(text), refused)
  if (Predicate.hasProperty(value, "version")) {
    if (!payloadVersions.some((version) => version === value.version)) {
      const known = payloadVersions.join(" and ")
      return yield* notAPayload(`it has version ${JSON.stringify(value.version)}, and this program reads ${known}`)
    }
    const options = leftByServer && isAwaited(value) ? {} : strict
    const payload = yield* Effect.mapError(Schema.decodeEffect(JobPayloadJson)(text, options), refused)
    return FromServer({ payload })
  }
  if (Predicate.hasProperty(value, "event")) {
    // It decides which other fields there have to be.
    if (Predicate.isObject(value.event) && typeof Reflect.get(value.event, "is_comment_event") !== "boolean") {
      return yield* notAPayload("event.is_comment_event has to be true or false")
    }
    return yield* asRequest(EventRequest, value)
  }
  if (Predicate.hasProperty(value, "pull_request")) return yield* asRequest(PageRequest, value)
  if (Predicate.hasProperty(value, "repo")) return yield* asRequest(NamedRequest, value)
  return yield* notAPayload("it names no pull request: docs/run-job.md shows its forms")
})
