import { isAccessRefused, type OutageReason } from "@nominal-code/domain/job/Failure"
import type { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { type JobRecord, reasonOf, type ServiceWait } from "@nominal-code/jobs/JobRecords"
import { DateTime, Option } from "effect"
import { columns } from "./Columns.ts"
import { cut } from "./review/TerminalText.ts"

/*
 * Jobs as people read them on a terminal. Instants are in UTC, as they are in the log.
 */

/** Makes foreign text safe for a terminal: one line, without control characters. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim()

const units = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const

/** Formats a time span in the largest unit that it fills: `3h`. */
const spanText = (millis: number): string => {
  const [unit, size] = units.find(([, size]) => millis >= size) ?? units[3]
  return `${Math.max(0, Math.floor(millis / size))}${unit}`
}

const instantText = (millis: number): string =>
  `${DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(0, 19).replace("T", " ")} UTC`

/** Formats an instant to the minute, without the day if it is today. */
const clockText = (millis: number, now: number): string => {
  const [day = "", time = ""] = instantText(millis).split(" ")
  return `${instantText(now).startsWith(day) ? "" : `${day} `}${time.slice(0, 5)} UTC`
}

const waitTextAt =
  (now: number) => ({ service, since, until }: ServiceWait, reason: Option.Option<OutageReason>): string =>
    [
      until === undefined ? `waits for its turn at ${service}` : `waits for ${service}`,
      ...Option.toArray(Option.map(reason, (one) => `(${one})`)),
      ...(until !== undefined && until > now ? [`until ${clockText(until, now)},`] : []),
      `since ${clockText(since, now)}`
    ].join(" ")

/** Details of an outcome beside its reason; none if there are none. */
const reviewedText = (outcome: JobOutcome): Option.Option<string> => {
  if (outcome._tag === "Answered") return Option.some(`answered: ${outcome.command}`)
  if (outcome._tag !== "Reviewed") return Option.none()
  const { findings } = outcome
  return Option.some(`reviewed, ${findings} ${findings === 1 ? "finding" : "findings"}`)
}

const reasonText = (record: JobRecord, now: number): string => plain(reasonOf(record, waitTextAt(now)))

/** Says of a running job that no server runs it any more. */
const abandonedText = (leaseUntil: number, now: number): Option.Option<string> =>
  leaseUntil > now ? Option.none() : Option.some(
    `no server has held its lease since ${clockText(leaseUntil, now)}: the next server continues it`
  )

/** True if a run of the job needs the service. A notice needs its forge alone. */
const needs = ({ lane, task }: JobRecord, service: string): boolean =>
  service.startsWith("forge:") ? service === `forge:${lane.platform}` : task._tag === "Review"

/** True if what one job waits for holds another one back. A job that is refused access holds its own lane back. */
const holdsBack = (one: JobRecord, other: JobRecord): boolean =>
  laneKey(one.lane) === laneKey(other.lane) || !Option.exists(one.failure, isAccessRefused)

/** Names a job that waits for a service that this one needs, too. */
const heldBackText = (record: JobRecord, waiting: ReadonlyArray<JobRecord>, now: number): Option.Option<string> => {
  if (record.state !== "waiting" || Option.isSome(record.waitsFor)) return Option.none()
  const found = waiting.find((one) =>
    holdsBack(one, record) && Option.exists(one.waitsFor, ({ service }) => needs(record, service))
  )
  return Option.map(Option.fromUndefinedOr(found), (one) => `job ${one.id} ${reasonText(one, now)}`)
}

/** Explains where a job stands. What other waiting jobs wait for may be why it waits, too. */
const detailText = (record: JobRecord, waiting: ReadonlyArray<JobRecord>, now: number): string => {
  const texts = [
    ...Option.toArray(Option.flatMap(record.leaseUntil, (until) => abandonedText(until, now))),
    reasonText(record, now),
    ...Option.toArray(heldBackText(record, waiting, now))
  ].filter((text) => text !== "")
  return texts.length > 0
    ? texts.join("; ")
    : Option.getOrElse(Option.flatMap(record.outcome, reviewedText), () => "")
}

/** True for a job that is not at its end. */
const isActive = ({ state }: JobRecord): boolean => state === "waiting" || state === "running"

/** True while the notice of a job without a review is still to be posted. */
const isToBeTold = (record: JobRecord): boolean => record.task._tag === "Notice" && isActive(record)

/** Time from the acceptance of a job to its end. */
const tookText = ({ endedAt, receivedAt }: JobRecord): string =>
  Option.match(endedAt, { onNone: () => "", onSome: (end) => spanText(end - receivedAt) })

const costText = ({ outcome }: JobRecord): string => {
  const usage = Option.isSome(outcome) && "usage" in outcome.value ? outcome.value.usage : undefined
  return usage?.costUsd === undefined ? "" : `$${usage.costUsd.toFixed(2)}`
}

const placeText = ({ lane: { number, platform, repo } }: JobRecord): string => `${platform}:${repo}#${number}`

/** Text of what `jobs watch` shows of a job beside its name: it prints a line when this changes. */
const stateText = (record: JobRecord): string =>
  [record.state, String(record.attempts), reasonOf(record, ({ service }) => `waits for ${service}`), costText(record)]
    .join(" ")

/** One line about a job as it is now: `12:00:00 UTC  73b30fb834d2  running  github:acme/api#7  pr_opened`. */
const line = (record: JobRecord, now: number): string =>
  [
    instantText(now).slice(11),
    record.id.slice(0, 12),
    record.state.padEnd(10),
    placeText(record),
    record.kind,
    detailText(record, [], now),
    costText(record)
  ].filter((text) => text !== "").join("  ")

/**
 * Makes the function that tells the lines of `jobs watch` for a look at the records, newest first: at first the active
 * jobs, then those that are new or have changed. It remembers no job that the store has forgotten.
 */
export const makeChanges = () => {
  const shown = new Map<JobId, string>()
  return (records: ReadonlyArray<JobRecord>, now: number): ReadonlyArray<string> => {
    const isFirst = shown.size === 0
    const changed = records.toReversed().filter((record) => {
      const state = stateText(record)
      const before = shown.get(record.id)
      shown.set(record.id, state)
      return before !== state && (isActive(record) || !isFirst)
    })
    const known = new Set(records.map(({ id }) => id))
    for (const id of shown.keys()) if (!known.has(id)) shown.delete(id)
    return changed.map((record) => line(record, now))
  }
}

/** Width of a title in the table. */
const widestTitle = 40

/** Title of the pull request as the request of the job has it: it is kept until the job is done. */
const titleText = ({ job }: JobRecord): string =>
  plain(Option.match(job, { onNone: () => "", onSome: ({ event }) => event.title }))

/** Page of a job's review or, before there is one, of its pull request. */
const linkText = ({ lane, outcome }: JobRecord, pageOf: PageLookup): string =>
  Option.match(outcome, {
    onNone: () => undefined,
    onSome: (one) => one._tag === "Reviewed" ? one.url : undefined
  }) ?? pageOf(lane)

/** Finds the page of a lane's pull request; empty where this process does not know its forge. */
export type PageLookup = (lane: Lane) => string

const titles = ["JOB", "STATE", "TRIES", "AGE", "TOOK", "COST", "TITLE", "LINK", "PULL REQUEST", "WHAT", "DETAIL"]

const cells = (waiting: ReadonlyArray<JobRecord>, now: number, pageOf: PageLookup) =>
(
  record: JobRecord
): ReadonlyArray<string> => [
  record.id,
  record.state,
  String(record.attempts),
  spanText(now - record.receivedAt),
  tookText(record),
  costText(record),
  cut(titleText(record), widestTitle),
  linkText(record, pageOf),
  placeText(record),
  isToBeTold(record) ? `${record.kind} (notice)` : record.kind,
  detailText(record, waiting, now)
]

/**
 * Table of jobs: one line each or, where that is wider than `width`, a block of lines each. `waiting`: jobs that wait,
 * listed or not, which tell what is waited for.
 */
export const table = (
  records: ReadonlyArray<JobRecord>,
  waiting: ReadonlyArray<JobRecord>,
  now: number,
  pageOf: PageLookup = () => "",
  width = Infinity
): string => columns([titles, ...records.map(cells(waiting, now, pageOf))], width)

const taskText = ({ task }: JobRecord): string => {
  if (task._tag === "Review") return "review"
  return task.notice._tag === "Busy"
    ? "notice on the pull request that too many requests wait"
    : "notice on the pull request that it was given up"
}

const outcomeText = (outcome: JobOutcome): string => {
  if (outcome._tag === "Skipped") return `skipped (${outcome.reason}): ${outcome.detail}`
  if (outcome._tag !== "Reviewed") return Option.getOrElse(reviewedText(outcome), () => outcome._tag.toLowerCase())
  const { costUsd: cost, provider = "", waitedMillis = 0 } = outcome.usage ?? {}
  const facts = [
    Option.getOrElse(reviewedText(outcome), () => ""),
    ...(outcome.alreadyPosted ? ["posted by an earlier run"] : []),
    ...(cost === undefined ? [] : [`${cost.toFixed(2)} USD`]),
    ...(waitedMillis < 1000 ? [] : [`waited ${spanText(waitedMillis)} for ${provider}`]),
    ...(outcome.url === undefined ? [] : [outcome.url])
  ]
  return facts.join(", ")
}

/** Makes a foreign text of several lines safe for a terminal. */
const plainLines = (text: string): string => text.split("\n").map(plain).join("\n")

/** The review or the answer that a dry run has not posted. */
const notPosted = ({ outcome }: JobRecord): string =>
  Option.isSome(outcome) && "text" in outcome.value && outcome.value.text !== undefined
    ? `\n\nNot posted, because this was a dry run:\n\n${plainLines(outcome.value.text)}`
    : ""

/** Details of one job, one line each; then what a dry run has not posted. */
export const facts = (
  record: JobRecord,
  waiting: ReadonlyArray<JobRecord>,
  now: number,
  pageOf: PageLookup = () => ""
): string => {
  const ago = (millis: number) => `${instantText(millis)}, ${spanText(now - millis)} ago`
  const lines: ReadonlyArray<readonly [string, Option.Option<string>]> = [
    ["job", Option.some(record.id)],
    ["state", Option.some(record.state)],
    ["reason", Option.some(Option.isSome(record.outcome) ? reasonText(record, now) : detailText(record, waiting, now))],
    ["lane", Option.some(laneKey(record.lane))],
    ["title", Option.some(titleText(record))],
    ["page", Option.some(pageOf(record.lane))],
    ["event", Option.some(record.kind)],
    ["delivery", Option.some(record.delivery)],
    ["asked for", Option.map(record.job, ({ prompt }) => prompt)],
    ["task", Option.some(isActive(record) ? taskText(record) : "")],
    ["tries", Option.some(String(record.attempts))],
    ["losses", Option.some(String(record.losses))],
    ["received", Option.some(ago(record.receivedAt))],
    ["ended", Option.map(record.endedAt, ago)],
    ["outcome", Option.map(record.outcome, outcomeText)],
    ["head", record.headSha],
    ["stood for", Option.some(record.stoodFor.join(" "))]
  ]
  return lines.flatMap(([name, value]) => {
    const text = plain(Option.getOrElse(value, () => ""))
    return text === "" ? [] : [`${name.padEnd(11)}${text}`]
  }).join("\n") + notPosted(record)
}
