import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { now } from "@nominal-code/testing/GitHubState"
import { redisSuite } from "@nominal-code/testing/RedisServer"
import { Config, Console, Effect } from "effect"
import { breaches } from "../storm/Invariants.ts"
import { core } from "../storm/Plan.ts"
import * as Report from "../storm/Report.ts"
import * as Storm from "../storm/Storm.ts"

redisSuite(`a storm over ${core.pulls} pull requests`, () => {
  it.live("loses nothing, doubles nothing, and lets no two of their Jobs run at once", () =>
    Effect.gen(function*() {
      const seed = yield* Config.String("STORM_SEED").pipe(Config.withDefault(String(now())))
      yield* Console.log(`STORM_SEED=${seed}`)
      const ended = yield* Storm.run(seed, core, "10 minutes")
      yield* Console.log(Report.text(ended))
      assert.isTrue(ended.inTime, "it did not end in time")
      assert.strictEqual(ended.figures.accepted, core.pulls * core.events)
      assert.deepStrictEqual(breaches(ended.verdict), [])
    }).pipe(Effect.provide(NodeServices.layer)), 660_000)
})
