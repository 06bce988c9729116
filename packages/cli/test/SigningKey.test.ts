import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { mention } from "@nominal-code/testing/Jobs"
import { lane } from "@nominal-code/testing/QueueSteps"
import { layerTest, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, FileSystem, Layer, Option, Redacted } from "effect"
import * as Storage from "../src/Storage.ts"

it.live("a server's first signing key takes in what waits, and then no server starts without it", () =>
  Effect.gen(function*() {
    const dataDir = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
    const withKey = <A, E, R>(key: Option.Option<string>, effect: Effect.Effect<A, E, R>) => {
      const jobs = { ...testConfig().jobs, signingKey: Option.map(key, (one) => Redacted.make(one)) }
      const config = layerTest({ dataDir, storage: "sqlite", jobs })
      return Effect.provide(effect, Layer.fresh(Storage.layer).pipe(Layer.provide(config)))
    }
    const [none, key] = [Option.none(), Option.some("a-key-of-the-servers-that-no-pod-has")]
    yield* withKey(none, JobQueue.use(({ offer }) => offer(mention(lane, "a"))))
    const taken = yield* withKey(key, JobQueue.use(({ take }) => take(lane)))
    assert.isTrue(Option.exists(taken, ({ job: { delivery } }) => delivery === "a"))
    const { message } = yield* Effect.flip(withKey(none, Effect.void))
    assert.match(message, /jobs\.signing_key \(JOBS_SIGNING_KEY\) is not set: give this process the key of the servers/)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
