import type { GitHubEmulator } from "@nominal-code/testing/GitHubEmulator"
import type { Commit } from "@nominal-code/testing/GitHubGit"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

type Files = Readonly<Record<string, string>>

// Each file carries a second extension, so that no tool of ours takes the shop's code for our own.
const suffix = ".txt"

const read = (name: "base" | "head"): Files => {
  const directory = fileURLToPath(new URL(`./repository/${name}`, import.meta.url))
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(suffix))
  return Object.fromEntries(
    paths.toSorted().map((path) => [path.slice(0, -suffix.length), readFileSync(`${directory}/${path}`, "utf8")])
  )
}

/** The shop's files before the pull request, and with it. */
export interface Storefront {
  readonly base: Files
  readonly head: Files
}

export const readStorefront = (): Storefront => {
  const base = read("base")
  return { base, head: { ...base, ...read("head") } }
}

const only = (files: Files, ...prefixes: ReadonlyArray<string>): Files =>
  Object.fromEntries(
    Object.entries(files).filter(([path]) => prefixes.some((prefix) => path.startsWith(prefix)))
  )

const description = `Support asked for two things:

- **Partial refunds**: \`POST /orders/:id/refund\` takes a \`ratio\`, 0.5 for half of the order.
- **Order search**: \`GET /orders/search?q=…\` finds a customer's orders by their note.

The order list now also says how many pages there are.`

/** Puts the shop on the emulated forge, with its history and its one open pull request. */
export const openStorefront = Effect.fnUntraced(function*(emulator: GitHubEmulator, { base }: Storefront) {
  const changed = read("head")
  const now = Math.floor((performance.timeOrigin + performance.now()) / 1000)
  const commit = (message: string, author: string, daysAgo: number, files: Files): Commit => ({
    message,
    author,
    at: now - daysAgo * 86_400,
    files
  })
  const repository = yield* emulator.addRepository("northwind/storefront", [
    commit("Start the storefront", "Ada Moreau", 61, only(base, "package.json", "README.md", "src/db/")),
    commit("Money in whole cents", "Ada Moreau", 60, only(base, "src/payments/money.ts", "test/")),
    commit("Read a customer's orders", "Jonas Weber", 44, only(base, "src/orders/")),
    commit("Refund an order through the gateway", "Ada Moreau", 23, only(base, "src/payments/")),
    commit("Serve orders over HTTP", "Jonas Weber", 22, only(base, "src/http/"))
  ])
  const pull = yield* emulator.openPullRequest({
    repository,
    title: "Partial refunds and order search",
    body: description,
    author: "priya",
    headBranch: "partial-refunds",
    commits: [
      commit("Refund a part of an order", "Priya Raman", 1, only(changed, "src/payments/")),
      commit(
        "Search orders, and say how many pages there are",
        "Priya Raman",
        0,
        only(changed, "src/orders/", "src/http/")
      )
    ]
  })
  return pull
})
