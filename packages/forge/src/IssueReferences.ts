/** References to issues in the texts of a pull request. */
import { withoutCode, withoutHtmlComments } from "@nominal-code/domain/command/Mention"
import type { PullRequest } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option } from "effect"
import type { LinkedIssue } from "./Forge.ts"
import type { ForgeError } from "./ForgeError.ts"

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&")

/** Longest text that is searched. */
const longest = 20_000

/**
 * Numbers of the issues that a pull request's title and text name, in their order: `#12`, `acme/shop#12`, or the address
 * of the issue. Issues of another repository are left out: whoever writes the text may not be allowed to read them.
 * `host`: address of the forge's pages.
 */
export const issuesNamedIn = (
  { description, ref: { repo }, title }: Pick<PullRequest, "description" | "ref" | "title">,
  host: string
): ReadonlyArray<number> => {
  // Code, and the hints of a template, hold no link.
  const text = withoutHtmlComments(withoutCode(`${title}\n${description}`.slice(0, longest)))
  const page = `${escaped(host)}/${escaped(repo)}/(?:-/)?(?:issues|work_items)/`
  const reference = new RegExp(`(?<![\\w/&#.-])(?:${page}|(?:${escaped(repo)})?#)(\\d{1,9})(?![\\w])`, "gi")
  return [...new Set(Array.from(text.matchAll(reference), ([, number = ""]) => Number(number)))]
    .filter((number) => number > 0)
}

/** Number of linked issues that are read. */
const mostIssues = 5

const unseen: ReadonlySet<ForgeError["reason"]["_tag"]> = new Set(["NotFound", "Forbidden", "Refused"])

/**
 * Makes the reader of the issues that a pull request names. `host`: address of the forge's pages. `issue`: reads one; none
 * if it is not for everybody who may read the pull request. `areOpen`: whether the repository's issues are.
 */
export const makeLinkedIssues = (
  host: string,
  issue: (pullRequest: PullRequest, number: number) => Effect.Effect<Option.Option<LinkedIssue>, ForgeError>,
  areOpen: (pullRequest: PullRequest) => Effect.Effect<boolean, ForgeError> = () => Effect.succeed(true)
) =>
  Effect.fn("Forge.linkedIssues")(function*(pullRequest: PullRequest, known: ReadonlyArray<LinkedIssue>) {
    const numbers = issuesNamedIn(pullRequest, host).filter((number) => !known.some((one) => one.number === number))
      .slice(0, Math.max(0, mostIssues - known.length))
    if (numbers.length === 0 || !(yield* areOpen(pullRequest))) return []
    const found = yield* Effect.forEach(
      numbers,
      (number) =>
        Effect.catchIf(issue(pullRequest, number), ({ reason }) => unseen.has(reason._tag), () => Effect.succeedNone),
      { concurrency: 2 }
    )
    return found.flatMap(Option.toArray)
  })
