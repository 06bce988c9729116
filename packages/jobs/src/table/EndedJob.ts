import { JobId } from "@nominal-code/domain/job/Job"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import type { JobRow } from "./JobTable.ts"

/*
 * The form in which what has ended is kept: some hundred bytes, for there are many of them. It is one text. Its numbers
 * and hashes are taken out of it, and kept in as few bytes as they have; what is left of it is compressed against a
 * dictionary of what such texts have in common.
 */

/** Placeholders for the parts that a template leaves out: a number, a commit's hash, the same hash again, a UUID, a job's id. */
const [aNumber, aHash, again, aUuid, anId] = ["\u0001", "\u0002", "\u0003", "\u0004", "\u0005"] as const

/** Compression dictionary. Never edit it: stored jobs can only be read with it. `~`, `%`, `&`, `$` and `@` stand for the placeholders. */
const dictionary = Buffer.from(
  `gitlab:pr_opened:% pr_reopened:% pr_ready_for_review:% note:~ review:~ review_comment:~
{"_tag":"Skipped","reason":"closed merged draft nothing-to-review head-reviewed","detail":"the pull request is this head was reviewed","headSha":"%"}
"url":"https://gitlab.com//-/merge_requests/~#note_~","provider":"openai","model":"gpt-~provider":"google","model":"gemini-~.~-pro-flash-haiku-
"alreadyPosted":true,"usage"{"_tag":"Reviewed","headSha":"%","findings":~,"alreadyPosted":false}
:nominal
$
pr_push:~
0,~,~,
@
~
~
~
@

:nominal-code
$
pr_push:&
~
~
~


{"_tag":"Reviewed","headSha":"%","findings":~,"url":"https://github.com//pull/~#issuecomment-~","provider":"anthropic","model":"claude-opus-~-~
1,~,~,
@
github:
:nominal-code
$
issue_comment:~
~
~
~


{"_tag":"Reviewed","headSha":"%","findings":~,"url":"https://github.com//pull/~#pullrequestreview-~","alreadyPosted":false,"usage":{"provider":"anthropic","model":"claude-sonnet-~-~-~","usage":{"input":~,"output":~,"cacheRead":~,"cacheWrite":~},"costUsd":~.~,"calls":~}}`
    .replaceAll("~", aNumber).replaceAll("%", aHash).replaceAll("&", again).replaceAll("$", aUuid).replaceAll("@", anId)
)

/** Patterns of what is behind the first eight digits: the rest of a UUID, of an id, or of a commit's hash. */
const behind = "-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{12}(?:[0-9a-f]{20})?"
/** Pattern of a number that is written again as it was: without leading zeros. */
const number = "(?<!\\d)(?:0|[1-9]\\d{0,14})(?!\\d)"
const taken = new RegExp(`\\b[0-9a-f]{8}(?:${behind})\\b|${number}`, "g")
/** Placeholder of what is taken out, by its length; a number is shorter. */
const byLength = new Map([[36, aUuid], [40, aHash], [20, anId]])
const places = new RegExp(`[${aNumber}${aHash}${again}${aUuid}${anId}]`, "g")

/** Compression options with little memory to clear for each text. The window holds the dictionary and a text. */
const small = { windowBits: 12, memLevel: 4, chunkSize: 1024 }

/** Writes a number in 7 bits a byte, and returns the place behind it. */
const writeNumber = (value: number, bytes: Buffer, at: number): number => {
  let [left, place] = [value, at]
  while (left >= 128) {
    bytes[place++] = left % 128 + 128
    left = Math.floor(left / 128)
  }
  bytes[place++] = left
  return place
}

/** Maximum number of templates whose compressed form is remembered, and of characters of one. */
const maxKnown = 512
const maxKnownLength = 2048

/** Compressed templates: the jobs of a repository that end in the same way have the same one. */
const known = new Map<string, Uint8Array>()

const compress = (template: string): Uint8Array => {
  const before = known.get(template)
  if (before !== undefined) return before
  const compressed = deflateRawSync(template, { dictionary, level: 9, ...small })
  if (template.length > maxKnownLength) return compressed
  if (known.size >= maxKnown) known.clear()
  known.set(template, compressed)
  return compressed
}

const pack = (text: string): Uint8Array => {
  // What is taken out never has more bytes than characters.
  const bytes = Buffer.allocUnsafe(text.length)
  let at = 0
  let last = ""
  const take = (found: string): string => {
    if (found === last) return again
    const placeholder = byLength.get(found.length) ?? aNumber
    if (placeholder === aHash) last = found
    if (placeholder === aNumber) at = writeNumber(Number(found), bytes, at)
    else at += bytes.write(placeholder === aUuid ? found.replaceAll("-", "") : found, at, "hex")
    return placeholder
  }
  // Nothing is taken out of a text that has such characters of its own.
  const template = text.search(places) === -1 ? text.replace(taken, take) : text
  const rest = compress(template)
  const packed = Buffer.allocUnsafe(8 + at + rest.length)
  const from = writeNumber(at, packed, 0)
  packed.set(bytes.subarray(0, at), from)
  packed.set(rest, from + at)
  return packed.subarray(0, from + at + rest.length)
}

const unpack = (stored: Uint8Array): string => {
  const bytes = Buffer.from(stored)
  let at = 0
  const digits = (length: number) => bytes.subarray(at, at += length).toString("hex")
  const number = (): number => {
    const byte = bytes[at++] ?? 0
    return byte < 128 ? byte : byte - 128 + 128 * number()
  }
  const length = number()
  const template = inflateRawSync(bytes.subarray(at + length), { dictionary }).toString("utf8")
  if (length === 0) return template
  let last = ""
  return template.replace(places, (place) => {
    if (place === aNumber) return String(number())
    if (place === anId) return digits(10)
    if (place === aUuid) return digits(16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
    if (place === aHash) last = digits(20)
    return last
  })
}

/** Fields that are kept of an ended job, beside its id, its state, its position and the instant of its end. */
type EndedJobFields = Pick<
  JobRow,
  "lane" | "delivery" | "event" | "attempts" | "losses" | "receivedAt" | "supersededBy" | "stoodFor" | "outcome"
>

const filled = (text: string): string | null => text === "" ? null : text

// No field of it holds a line break.
const textOf = (row: EndedJobFields): string =>
  [
    row.lane,
    row.delivery,
    row.event,
    row.attempts,
    row.losses,
    row.receivedAt,
    row.supersededBy,
    row.stoodFor,
    row.outcome
  ]
    .map((field) => field ?? "").join("\n")

const keptOf = (fields: ReadonlyArray<string>): EndedJobFields => {
  const [lane = "", delivery = "", event = "", attempts, losses, receivedAt, by = "", stoodFor = "", outcome = ""] =
    fields
  return {
    lane,
    delivery,
    event,
    attempts: Number(attempts),
    losses: Number(losses),
    receivedAt: Number(receivedAt),
    supersededBy: by === "" ? null : JobId.make(by),
    stoodFor: filled(stoodFor),
    outcome: filled(outcome)
  }
}

/** Further fields of an ended job, which a store may keep in columns of their own. */
type EndedJobColumns = Pick<JobRow, "id" | "position" | "endedAt"> & { readonly state: "done" | "superseded" }

/** Fields that an ended job has no more use for, as they are then. */
export const atRest = {
  task: "review",
  failure: null,
  waitsFor: null,
  waitsSince: null,
  earlier: 0,
  dueAt: 0,
  epoch: 0,
  owner: null,
  stop: null,
  again: false,
  since: 0
} as const

/** Error of a record whose numbers are none. */
const damaged = new Error("the record of its end is damaged")

/** The fault of a record that `decode` has thrown on, in one line. */
export const damageOf = (cause: unknown): string =>
  cause === damaged || !(cause instanceof Error) ? damaged.message : `${damaged.message}: ${cause.message}`

const rowOf = (told: EndedJobColumns, kept: EndedJobFields): JobRow => {
  const numbers = [kept.attempts, kept.losses, kept.receivedAt, told.position, told.endedAt]
  if (!numbers.every(Number.isSafeInteger)) throw damaged
  return { ...kept, ...told, ...atRest, lifecycle: kept.event.startsWith("pr_") }
}

/** Compresses an ended job, without the fields that a store keeps in columns. */
export const encode = (row: EndedJobFields): Uint8Array => pack(textOf(row))

/** Reverses `encode`; throws if the bytes are not its output. */
export const decode = (stored: Uint8Array, told: EndedJobColumns): JobRow =>
  rowOf(told, keptOf(unpack(stored).split("\n")))

/** Compresses a whole ended job, with the idempotency key of the step that ended it. */
export const encodeWhole = (row: JobRow, call: string): Uint8Array => {
  const { endedAt, id, position, receivedAt, state } = row
  // What is near to another instant is short.
  const head = `${state === "done" ? 1 : 0},${position},${(endedAt ?? position) - position},${call}\n${id}\n`
  return pack(head + textOf({ ...row, receivedAt: receivedAt - position }))
}

const headForm = /^([01]),(\d+),(-?\d+),(.*)$/

/** Reverses `encodeWhole`; throws if the bytes are not its output. */
export const decodeWhole = (stored: Uint8Array): { readonly row: JobRow; readonly call: string } => {
  const [head = "", id = "", ...fields] = unpack(stored).split("\n")
  const [, done, place, ended, call = ""] = headForm.exec(head) ?? []
  const position = Number(place)
  const kept = keptOf(fields)
  const told: EndedJobColumns = {
    id: JobId.make(id),
    position,
    endedAt: position + Number(ended),
    state: done === "1" ? "done" : "superseded"
  }
  return { row: rowOf(told, { ...kept, receivedAt: position + kept.receivedAt }), call }
}
