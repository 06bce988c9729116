import { assert, describe, it } from "@effect/vitest"
import { filteredBy, type FilteredFacts, type Filters, noFilters } from "@nominal-code/domain/event/Filters"
import { Option, Schema } from "effect"

const facts: FilteredFacts = {
  author: "Alice",
  baseBranch: "main",
  headBranch: "feature/cart",
  labels: ["bug", "area/api"],
  title: "Add a cart",
  paths: ["src/cart.ts", "docs/cart.md"],
  lines: 120
}

/** Filter, a change of the facts, and the filter that leaves the pull request out. */
const cases: ReadonlyArray<readonly [filters: Partial<Filters>, change: FilteredFacts, by: string]> = [
  [{}, {}, ""],
  [{ authors: [], labels: [], paths: [], titles: [], maxFiles: 0, maxLines: 0 }, {}, ""],
  [{ authors: ["bob", "alice"] }, {}, ""],
  [{ authors: ["bob"] }, {}, "authors"],
  [{ authors: ["ali"] }, {}, "authors"],
  [{ authors: ["!ALICE"] }, {}, "authors"],
  [{ authors: ["!dependabot[bot]"] }, {}, ""],
  [{ authors: ["!dependabot[bot]"] }, { author: "dependabot[bot]" }, "authors"],
  [{ authors: ["!dependabot[bot]"] }, { author: "dependabotb" }, ""],
  [{ authors: ["!*[bot]"] }, { author: "renovate[bot]" }, "authors"],
  [{ authors: ["alice", "!alice"] }, {}, "authors"],
  [{ baseBranches: ["main", "release/*"] }, {}, ""],
  [{ baseBranches: ["main", "release/*"] }, { baseBranch: "release/1.0" }, ""],
  [{ baseBranches: ["main", "release/*"] }, { baseBranch: "old/main" }, "base_branches"],
  [{ baseBranches: ["/main"] }, {}, ""],
  [{ baseBranches: ["/release/*"] }, {}, "base_branches"],
  [{ baseBranches: ["Main"] }, {}, "base_branches"],
  [{ headBranches: ["!renovate/**"] }, {}, ""],
  [{ headBranches: ["!renovate/**"] }, { headBranch: "renovate/eslint-9.x" }, "head_branches"],
  [{ headBranches: ["!feature"] }, {}, "head_branches"],
  [{ labels: ["Area/API"] }, {}, ""],
  [{ labels: ["area/*"] }, {}, ""],
  [{ labels: ["api"] }, {}, "labels"],
  [{ labels: ["!bug"] }, {}, "labels"],
  [{ labels: ["!wip"] }, {}, ""],
  [{ labels: ["!wip"] }, { labels: [] }, ""],
  [{ labels: ["needs review"] }, { labels: ["Needs Review"] }, ""],
  [{ labels: ["bug"] }, { labels: [] }, "labels"],
  [{ titles: ["!wip", "!release"] }, {}, ""],
  [{ titles: ["!wip"] }, { title: "[WIP] Add a cart" }, "titles"],
  [{ titles: ["cart"] }, {}, ""],
  [{ titles: ["basket"] }, {}, "titles"],
  [{ paths: ["src/"] }, {}, ""],
  [{ paths: ["lib/"] }, {}, "paths"],
  [{ paths: ["!docs/"] }, {}, ""],
  [{ paths: ["!docs/", "!*.ts"] }, {}, "paths"],
  [{ paths: ["!docs/"] }, { paths: ["docs/cart.md"] }, "paths"],
  [{ paths: ["*.md", "!docs/"] }, {}, "paths"],
  [{ maxFiles: 2 }, {}, ""],
  [{ maxFiles: 1 }, {}, "max_files"],
  [{ maxLines: 120 }, {}, ""],
  [{ maxLines: 119 }, {}, "max_lines"]
]

describe("a pull request", () => {
  it("is left out by the filter that it does not pass, which is named", () => {
    for (const [filters, change, by] of cases) {
      const reason = Option.getOrElse(filteredBy({ ...noFilters, ...filters }, { ...facts, ...change }), () => "")
      const named = /`filters\.(\w+)`/.exec(reason)?.[1] ?? ""
      assert.strictEqual(named, by, `${JSON.stringify(filters)} ${JSON.stringify(change)}`)
    }
  })

  it.prop(
    "passes every filter of what is not known of it",
    [Schema.Array(Schema.String), Schema.Natural],
    ([entries, limit]) => {
      const filters: Filters = {
        authors: entries,
        baseBranches: entries,
        headBranches: entries,
        labels: entries,
        titles: entries,
        paths: entries,
        maxFiles: limit,
        maxLines: limit
      }
      assert.isTrue(Option.isNone(filteredBy(filters, {})))
    }
  )
})
