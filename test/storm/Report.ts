import { DateTime, Effect, FileSystem } from "effect"
import { availableParallelism, cpus } from "node:os"
import { arch, platform, version } from "node:process"
import { fileURLToPath } from "node:url"
import { replaced } from "../bench/Report.ts"
import { breaches } from "./Invariants.ts"
import { mostPerMinute } from "./Outages.ts"
import type { OutageKind } from "./Plan.ts"
import type { Figures, StormResult } from "./Storm.ts"

/** Figures of a storm, one row each. */
const rows = ({ figures, verdict }: StormResult): ReadonlyArray<readonly [name: string, figure: number]> => [
  ["deliveries accepted", figures.accepted],
  ["the same events under another id", figures.twins],
  ["sent for it, redeliveries and repetitions included", figures.sent],
  ["reviewed", figures.reviewed],
  ["of these found posted, and not posted again", figures.found],
  ["superseded by a newer push", figures.superseded],
  ["skipped, for the head was reviewed already", figures.skipped],
  ["jobs that waited when an outage began, at least", figures.amid.waiting],
  ["jobs that ran when an outage began, at least", figures.amid.running],
  ["pods started", figures.pods],
  ["server processes started", figures.starts],
  ["of these ended, for Redis was away", figures.vainStarts],
  ["**lost**", verdict.lost.length],
  ["**given up**", verdict.givenUp.length],
  ["**heads not reviewed once**", verdict.unreviewed.length],
  ["**ended more than once**", verdict.unsettled.length],
  ["**doubled**", verdict.doubled.length],
  ["**overlapped**", verdict.overlapped.length],
  ["**stale effects**", verdict.stale.length],
  ["**out of order**", verdict.disordered.length],
  ["**outages with a busy loop**", verdict.restless.length],
  ["**left over**", verdict.left.length],
  ["**servers that ended by themselves**", verdict.crashed.length]
]

/** The faults, in words. */
const faultNames: Readonly<Record<keyof Figures["faults"], string>> = {
  podKilled: "pod killed without a signal (SIGKILL)",
  podEvicted: "pod evicted, and replaced by the cluster",
  serverKilled: "server killed (SIGKILL) and started again",
  serverFrozen: "server frozen for longer than its leases (SIGSTOP)",
  redisRestarted: "a node of Redis killed (SIGKILL) and started again from its AOF",
  redisCut: "all connections to Redis closed",
  redisSlotMoved: "a slot of the queue moved to another node of Redis",
  watchCut: "all watches of the cluster cut",
  watchExpired: "the same, and the cluster's history forgotten (410)",
  apiFailed: "the cluster's API fails three times (429 or 500)",
  apiAnswerLost: "the cluster's API does it, and its answer is lost",
  forgeAnswerLost: "the forge posts it, and answers 502 or not at all",
  forgeBusy: "the forge's secondary rate limit",
  forgeAway: "the forge away",
  forgeLimited: "the forge's hourly limit used up (403)",
  modelOverloaded: "the model overloaded (529)",
  clusterFull: "the cluster full (a quota of Jobs or pods used up)",
  apiAway: "the cluster's API away",
  redisAway: "a node of Redis away",
  apiRestarted: "the cluster's API restarted, with its time of 403s",
  nodeLost: "a node lost with its pods, which go on"
}

/** Requests to services that were away. */
const askedRows = ({ asked }: Figures) => {
  const row = (name: string, kind: OutageKind) =>
    [`${name}; no more than ${mostPerMinute[kind]} are allowed`, asked[kind]] as const
  return [
    row("the forge, away", "forgeAway"),
    row("the forge, its limit used up", "forgeLimited"),
    row("the model, overloaded", "modelOverloaded"),
    row("the cluster, full", "clusterFull"),
    row("the cluster's API, away", "apiAway"),
    row("Redis, away (connections)", "redisAway")
  ]
}

const faultRows = ({ faults }: Figures) =>
  Object.entries(faultNames).map(([kind, name]) => {
    const count = Object.entries(faults).find(([one]) => one === kind)?.[1] ?? 0
    return [name, count] as const
  })

const duration = (seconds: number): string => `${Math.floor(seconds / 60)} min ${seconds % 60} s`

const command = ({ seed, size: { events, pulls } }: Figures): string =>
  `make storm ARGS="--pulls ${pulls} --events ${events} --seed ${seed}"`

const padded = (table: ReadonlyArray<readonly [string, number]>): string =>
  table.map(([name, figure]) => `  ${name.replaceAll("*", "").padEnd(58)}${String(figure).padStart(6)}`).join("\n")

/** Report for a terminal. */
export const text = (ended: StormResult): string => {
  const { figures, logs, verdict } = ended
  const found = breaches(verdict)
  return [
    `${command(figures)}: ${figures.size.pulls} pull requests × ${figures.size.events} deliveries in ${
      duration(figures.seconds)
    }`,
    padded(rows(ended)),
    "faults:",
    padded(faultRows(figures)),
    `outages of ${duration(figures.size.outage)}, and how often the service was asked in a minute of them:`,
    padded(askedRows(figures)),
    ...found.slice(0, 20),
    ...(found.length > 20 ? [`and ${found.length - 20} more`] : []),
    ...(logs === undefined ? [] : [`everything there is to know: ${logs}`])
  ].join("\n")
}

const markdownTable = (head: string, table: ReadonlyArray<readonly [string, number]>): string =>
  [`| ${head} | |`, "|---|---:|", ...table.map(([name, figure]) => `| ${name} | ${figure} |`)].join("\n")

/** Report for the page. */
const markdown = (ended: StormResult): string => {
  const { figures } = ended
  const { events, pulls } = figures.size
  return [
    `${pulls} pull requests × ${events} deliveries, in ${duration(figures.seconds)}.`,
    markdownTable("outcome", rows(ended)),
    markdownTable("faults", faultRows(figures)),
    markdownTable(
      `requests in vain in a minute of an outage of ${duration(figures.size.outage)}`,
      askedRows(figures)
    )
  ].join("\n\n")
}

const circumstances = Effect.map(DateTime.now, (now) => {
  const day = DateTime.formatIso(now).slice(0, 10)
  const processor = cpus()[0]?.model.trim() ?? "unknown"
  return `${day}, Node ${version}, ${platform} ${arch}, ${availableParallelism()} × ${processor}`
})

const marks = {
  begin: "<!-- figures: written by `make storm ARGS=--write` -->",
  end: "<!-- end of figures -->"
}

const page = fileURLToPath(new URL("../../docs/reliability.md", import.meta.url))

/** Puts the figures into the documentation. */
export const write = Effect.fn("Report.write")(function*(ended: StormResult) {
  const files = yield* FileSystem.FileSystem
  const about = `\`${command(ended.figures)}\`, ${yield* circumstances}.`
  const written = replaced(yield* files.readFileString(page), `${about}\n\n${markdown(ended)}`, marks)
  if (written === undefined) return yield* Effect.die(new Error(`${page} has no place for figures`))
  yield* files.writeFileString(page, written)
})
