import type { Platform, RepoName } from "@nominal-code/domain/event/PullRequest"
import type { Effect } from "effect"
import type { ForgeError } from "./ForgeError.ts"

/** One fact about the setup at a forge. `unknown`: the credentials may not see it, which is no mistake. */
export interface SetupFact {
  readonly status: "ok" | "unknown" | "warning" | "problem"
  readonly text: string
}

/** Reads of a forge that tell whether its account, permissions and webhooks are what reviews need. */
export interface ForgeSetup {
  readonly platform: Platform
  /** Login that the credentials belong to. */
  readonly account: Effect.Effect<string, ForgeError>
  /** Scopes and expiry of the credentials, and the webhook of an App. */
  readonly credentials: Effect.Effect<ReadonlyArray<SetupFact>, ForgeError>
  /** Permissions in a repository, and its webhook with its last delivery. */
  repository(repo: RepoName): Effect.Effect<ReadonlyArray<SetupFact>, ForgeError>
}

const fact = (status: SetupFact["status"]) => (text: string): SetupFact => ({ status, text })

export const ok = fact("ok")
export const unknown = fact("unknown")
export const warning = fact("warning")
export const problem = fact("problem")

/** A webhook as a forge shows it, in the words of both. */
export interface WebhookState {
  /** `acme/shop`, or the App. */
  readonly owner: string
  readonly url: string
  readonly active: boolean
  /** Events that reviews need and the webhook does not send. */
  readonly missingEvents: ReadonlyArray<string>
  /** The last delivery; absent: there was none. */
  readonly last?: { readonly taken: boolean; readonly text: string }
}

/** Path of a forge's webhook at every server of ours. */
export const webhookPath = (platform: Platform): string => `/webhooks/${platform}`

/** True for the address of a server of ours, behind whatever prefix a proxy puts before it. */
export const isOurs = (platform: Platform, url: string): boolean =>
  URL.parse(url)?.pathname.replace(/\/+$/, "").endsWith(webhookPath(platform)) === true

/** Facts about a webhook: that it is on, sends what reviews need, and was taken last time. */
export const webhookFacts = ({ active, last, missingEvents, owner, url }: WebhookState): ReadonlyArray<SetupFact> => {
  const host = URL.parse(url)?.host ?? url
  if (!active) return [problem(`the webhook of ${owner} to ${host} is switched off: switch it on`)]
  const events = missingEvents.length === 0
    ? []
    : [warning(`the webhook of ${owner} to ${host} does not send ${missingEvents.join(", ")}: select that, too`)]
  if (last === undefined) return [...events, warning(`the webhook of ${owner} to ${host} has delivered nothing yet`)]
  return [
    ...events,
    last.taken
      ? ok(`the webhook of ${owner} to ${host} works: ${last.text}`)
      : problem(`the webhook of ${owner} to ${host} fails: ${last.text}. 401 means another secret; see docs/operate.md`)
  ]
}
