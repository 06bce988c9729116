import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { AppConfig } from "@nominal-code/config/AppConfig"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { kubernetesSettings, layerTest, redisAt, reviewSettings, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, FileSystem, Layer, Option } from "effect"
import * as Runner from "../src/Runner.ts"
import * as Storage from "../src/Storage.ts"

const twoModels = {
  ...reviewSettings,
  answerer: { ...reviewSettings.reviewer, provider: "google", model: "gemini" }
}

/** Name of the configured runner, and the services that it needs for a lane of each forge. */
const configured = Effect.fnUntraced(function*(settings: Partial<AppConfig["Service"]>) {
  const fs = yield* FileSystem.FileSystem
  const baseDir = yield* fs.makeTempDirectoryScoped()
  const config = layerTest({ ...settings, workspace: { ...testConfig().workspace, baseDir } })
  return yield* Effect.gen(function*() {
    const { needs, outOfProcess } = yield* JobRunner
    return {
      name: yield* Runner.name,
      outOfProcess,
      github: needs(laneOf(1)),
      question: needs(laneOf(1), mention(laneOf(1), "d1", "ask why is it zero?")),
      mention: needs(laneOf(1), mention(laneOf(1), "d2", "review")),
      gitlab: needs(laneOf(1, "gitlab"))
    }
  }).pipe(
    Effect.provide(Runner.layer.pipe(Layer.provide([Storage.layer, ServiceBreakers.layer]), Layer.provideMerge(config)))
  )
})

it.live("reviews run in this process, which needs the lane's forge, the reviewer's model service, and the disk", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual<unknown>(yield* configured({ review: twoModels }), {
      name: "in-process",
      outOfProcess: false,
      github: ["forge:github", "model:anthropic", "disk"],
      question: ["forge:github", "model:google", "disk"],
      mention: ["forge:github", "model:anthropic", "disk"],
      gitlab: ["forge:gitlab", "model:anthropic", "disk"]
    })
    assert.deepStrictEqual<unknown>((yield* configured({})).github, ["forge:github", "model:anthropic", "disk"])
  }).pipe(Effect.provide(NodeServices.layer)))

it.effect("with an image for Jobs and a Redis, reviews run in the cluster", () =>
  Effect.gen(function*() {
    const kubernetes = Option.some(kubernetesSettings("reviews"))
    const redis = Option.some(redisAt("redis://redis:6379"))
    const nameOf = (settings: Partial<AppConfig["Service"]>) => Effect.provide(Runner.name, layerTest(settings))
    assert.strictEqual(yield* nameOf({ kubernetes, redis }), "kubernetes")
    assert.strictEqual(yield* nameOf({ redis }), "in-process")
  }))
