import type { Commit } from "@nominal-code/testing/GitHubGit"
import type { OpenRequest } from "@nominal-code/testing/GitHubScenario"
import type { SubmittedComment } from "@nominal-code/testing/ScriptedModel"
import { Effect } from "effect"
import type { Journey } from "./Journey.ts"

/** A function of the shop; line 3 of it is what pull requests are about. */
const source = (name: string, statement: string) =>
  [`/** The ${name}. */`, `export const ${name} = (items: Items) => {`, `  ${statement}`, "}", ""].join("\n")

/** The shop's files, before anything is changed in them. */
export const files = {
  "src/total.ts": source("total", "return items.sum()"),
  "src/tax.ts": source("tax", "return items.sum() * 0.2"),
  "src/items.ts": source("itemCount", "return items.length")
}

/** A commit that puts another statement into a function of the shop. */
export const change = (name: "total" | "tax", statement: string, message = `Another ${name}`): Commit => ({
  message,
  files: { [`src/${name}.ts`]: source(name, statement) }
})

/** A repository of its own with one pull request, which changes line 3 of `src/total.ts` unless told otherwise. */
export const open = Effect.fnUntraced(
  function*({ emulator }: Journey, name: string, request: Partial<OpenRequest> = {}) {
    const repository = yield* emulator.addRepository(`acme/${name}`, [{ message: "Open the shop", files }])
    return yield* emulator.openPullRequest({
      repository,
      commits: [change("total", "return Math.round(items.sum())", "Round the total")],
      ...request
    })
  }
)

/** Finding of a model in line 3 of a file. */
export const finding = (path: string, body: string, more: Partial<SubmittedComment> = {}): SubmittedComment => ({
  path,
  line: 3,
  body,
  severity: "high",
  confidence: "high",
  category: "bug",
  ...more
})
