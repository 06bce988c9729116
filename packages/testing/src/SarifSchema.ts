import schema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" }
import { Ajv } from "ajv"
import addFormats from "ajv-formats"

// One of the schema's patterns is no regular expression with the flag `u`.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
addFormats.default(ajv)

// The schema is of JSON Schema's draft 4, and uses nothing of it that later drafts read in another way but its `id`.
const { $schema: _draft, id: _id, ...published } = schema
const validate = ajv.compile(published)

/** Faults of a SARIF log by the published schema of SARIF 2.1.0, one a line; empty if there is none. */
export const sarifFaults = (log: unknown): string =>
  validate(log) ? "" : ajv.errorsText(validate.errors, { separator: "\n" })
