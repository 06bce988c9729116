import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Config, Console, Effect } from "effect"
import { hasRedis } from "../../packages/persistence/test/RedisServer.ts"
import { now } from "../emulators/GitHubState.ts"
import { breaches } from "../storm/Invariants.ts"
import { core } from "../storm/Plan.ts"
import * as Report from "../storm/Report.ts"
import * as Storm from "../storm/Storm.ts"

const title = "a storm over 40 pull requests loses nothing, doubles nothing, and lets no two of their Jobs run at once"

it.live.skipIf(!hasRedis)(
  hasRedis ? title : `${title}: SKIPPED, there is no redis-server on the PATH`,
  () =>
    Effect.gen(function*() {
      const seed = yield* Config.String("STORM_SEED").pipe(Config.withDefault(String(now())))
      yield* Console.log(`STORM_SEED=${seed}`)
      const ended = yield* Storm.run(seed, core, "9 minutes")
      yield* Console.log(Report.text(ended))
      assert.strictEqual(ended.figures.accepted, core.pulls * core.events)
      assert.deepStrictEqual(breaches(ended.verdict), [])
    }).pipe(Effect.provide(NodeServices.layer)),
  600_000
)
