import { Option, Schema } from "effect"
import { parse } from "../command/CommandParser.ts"
import { promptOf } from "../command/Mention.ts"
import { markersIn } from "../review/Marker.ts"
import type { access } from "../settings/Access.ts"
import type { ValuesOf } from "../settings/Setting.ts"
import { isBotAccount, isSameLogin } from "./BotAccount.ts"
import { filteredBy, type Filters, noFilters } from "./Filters.ts"
import { hasLabel } from "./PullRequest.ts"
import { isAutomatic, type LifecycleKind, PullRequestEvent } from "./PullRequestEvent.ts"

/** Rules of who may ask for reviews, where, and which events start one by themselves. */
export interface Policy extends ValuesOf<typeof access> {
  readonly botUsername: string
  readonly triggers: ReadonlyArray<LifecycleKind>
  readonly reviewLabel: string
  /** Filters of what is reviewed by itself. Absent: none. */
  readonly filters?: Filters
}

/**
 * Decision about an event: a review with a prompt, or a refusal with its reason. Reasons hold no text that a person
 * wrote.
 */
export const Admission = Schema.TaggedUnion({
  /**
   * `prompt` is what the person asked for beside the mention; empty for a lifecycle event. `unverified`: if the person
   * has the role that is needed for it, which GitLab does not say in its delivery.
   */
  Review: { prompt: Schema.String, unverified: Schema.optionalKey(Schema.Boolean) },
  Refused: {
    status: Schema.Literals(["filtered", "ignored", "no_mention", "unauthorized"]),
    reason: Schema.String
  }
})
export type Admission = typeof Admission.Type
type Refusal = typeof Admission.cases.Refused.Type

const refuse = (status: Refusal["status"], reason: string): Refusal => Admission.cases.Refused.make({ status, reason })

/** True for a post of ours, under any account: it ends with our marker. A quotation has text after it. */
const isOwnPost = (body: string): boolean => markersIn(body).length > 0

const authored = ({ botUsername }: Policy): (event: PullRequestEvent) => Option.Option<Refusal> => {
  const isBot = isBotAccount([botUsername])
  return PullRequestEvent.match({
    Lifecycle: ({ author }) =>
      isBot(author) ? Option.some(refuse("ignored", "the bot itself opened the pull request")) : Option.none(),
    Comment: ({ author, authorIsBot, body }) =>
      isBot(author) || authorIsBot || isOwnPost(body)
        ? Option.some(refuse("ignored", "a program wrote the comment"))
        : Option.none()
  })
}

const filtered = (policy: Policy, event: PullRequestEvent): Option.Option<Refusal> => {
  const { pullRequest, title } = event
  const { allowedRepos, titleExcludeTags, titleIncludeTags } = policy
  const lowerCase = title.toLowerCase()
  const tagged = (tag: string) => lowerCase.includes(`[${tag.toLowerCase()}]`)
  if (allowedRepos.length > 0 && !allowedRepos.includes(pullRequest.repo)) {
    return Option.some(refuse("filtered", `${pullRequest.repo} is not among the allowed repositories`))
  }
  // There is a check because the title passed, and the delivery about it does not name the title.
  if (event.kind === "pr_rerun") return Option.none()
  const excluded = titleExcludeTags.find(tagged)
  if (excluded !== undefined) return Option.some(refuse("filtered", `the title is tagged [${excluded}]`))
  return titleIncludeTags.length > 0 && !titleIncludeTags.some(tagged)
    ? Option.some(
      refuse("filtered", `the title has none of the tags ${titleIncludeTags.map((tag) => `[${tag}]`).join(", ")}`)
    )
    : Option.none()
}

/**
 * The filter that leaves out an event by itself. GitLab names who did it, and not the author; labels and files are not
 * in every event. The review knows them.
 */
const leftOut = (
  { filters = noFilters }: Policy,
  event: typeof PullRequestEvent.cases.Lifecycle.Type
): Option.Option<string> => {
  const { author, baseBranch, headBranch, pullRequest, title } = event
  const facts = { baseBranch, headBranch, title, ...(pullRequest.platform === "github" ? { author } : {}) }
  return isAutomatic(event) ? filteredBy(filters, facts) : Option.none()
}

type Comment = typeof PullRequestEvent.cases.Comment.Type

const isAllowed = ({ allowedAssociations, allowedUsers }: Policy, { association, author }: Comment): boolean =>
  allowedUsers.some((user) => isSameLogin(user, author)) ||
  association !== undefined && allowedAssociations.includes(association)

const mayHaveRole = ({ allowedAccessLevel }: Policy, { authorId, pullRequest }: Comment): boolean =>
  allowedAccessLevel !== "none" && pullRequest.platform === "gitlab" && authorId !== undefined

/** True for a trigger. Where strangers wait for somebody who may label, a label always is one. */
const isTrigger = ({ require, triggers }: Policy, kind: LifecycleKind): boolean =>
  kind === "pr_rerun" || triggers.includes(kind) || kind === "pr_labeled" && require !== "anyone"

const unprompted = Admission.cases.Review.make({ prompt: "" })

const asked = (policy: Policy): (event: PullRequestEvent) => Admission =>
  PullRequestEvent.match({
    Lifecycle: (event): Admission => {
      const { kind, labels = [] } = event
      if (policy.botUsername === "") return refuse("ignored", "the bot has no name")
      if (!isTrigger(policy, kind)) {
        return refuse("ignored", `${kind} is not among the triggers`)
      }
      if (kind === "pr_labeled" && !hasLabel(labels, policy.reviewLabel)) {
        return refuse("ignored", "the label is not reviewer.review_label")
      }
      return Option.match(leftOut(policy, event), {
        onNone: () => unprompted,
        onSome: (reason) => refuse("filtered", reason)
      })
    },
    Comment: (event): Admission => {
      const { author, body } = event
      const prompt = Option.filter(promptOf(policy.botUsername, body), (text) => Option.isSome(parse(text)))
      if (Option.isNone(prompt)) return refuse("no_mention", "the comment asks nothing of the bot")
      if (isAllowed(policy, event)) return Admission.cases.Review.make({ prompt: prompt.value })
      return mayHaveRole(policy, event)
        ? Admission.cases.Review.make({ prompt: prompt.value, unverified: true })
        : refuse("unauthorized", `${author} is not among the allowed users`)
    }
  })

/**
 * Makes the decision on events: whose it is, then where it happened, then what it asks and who asks it. Logins are
 * compared without regard to case, as forges themselves do; repositories by their exact name.
 */
export const admission = (policy: Policy): (event: PullRequestEvent) => Admission => {
  const [whose, what] = [authored(policy), asked(policy)]
  return (event) =>
    whose(event).pipe(
      Option.orElse(() => filtered(policy, event)),
      Option.getOrElse(() => what(event))
    )
}

/** Decides on one event. */
export const admit = (policy: Policy, event: PullRequestEvent): Admission => admission(policy)(event)
