import { type JobPayload, JobPayloadJson, payloadVersions } from "@nominal-code/domain/JobPayload"
import { Data, Effect, Predicate, Schema, SchemaIssue } from "effect"
import { EventRequest, NamedRequest, PageRequest, type RunRequest } from "./RunRequest.ts"

/** The payload of `run-job`: a server's job, or a request of a person or another program. */
export type RunPayload = Data.TaggedEnum<{
  FromServer: { readonly payload: JobPayload }
  Request: { readonly request: RunRequest }
}>
const { FromServer, Request } = Data.taggedEnum<RunPayload>()

/** A text that is not a payload. The message is one line. */
class NotAPayload extends Schema.TaggedError<NotAPayload>()("NotAPayload", { message: Schema.String }) {}

const notAPayload = (why: string) => new NotAPayload({ message: `the job payload is not one: ${why}` })

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "missing"
    return issue._tag === "UnexpectedKey" ? "no field of a payload" : SchemaIssue.defaultLeafHook(issue)
  }
})

/** Message about an invalid payload, field by field: `event.pr_branch: missing; event.pr_number: Expected …`. */
const oneLine = ({ issue }: Schema.SchemaError) =>
  notAPayload(
    format(issue).issues
      .map(({ message, path = [] }) => path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`)
      .join("; ").replaceAll(/\s*\n\s*/g, " ")
  )

const asRequest = <S extends Schema.Decoder<RunRequest>>(schema: S, value: unknown) =>
  Schema.decodeUnknownEffect(schema)(value, { onExcessProperty: "error", errors: "all" }).pipe(
    Effect.mapBoth({ onFailure: oneLine, onSuccess: (request) => Request({ request }) })
  )

/** Reads a payload in whichever form it is written. */
export const decode = Effect.fn("RunPayload.decode")(function*(text: string) {
  const value = yield* Effect.mapError(Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))(text), oneLine)
  if (Predicate.hasProperty(value, "version")) {
    if (!payloadVersions.some((version) => version === value.version)) {
      const known = payloadVersions.join(" and ")
      return yield* notAPayload(`it has version ${JSON.stringify(value.version)}, and this program reads ${known}`)
    }
    const payload = yield* Effect.mapError(Schema.decodeEffect(JobPayloadJson)(text), oneLine)
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
