/** Decision of the server whether a job that was accepted may run: what the delivery alone did not say. */
import { usesModel } from "@nominal-code/domain/command/Command"
import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { isHeard, meets } from "@nominal-code/domain/event/Access"
import { isSameLogin } from "@nominal-code/domain/event/BotAccount"
import type { Policy } from "@nominal-code/domain/event/Policy"
import { hasLabel } from "@nominal-code/domain/event/PullRequest"
import { isAutomatic, type PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { type Job, JobOutcome, type SkipReason } from "@nominal-code/domain/job/Job"
import { ensureWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { quotas } from "@nominal-code/domain/settings/Quotas"
import type { ValuesOf } from "@nominal-code/domain/settings/Setting"
import { Forge } from "@nominal-code/forge/Forge"
import { codeSpan } from "@nominal-code/forge/Markdown"
import { type Quota, Quotas } from "@nominal-code/persistence/Quotas"
import { dayOf, Spend } from "@nominal-code/persistence/Spend"
import { Clock, Effect, Option } from "effect"
import * as CommitChecks from "./CommitChecks.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import { toOutcome } from "./RunOutcome.ts"

/** Rules of a server about the jobs that it runs. */
export interface AdmittanceRules {
  readonly policy: Pick<
    Policy,
    "allowedAccessLevel" | "allowedAssociations" | "allowedUsers" | "require" | "reviewLabel"
  >
  readonly quotas: ValuesOf<typeof quotas>
}

/** Reason not to run a job. */
interface Refusal {
  readonly reason: SkipReason
  /** End of a sentence for people. */
  readonly detail: string
  /** Text for its pull request, and the name under which it is told once; none: nothing is told. */
  readonly told: Option.Option<{ readonly text: string; readonly once: string }>
}

/** Number of reviews of one pull request in an hour that programs cause. */
const mostOfBots = 3

const relationOf = (event: PullRequestEvent) => Forge.use((forge) => forge.relation(event))

/**
 * Refuses somebody who asks and is not named in the settings, unless the relation to the repository still is one of those
 * that are heard: since the delivery, it may have ended. Nobody is told.
 */
const unauthorized = Effect.fnUntraced(function*({ event }: Job, { policy }: AdmittanceRules) {
  const isNamed = policy.allowedUsers.some((user) => isSameLogin(user, event.author))
  if (event._tag === "Lifecycle" || isNamed || isHeard(policy)(yield* relationOf(event))) return Option.none<Refusal>()
  const detail = `${event.author} is not among the allowed users, and has no role in the repository that may ask`
  return Option.some<Refusal>({ reason: "unauthorized", detail, told: Option.none() })
})

/** Refuses the pull request of a stranger until somebody who may label or mention asks for its review. */
const awaitsMaintainer = Effect.fnUntraced(function*({ event }: Job, { policy }: AdmittanceRules) {
  const { require, reviewLabel } = policy
  if (require === "anyone" || event._tag === "Comment" || !isAutomatic(event)) return Option.none<Refusal>()
  if (meets(require)(yield* relationOf(event))) return Option.none<Refusal>()
  const { labels = [] } = yield* Forge.use((forge) => forge.pullRequest(event.pullRequest))
  if (hasLabel(labels, reviewLabel)) return Option.none<Refusal>()
  const text =
    `I review this pull request when a maintainer asks me to: by mentioning me with \`review\`, or with the ` +
    `label ${codeSpan(reviewLabel)}.`
  return Option.some<Refusal>({
    reason: "awaits-maintainer",
    detail: "it waits for a maintainer to ask for its review",
    told: Option.some({ text, once: "awaits-maintainer" })
  })
})

/** Quotas that a job counts under. Those without a limit are left out. */
export const quotasOf = ({ event, prompt }: Pick<Job, "event" | "prompt">, { quotas }: AdmittanceRules) => {
  const { author, pullRequest } = event
  const { platform, repo } = pullRequest
  const byBot = event._tag === "Lifecycle" && event.byBot === true
  const all: ReadonlyArray<Quota> = [
    { name: `bots:${platform}:${pullRequest}`, limit: byBot ? mostOfBots : 0, period: "hour" },
    { name: `author:${platform}:${author.toLowerCase()}`, limit: quotas.authorPerDay, period: "day" },
    { name: `repository:${platform}:${repo}`, limit: quotas.repositoryPerDay, period: "day" },
    { name: "all", limit: quotas.perDay, period: "day" }
  ]
  return usesModel(commandOf({ event, prompt })._tag) ? all.filter(({ limit }) => limit > 0) : []
}

const whose = (name: string): string =>
  name.startsWith("author:")
    ? "the reviews and answers that this account may cause"
    : name.startsWith("repository:")
    ? "this repository's reviews and answers"
    : "my reviews and answers"

/** Counts a job, and refuses it if a quota of its is used up. A program is not answered. */
const overQuota = Effect.fnUntraced(function*(job: Job, rules: AdmittanceRules) {
  const full = yield* Quotas.use((store) => store.take(job.id, quotasOf(job, rules)))
  return Option.map(full, ({ limit, name }): Refusal => {
    if (name.startsWith("bots:")) {
      const detail = `programs have caused ${limit} reviews of this pull request in the last hour`
      return { reason: "quota-reached", detail, told: Option.none() }
    }
    const detail = `${whose(name)} in one day (UTC) are used up: ${limit}`
    const text = `There is no review: ${detail}. Mention me with \`review\` tomorrow to have one.`
    return { reason: "quota-reached", detail, told: Option.some({ text, once: name.split(":")[0] ?? name }) }
  })
})

/** Tells a pull request, once a day, why it has no review. */
const tell = Effect.fnUntraced(
  function*({ event, id }: Job, { once, text }: { readonly once: string; readonly text: string }) {
    const { settings: { dryRun } } = yield* ReviewConfig
    if (dryRun) return
    const { pullRequest } = event
    const day = once === "awaits-maintainer" ? "" : `:${dayOf(yield* Clock.currentTimeMillis)}`
    const ledger = yield* Spend
    if (!(yield* ledger.claimNotice(`quota-${once}:${pullRequest.platform}:${pullRequest}${day}`, id))) return
    const forge = yield* Forge
    const known = yield* forge.ownPosts(pullRequest, id)
    yield* ensureWanted
    yield* forge.reply(event, id, text, known).pipe(
      Effect.catchTag(
        "ForgeError",
        ({ message }) => Effect.logWarning(`The reason for not reviewing could not be posted: ${message}`)
      )
    )
  }
)

/** The outcome of a job that may not run: who asks may not, a stranger has to wait, or a quota is used up. */
export const refused = Effect.fn("Admittance.refused")(function*(job: Job, rules: AdmittanceRules) {
  const refusal = yield* unauthorized(job, rules).pipe(
    Effect.flatMap(Option.match({ onSome: Effect.succeedSome, onNone: () => awaitsMaintainer(job, rules) })),
    Effect.flatMap(Option.match({ onSome: Effect.succeedSome, onNone: () => overQuota(job, rules) }))
  )
  if (Option.isNone(refusal)) return Option.none<JobOutcome>()
  const { detail, reason, told } = refusal.value
  if (Option.isSome(told)) yield* tell(job, told.value)
  if (job.event._tag === "Lifecycle") yield* CommitChecks.notTaken(job, job.event.headSha, detail)
  return Option.some<JobOutcome>(JobOutcome.cases.Skipped.make({ reason, detail }))
})

/**
 * Runs a job if it may run. A run that ended without a review or an answer does not count under its quotas.
 */
export const admitted = (rules: AdmittanceRules) => <R>(job: Job, run: Effect.Effect<JobOutcome, never, R>) =>
  Effect.gen(function*() {
    const refusal = yield* refused(job, rules)
    if (Option.isSome(refusal)) return refusal.value
    const outcome = yield* run
    if (outcome._tag === "Skipped") yield* Quotas.use((store) => store.giveBack(job.id, quotasOf(job, rules)))
    return outcome
  }).pipe(toOutcome(job.event))
