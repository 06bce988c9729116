import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Option, Result, Schema, SchemaIssue } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { WebhookError } from "./ForgeError.ts"
import type { Delivery, WebhookRequest } from "./Webhooks.ts"

/** The event, or the reason to ignore the delivery. */
export type EventResult = Result.Result<PullRequestEvent, string>
export type Reader = (payload: unknown) => EventResult

/** Refuses a request that the forge would not send. */
export const malformed = (message: string) => Result.fail(new WebhookError({ reason: "malformed", message }))

const utf8 = new TextDecoder("utf-8", { fatal: true })
const notJson = () => new WebhookError({ reason: "malformed", message: "the body is not JSON in UTF-8" })

/** Decodes the body of a request, which must be JSON in UTF-8. */
export const readJson = ({ body }: WebhookRequest): Result.Result<unknown, WebhookError> =>
  Result.try({ try: (): unknown => JSON.parse(utf8.decode(body)), catch: notJson })

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Describes where a payload differs from its description, without values, which anybody can have written. */
const mismatch = (forge: string, issue: SchemaIssue.Issue): string => {
  const path = issues(issue).issues[0]?.path?.map(String).join(".") ?? ""
  return `the payload is not what ${forge} describes${path === "" ? "" : ` at ${path}`}`
}

/**
 * Makes the readers of one forge's payloads. A payload that differs from its schema is ignored with the place. The schema
 * is compiled, because each delivery is read before it is answered.
 */
export const readersOf =
  (forge: string) =>
  <S extends Schema.ConstraintDecoder<unknown>>(schema: S, read: (payload: S["Type"]) => EventResult): Reader => {
    SchemaJITCompiler.enable(schema.ast)
    const decode = Schema.decodeUnknownResult(schema)
    return (payload) => Result.flatMap(Result.mapError(decode(payload), (error) => mismatch(forge, error.issue)), read)
  }

/** The delivery of that id. */
export const deliveryOf = (id: string, reading: EventResult): Delivery =>
  Result.match(reading, {
    onFailure: (ignored) => ({ id, event: Option.none(), ignored }),
    onSuccess: (event) => ({ id, event: Option.some(event), ignored: "" })
  })
