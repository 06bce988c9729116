import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import type { MissedEvent } from "@nominal-code/server/MissedEvents"
import * as ReconcileSearch from "@nominal-code/server/Reconcile"
import { underLease } from "@nominal-code/server/Reconciler"
import { Console, Deferred, Duration, Effect, Layer, Option, Schema } from "effect"
import * as Columns from "../Columns.ts"
import * as Configured from "../Configured.ts"
import * as ConfiguredServer from "../ConfiguredServer.ts"
import * as Logging from "../Logging.ts"
import * as Storage from "../Storage.ts"

/** A search that was not made, or not to the end. The process ends with 1. */
class NotReconciled extends Schema.TaggedError<NotReconciled>()("NotReconciled", { message: Schema.String }) {}

const { Reconcile } = ReconcileSearch

const reasons = {
  delivery: "its delivery failed",
  head: "its head has no review",
  comment: "nobody has answered it",
  label: "no review has followed the label",
  base: "no review has followed the new base"
} as const satisfies Record<MissedEvent["from"], string>

/** A report as text: a line for each event, and what the search took. */
const text = (
  { exhausted, missed, requests, unread }: ReconcileSearch.ReconcileReport,
  dryRun: boolean,
  width: number
): string => {
  const rows = missed.map(({ event, from }) => [
    `${event.pullRequest.platform}:${event.pullRequest}`,
    event.kind,
    reasons[from]
  ])
  const summary = requests === 0 && !exhausted
    ? "nothing was searched: name the repositories in access.allowed_repos (ALLOWED_REPOS) or review as a GitHub App, " +
      "and let reconcile.max_requests be more than 0"
    : missed.length === 0
    ? unread.length === 0 ? "nothing was missed" : "nothing was found"
    : `${missed.length} missed ${missed.length === 1 ? "event" : "events"} ${dryRun ? "would be" : "are"} queued`
  return [
    ...(rows.length === 0 ? [] : [Columns.columns([["PULL REQUEST", "WHAT", "WHY"], ...rows], width)]),
    `${summary} (${requests} ${requests === 1 ? "request" : "requests"})`,
    ...(exhausted ? ["reconcile.max_requests is used up: there may be more"] : [])
  ].join("\n")
}

const report = Effect.fnUntraced(function*(dryRun: boolean) {
  const found = yield* Reconcile.use(({ round }) => round(dryRun ? "report" : "offer"))
  yield* Console.log(text(found, dryRun, yield* Columns.width))
  return found.unread
})

/** Fails where a forge or a repository did not answer, so that a script learns of it. */
const complete = (unread: ReadonlyArray<string>) =>
  unread.length === 0
    ? Effect.void
    : Effect.fail(new NotReconciled({ message: `the search is not complete: ${unread.join(", ")}; the log says why` }))

/** Refuses a search whose finds would be queued in the memory of this process, or that a server makes now. */
const search = Effect.gen(function*() {
  if ((yield* AppConfig).storage === "memory") {
    return yield* new NotReconciled({
      message: "the queue is in the server's memory (storage: memory), where no other process can add to it: restart " +
        "the server, which searches at its start"
    })
  }
  const told = yield* Deferred.make<ReadonlyArray<string>>()
  const searched = Effect.flatMap(report(false), (unread) => Deferred.succeed(told, unread))
  const wait = yield* Effect.provide(underLease(Duration.zero, searched), Storage.leases)
  if (Option.isNone(wait)) return yield* Effect.flatMap(Deferred.await(told), complete)
  return yield* new NotReconciled({ message: "a server is searching for missed events now: see its log" })
})

/** Searches for missed events once. With `dryRun` it prints what it would queue. */
export const reconcile = Effect.fn("cli.reconcile")((dryRun: boolean) =>
  (dryRun ? Effect.flatMap(report(true), complete) : search).pipe(
    Effect.provide(
      ConfiguredServer.reconcile.pipe(
        Layer.provideMerge(dryRun ? Storage.existingQueue : Storage.queue),
        Layer.provide(Configured.forges),
        Layer.provide(Configured.markerKeys("read")),
        Layer.provideMerge(Configured.configured(Logging.layer)),
        Layer.provideMerge(AppConfigLayer.layer("reconcile"))
      )
    )
  )
)
