import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Forge } from "../src/Forge.ts"
import { type Answer, type FakeGitHub, fakeGitHub, forgeAt, head, type RecordedRequest, ref } from "./FakeGitHub.ts"
import { assertAllowed } from "./OpenApi.ts"

const path = "/repos/acme/shop/pulls/7"
const pull = {
  title: "A change",
  body: "Why.",
  user: { login: "ada" },
  state: "open",
  merged: false,
  draft: true,
  changed_files: 3,
  head: { ref: "change", sha: head },
  base: { ref: "main", sha: "b".repeat(40) }
}
const file = (index: number) => ({ filename: `src/${index}.ts`, status: "modified", patch: `@@ -1 +1 @@ ${index}` })
const files = (count: number) => Array.from({ length: count }, (_, index) => file(index))

const paged = (items: ReadonlyArray<unknown>, { query }: RecordedRequest): Answer => {
  const [size, page] = [Number(query.get("per_page")), Number(query.get("page"))]
  return { body: items.slice((page - 1) * size, page * size) }
}

const at = (fake: FakeGitHub) => Effect.provide(forgeAt(fake.url))
const read = Forge.use((forge) => forge.pullRequest(ref))
const changed = Forge.use((forge) => forge.changedFiles(ref))

describe("pullRequest", () => {
  it.effect("is the pull request as it is now", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub((request) => request.path === path ? { body: pull } : undefined)
      const found = yield* at(fake)(read)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(found)), {
        ref: { platform: "github", repo: "acme/shop", number: 7 },
        title: "A change",
        description: "Why.",
        author: "ada",
        state: "open",
        draft: true,
        labels: [],
        headSha: head,
        headBranch: "change",
        baseSha: "b".repeat(40),
        baseBranch: "main"
      })
      assertAllowed(fake.requests)
    }))

  it.effect("says whether it is closed or merged, and survives a deleted author and no description", () =>
    Effect.gen(function*() {
      const states = [[{ state: "closed" }, "closed"], [{ state: "closed", merged: true }, "merged"]] as const
      for (const [fields, expected] of states) {
        const fake = yield* fakeGitHub((request) =>
          request.path === path ? { body: { ...pull, user: null, body: null, ...fields } } : { body: [] }
        )
        const { author, description, state } = yield* at(fake)(read)
        assert.deepStrictEqual({ author, description, state }, { author: "ghost", description: "", state: expected })
      }
    }))
})

describe("changedFiles", () => {
  it.effect("101 files are two pages", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub((request) => paged(files(101), request))
      const found = yield* at(fake)(changed)
      assert.deepStrictEqual(found.map(({ path }) => String(path)), files(101).map(({ filename }) => filename))
      assert.strictEqual(fake.requests.length, 2)
      assertAllowed(fake.requests)
    }))

  it.effect("a short page with a next one is not the last", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub(({ query }) =>
        query.get("page") === "1"
          ? { headers: { link: `<http://x?page=2>; rel="next"` }, body: files(3) }
          : { body: [file(9)] }
      )
      assert.strictEqual((yield* at(fake)(changed)).length, 4)
    }))

  it.effect("a page that fails, fails all of them: a part is never taken for the whole", () =>
    Effect.gen(function*() {
      const fake = yield* fakeGitHub((request) =>
        request.query.get("page") === "2"
          ? { status: 404, body: { message: "Not Found" } }
          : paged(files(150), request)
      )
      assert.strictEqual((yield* Effect.flip(at(fake)(changed)))._tag, "ForgeError")
    }))

  it.effect("files whose patches are larger together than 64 MiB are a failure that says so", () =>
    Effect.gen(function*() {
      const patch = "+".repeat(8 * 1024 * 1024)
      const fake = yield* fakeGitHub(({ query }) => ({
        headers: Number(query.get("page")) < 20 ? { link: `<http://x?page=2>; rel="next"` } : {},
        body: [{ ...file(1), patch }]
      }))
      assert.match((yield* Effect.flip(at(fake)(changed))).message, /^the list is longer than 64 MiB \(GitHub\./)
      assert.lengthOf(fake.requests, 8)
    }))

  it.effect("every status of GitHub, an unknown one, a rename, and files without a patch", () =>
    Effect.gen(function*() {
      const statuses = ["added", "removed", "modified", "renamed", "copied", "changed", "unchanged", "teleported"]
      const fake = yield* fakeGitHub(() => ({
        body: [
          ...statuses.map((status) => ({ ...file(1), status })),
          { filename: "new name.ts", previous_filename: "old.ts", status: "renamed" },
          { filename: "image.png", status: "added", patch: null },
          { filename: "mode.sh", status: "changed", patch: "" }
        ]
      }))
      const found = yield* at(fake)(changed)
      assert.deepStrictEqual(found.map(({ status }) => status).slice(0, 8), [
        "added",
        "removed",
        "modified",
        "renamed",
        "copied",
        "changed",
        "unchanged",
        "modified"
      ])
      assert.strictEqual(found[8]?.previousPath, "old.ts")
      for (const without of found.slice(8)) assert.notProperty(without, "patch")
    }))

  it.effect("3,000 files are all there", () =>
    Effect.gen(function*() {
      const all = files(3_000)
      const fake = yield* fakeGitHub((request) =>
        request.path === path ? { body: { ...pull, changed_files: 3_000 } } : paged(all, request)
      )
      assert.strictEqual((yield* at(fake)(changed)).length, 3_000)
    }))

  it.effect("more files than GitHub lists is a failure that says so", () =>
    Effect.gen(function*() {
      const all = files(3_000)
      const fake = yield* fakeGitHub((request) =>
        request.path === path ? { body: { ...pull, changed_files: 3_412 } } : paged(all, request)
      )
      assert.include(String(yield* Effect.flip(at(fake)(changed))), "3412 files changed and GitHub lists 3000")
    }))
})
