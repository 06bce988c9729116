import { assert, it } from "@effect/vitest"
import { RepoName } from "@nominal-code/domain/PullRequest"
import { Effect, Redacted } from "effect"
import { Forge } from "../src/Forge.ts"
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

it.effect("verifies with the configured secret, before anything is parsed", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip((yield* forge).verify({ headers: {}, body: new TextEncoder().encode("not JSON") }))
    assert.strictEqual(error.reason, "invalid-signature")
  }).pipe(Effect.provide(forgeAt("http://127.0.0.1:1", { secret: "a secret of some length" }))))

it.effect("without credentials does not start, and says what to set", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(forge.pipe(Effect.provide(forgeAt("http://127.0.0.1:1", { configured: false }))))
    assert.include(String(error), "set GITHUB_TOKEN")
  }))
