import { JobOutcome, reviewedHead } from "@nominal-code/domain/Job"
import { Option, Schema } from "effect"
import { JobRow } from "./JobTable.ts"

/*
 * A job's row as the fields of a hash. What has its usual value is left out, and values are short: Redis packs a hash
 * tightly while none is longer than 64 bytes.
 */

/** A job as stored: its row, its payload, and the names of all its fields. */
export interface StoredRow {
  readonly row: JobRow
  readonly payload: string
  /** Idempotency key of the step that last changed it. */
  readonly call: string
  readonly version: string
  readonly fields: ReadonlySet<string>
}

/** Fields that every change writes, so that Redis' append-only file shows the history of the job. */
const always = { state: "state", position: "position", epoch: "epoch", lane: "lane", endedAt: "ended" } as const

const short = {
  delivery: "d",
  event: "e",
  lifecycle: "l",
  task: "t",
  failure: "f",
  waitsFor: "w",
  waitsSince: "ws",
  attempts: "a",
  earlier: "b",
  losses: "n",
  dueAt: "u",
  owner: "o",
  stop: "s",
  again: "g",
  supersededBy: "by",
  stoodFor: "for",
  outcome: "out",
  receivedAt: "r",
  since: "si"
} as const

const usual: Readonly<Record<string, string>> = { l: "0", t: "review", a: "0", b: "0", n: "0", u: "0", g: "0", si: "0" }

const OutcomeJson = Schema.fromJsonString(JobOutcome)
const encodeOutcome = Schema.encodeSync(OutcomeJson)
const decodeOutcome = Schema.decodeOption(OutcomeJson)
const decodeReviewed = Schema.decodeUnknownOption(JobOutcome.cases.Reviewed)
const reviewedForm = /^R:([\w-]+):(\d+)(:1)?$/

/** Packs hexadecimal digits as base64, which takes a third less room. */
const packed = (hex: string): string => Buffer.from(hex, "hex").toString("base64url")
const unpacked = (text: string): string => Buffer.from(text, "base64url").toString("hex")

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Short form of a delivery id. GitHub's are UUIDs. */
const shortDelivery = (delivery: string): string =>
  uuid.test(delivery) ? `#${packed(delivery.replaceAll("-", ""))}` : delivery.replace(/^#/, "##")

const longDelivery = (text: string | undefined): string | undefined => {
  if (text === undefined || !text.startsWith("#")) return text
  if (text.startsWith("##")) return text.slice(1)
  return unpacked(text.slice(1)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/** Short form of an outcome, without cost and URL, which are in the log and on the pull request. */
const shortOutcome = (json: string): string =>
  Option.match(decodeOutcome(json), {
    onNone: () => json,
    onSome: (outcome) =>
      outcome._tag === "Reviewed"
        ? `R:${packed(outcome.headSha)}:${outcome.findings}${outcome.alreadyPosted ? ":1" : ""}`
        : encodeOutcome(outcome)
  })

const longOutcome = (text: string): string => {
  const [, headSha = "", findings, alreadyPosted] = reviewedForm.exec(text) ?? []
  const reviewed = decodeReviewed({
    _tag: "Reviewed",
    headSha: unpacked(headSha),
    findings: Number(findings),
    alreadyPosted: alreadyPosted === ":1"
  })
  return Option.match(reviewed, { onNone: () => text, onSome: encodeOutcome })
}

const outcomeOf = (json: string | null) => Option.flatMap(Option.fromNullOr(json), decodeOutcome)
const headOf = (json: string | null) => Option.getOrElse(Option.map(outcomeOf(json), reviewedHead), () => undefined)

/** Short form of an ended job's event: its kind, and if its head was the reviewed one. */
const shortEvent = ({ event, outcome }: JobRow): string => {
  const kind = event.slice(0, event.indexOf(":") + 1)
  const head = headOf(outcome)
  return head !== undefined && event === `${kind}${head}` ? `${kind}=` : kind.replace("_comment:", "_c:")
}

const longEvent = (event: string | undefined, outcome: string | null): string | undefined =>
  event?.endsWith(":=") === true
    ? `${event.slice(0, -1)}${headOf(outcome) ?? ""}`
    : event?.replace(/_c:$/, "_comment:")

const isLifecycle = (event = "", state = ""): boolean =>
  (state === "done" || state === "superseded") && event.startsWith("pr_")

const text = (value: string | number | boolean | null): string =>
  value === null ? "" : typeof value === "boolean" ? (value ? "1" : "0") : String(value)

/** Further fields of a row, without those that have their default values. */
export const fieldsOf = (row: JobRow, payload: string, call: string): ReadonlyMap<string, string> => {
  const isOver = row.state === "done" || row.state === "superseded"
  const stored = {
    ...row,
    event: isOver ? shortEvent(row) : row.event,
    delivery: shortDelivery(row.delivery),
    // Its event's kind tells.
    lifecycle: row.lifecycle && !isOver,
    // One attempt is usual for what is done, and none for what is not.
    attempts: row.state === "done" ? row.attempts - 1 : row.attempts,
    outcome: row.outcome === null ? null : shortOutcome(row.outcome)
  }
  const named = Object.entries(short).map(([name, field]) => [field, text(stored[name as keyof typeof short])] as const)
  const kept = named.filter(([field, value]) => value !== "" && value !== usual[field])
  return new Map([
    ...kept.filter(([field, value]) => field !== "r" || Math.abs(Number(value) - row.position) > (isOver ? 1_000 : 0)),
    ...(payload === "" ? [] : [["payload", payload] as const]),
    ...(call === "" ? [] : [["call", call] as const])
  ])
}

/** A hash as `HGETALL` gives it. */
export const Fields = Schema.Record(Schema.String, Schema.String)

/** Reads a hash from the flat list that a script returns. */
export const pairsOf = (flat: ReadonlyArray<string>): typeof Fields.Type =>
  Object.fromEntries(flat.flatMap((field, index) => index % 2 === 0 ? [[field, flat[index + 1] ?? ""] as const] : []))

const int = (value: string | undefined): number => Number(value ?? "0")
const orNull = <A>(value: A | undefined): A | null => value ?? null

const decodeRow = Schema.decodeUnknownOption(JobRow)

/** Reads a row from a hash; none if there is no such job, or if the hash is not one. */
export const rowOf = (id: string, found: typeof Fields.Type): Option.Option<StoredRow> => {
  const position = int(found["position"])
  const outcome = found["out"] === undefined ? null : longOutcome(found["out"])
  const row = decodeRow({
    id,
    lane: found["lane"],
    state: found["state"],
    position,
    epoch: int(found["epoch"]),
    endedAt: found["ended"] === "" ? null : int(found["ended"]),
    delivery: longDelivery(found["d"]),
    event: longEvent(found["e"], outcome),
    lifecycle: found["l"] === "1" || isLifecycle(found["e"], found["state"]),
    task: found["t"] ?? "review",
    failure: orNull(found["f"]),
    waitsFor: orNull(found["w"]),
    waitsSince: found["ws"] === undefined ? null : int(found["ws"]),
    attempts: int(found["a"]) + (found["state"] === "done" ? 1 : 0),
    earlier: int(found["b"]),
    losses: int(found["n"]),
    dueAt: int(found["u"]),
    owner: orNull(found["o"]),
    stop: orNull(found["s"]),
    again: found["g"] === "1",
    supersededBy: orNull(found["by"]),
    stoodFor: orNull(found["for"]),
    outcome,
    receivedAt: found["r"] === undefined ? position : int(found["r"]),
    since: int(found["si"])
  })
  return Option.map(row, (row) => ({
    row,
    payload: found["payload"] ?? "",
    call: found["call"] ?? "",
    version: found["v"] ?? "",
    fields: new Set(Object.keys(found).filter((field) => !isAlways(field)))
  }))
}

const isAlways = (field: string) => field === "v" || Object.values<string>(always).includes(field)
