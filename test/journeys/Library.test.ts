import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import * as LocalRepository from "./LocalRepository.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const example = (name: string) => `${root}/docs/examples/${name}.ts`

for (const change of ["staged", "unstaged"] as const) {
  it.live(`an example reviews what is ${change} and not committed, and changes neither the files nor the index`, () =>
    Effect.gen(function*() {
      const { url } = yield* LocalRepository.model
      const { directory, git } = yield* LocalRepository.make(change)
      const status = yield* git("status", "--porcelain")
      const { code, written } = yield* LocalRepository.run(url, root, example("review-changes"), directory)
      assert.strictEqual(code, 0, written)
      assert.match(written, /The page count is wrong\.[^]*page\.ts:1\n[^]*The last page is lost\./)
      assert.strictEqual(yield* git("status", "--porcelain"), status)
      assert.strictEqual((yield* git("for-each-ref")).trim().split("\n").length, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
}

it.live("an example says that there is nothing to review where nothing has changed", () =>
  Effect.gen(function*() {
    const { url } = yield* LocalRepository.model
    const { directory } = yield* LocalRepository.make("committed")
    const { code, written } = yield* LocalRepository.run(url, root, example("review-changes"), directory)
    assert.strictEqual(code, 1)
    assert.include(written, "the diff is empty")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
