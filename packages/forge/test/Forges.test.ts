import { assert, it } from "@effect/vitest"
import type { Platform } from "@nominal-code/domain/event/PullRequest"
import { Effect, Layer } from "effect"
import { Forge } from "../src/Forge.ts"
import * as Forges from "../src/Forges.ts"

const forge = (platform: Platform) => Layer.mock(Forge, { platform, headRef: () => `refs/of/${platform}` })
const both = Forges.layer([forge("github"), forge("gitlab")])

const platformOf = Effect.map(Forge, ({ platform }) => platform)

it.effect("runs an effect on the forge of the platform", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* Forges.on("github")(platformOf), "github")
    assert.strictEqual(yield* Forges.on("gitlab")(platformOf), "gitlab")
    assert.deepStrictEqual((yield* Forges.Forges).platforms, ["github", "gitlab"])
  }).pipe(Effect.provide(both)))

it.effect("names a forge that this process has no credentials for", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Forges.on("gitlab")(platformOf))
    assert.strictEqual(error._tag, "ForgeNotConfigured")
    assert.strictEqual(error.message, "no credentials for gitlab are configured in this process")
  }).pipe(Effect.provide(Forges.layer([forge("github")]))))

it.effect("fails where the layer of one of them fails", () =>
  Effect.gen(function*() {
    const away = Layer.effect(Forge, Effect.fail("no such host"))
    const error = yield* Effect.flip(Forges.Forges.pipe(Effect.provide(Forges.layer([forge("github"), away]))))
    assert.strictEqual(error, "no such host")
  }))
