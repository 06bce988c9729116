import { assert, it } from "@effect/vitest"
import { Clock, Effect, Redacted } from "effect"
import type { ForgeError } from "../src/ForgeError.ts"
import * as GitHub from "../src/GitHub.ts"
import * as GitLab from "../src/GitLab.ts"
import type { ForgeInventory } from "../src/Inventory.ts"
import { type Answer, type FakeGitHub, fakeGitHub, head, instantClock, ref, token } from "./FakeGitHub.ts"

/** Lists the open pull requests of a forge that answers every page like this, and tells how that failed, and what was asked. */
const listing = (answer: Answer, inventoryOf: (forge: FakeGitHub) => Effect.Effect<ForgeInventory, ForgeError>) =>
  Effect.gen(function*() {
    const forge = yield* fakeGitHub(() => answer)
    const inventory = yield* inventoryOf(forge)
    const { message } = yield* Effect.flip(inventory.openPullRequests({ repo: ref.repo }, 0))
    return { message, asked: forge.requests.length }
  }).pipe(
    Effect.provideServiceEffect(Clock.Clock, Effect.map(instantClock, ({ instant }) => instant)),
    Effect.scoped
  )

it.live("GitLab's list of merge requests ends, also where one empty page follows the other", () =>
  Effect.gen(function*() {
    const { asked, message } = yield* listing(
      { headers: { "x-next-page": "2" }, body: [] },
      ({ url }) => GitLab.inventory({ token: Redacted.make(token), apiBase: url })
    )
    assert.include(message, `the list is longer than 20000 items (GitLab.openPullRequests ${ref.repo})`)
    assert.strictEqual(asked, 200)
  }))

it.live("GitHub's list of pull requests ends, also where every page is the same full one", () =>
  Effect.gen(function*() {
    const pull = {
      number: 7,
      title: "A change",
      user: { login: "ada", id: 1 },
      draft: false,
      head: { sha: head, ref: "change" },
      base: { ref: "main" },
      created_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
      labels: []
    }
    const credentials = { _tag: "Token", token: Redacted.make(token) } as const
    const { asked, message } = yield* listing(
      { body: Array.from({ length: 100 }, () => pull) },
      ({ url }) => GitHub.inventory({ credentials, apiBase: url, cloneBase: url })
    )
    assert.include(message, `the list is longer than 20000 items (GitHub.openPullRequests ${ref.repo})`)
    assert.strictEqual(asked, 200)
  }))
