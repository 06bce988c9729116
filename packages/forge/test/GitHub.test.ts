import { assert, it } from "@effect/vitest"
import { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Redacted } from "effect"
import { Forge } from "../src/Forge.ts"
import * as GitHub from "../src/GitHub.ts"
import { forgeAt, ref, token } from "./FakeGitHub.ts"

const forge = Forge.use(Effect.succeed)

it.effect("says where git finds a repository, with the secret beside the URL and never in it", () =>
  Effect.gen(function*() {
    const source = yield* (yield* forge).cloneSource(RepoName.make("acme/shop"))
    assert.deepStrictEqual([source.url, source.username], ["https://github.example/acme/shop.git", "x-access-token"])
    assert.strictEqual(Redacted.value(source.password), token)
    assert.notInclude(`${JSON.stringify(source)} ${String(source.password)}`, token)
  }).pipe(Effect.provide(forgeAt("http://127.0.0.1:1"))))

it.effect("keeps a pull request's head under its number, forks included", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* forge).headRef(ref), "refs/pull/7/head")
  }).pipe(Effect.provide(forgeAt("http://127.0.0.1:1"))))

it.effect("verifies a delivery with the hook's secret, before anything is parsed", () =>
  Effect.gen(function*() {
    const secret = Option.some(Redacted.make("a secret of some length"))
    const { verify } = GitHub.webhooks({ secret, allowUnsigned: false })
    const error = yield* Effect.flip(
      Effect.fromResult(verify({ headers: {}, body: new TextEncoder().encode("not JSON") }, 0))
    )
    assert.strictEqual(error.reason, "invalid-signature")
  }))

it.effect("is where github.com is, unless another place is named", () =>
  Effect.gen(function*() {
    const { url } = yield* (yield* forge).cloneSource(RepoName.make("acme/shop"))
    assert.strictEqual(url, "https://github.com/acme/shop.git")
  }).pipe(Effect.provide(GitHub.layer({ credentials: { _tag: "Token", token: Redacted.make(token) } }))))
